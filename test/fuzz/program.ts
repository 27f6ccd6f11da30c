import type { PackageFolder, PackageSpec } from "./fuzz-packages.js";
import { MISSPELT, PACKAGE_CONNECTION, ROWS } from "./fuzz-packages.js";
import type { Variant } from "./fuzz-platform.js";

export type Values = Record<string, unknown>;

/** Begins every secret value of a program; must be found nowhere. */
export const CANARY = "canary-8a41d7";

export interface ConnectionDeclaration {
  readonly kind: "Connection";
  readonly name: string;
  readonly host?: string;
  readonly port?: number;
  readonly params: Readonly<Record<string, string>>;
  readonly description: string;
  readonly isGlobal: boolean;
  /** Number of its password; without one the program gives no credentials. */
  readonly password?: number;
}

export interface DeploymentDeclaration {
  readonly kind: "Deployment";
  readonly name: string;
  readonly forceDelete: boolean;
}

export interface ValueRule {
  readonly type: string;
  readonly on: string;
  readonly with: string;
}

export interface RulesDeclaration {
  readonly kind: "ImportRules";
  /** Connection of the program that the packages' connection becomes. */
  readonly warehouse?: string;
  readonly values: readonly ValueRule[];
}

export interface ReleaseDeclaration {
  readonly kind: "Release";
  readonly package: PackageSpec;
  readonly notes: string;
  readonly active: boolean;
  readonly keepReleases?: number;
  /** Fewest rows that a run has to write; its packages write {@link ROWS}. */
  readonly verify?: { readonly minRows: number };
  /** Rules in force that are no resource of the program. */
  readonly rules?: Values;
}

export type Trigger = Readonly<Record<string, unknown>>;

export interface ScheduleDeclaration {
  readonly kind: "Schedule";
  readonly name: string;
  readonly triggers: readonly Trigger[];
  readonly enabled?: boolean;
  readonly parameters: Readonly<Record<string, string>>;
}

export type Declaration =
  ConnectionDeclaration | DeploymentDeclaration | RulesDeclaration | ReleaseDeclaration | ScheduleDeclaration;

/** `c1` is a connection, `d1` a deployment, `d1/rules` its rules, and so on: the resource's name in the program. */
export type Slot = string;

export interface Declared<D extends Declaration = Declaration> {
  readonly slot: Slot;
  readonly declaration: D;
  /** What it is called in the program, newest name first. */
  readonly names: readonly string[];
}

const ORDER: readonly Declaration["kind"][] = [
  "Connection",
  "Deployment",
  "ImportRules",
  "Release",
  "Schedule",
];

/** The deployment that a slot belongs to. */
export function parentOf(slot: Slot): Slot {
  return slot.split("/")[0] ?? "";
}

/** The slot of the resource with this name. */
export function slotOf(name: string): Slot {
  return name.split(RENAMED)[0] ?? "";
}

/** Between a slot and the number of a resource's name. */
const RENAMED = "~";

/** What a program says: declarations by slot. */
export class Program {
  readonly #declarations = new Map<Slot, Declaration>();
  readonly #names = new Map<Slot, readonly string[]>();

  constructor(private readonly variant: Variant) {}

  declare(slot: Slot, declaration: Declaration | null): void {
    if (declaration === null) this.#declarations.delete(slot);
    else this.#declarations.set(slot, declaration);
  }

  /** Calls the resource something else. */
  rename(slot: Slot): void {
    const names = this.#namesOf(slot);
    this.#names.set(slot, [`${slot}${RENAMED}${names.length}`, ...names]);
  }

  /** Leaves out what a run of the release has to write. */
  trust(slot: Slot): void {
    const declaration = this.#declarations.get(slot);
    if (declaration?.kind !== "Release") return;
    const { verify: _verify, ...rest } = declaration;
    this.#declarations.set(slot, rest);
  }

  /** Takes out a parameter that is misspelt. */
  correct(slot: Slot): void {
    const declaration = this.#declarations.get(slot);
    if (declaration?.kind !== "Schedule") return;
    const { [MISSPELT]: _misspelt, ...parameters } = declaration.parameters;
    this.#declarations.set(slot, { ...declaration, parameters });
  }

  /**
   * Its resources, dependencies first, made valid: whatever refers to something that is not declared is left out.
   * `existing` are slots in state: rules that a release was given are emptied before they can be removed.
   */
  resources(existing: ReadonlySet<Slot>): Declared[] {
    const all = new Map(this.#declarations);
    for (const slot of all.keys()) if (slot.includes("/") && !all.has(parentOf(slot))) all.delete(slot);
    for (const slot of all.keys()) {
      const rules = `${parentOf(slot)}/rules`;
      if (slot.endsWith("/release") && existing.has(rules) && !all.has(rules))
        all.set(rules, { kind: "ImportRules", values: [] });
    }
    if (this.variant.schedules === "flows")
      for (const [slot, { kind }] of all) {
        const release = all.get(`${parentOf(slot)}/release`);
        // Without a release that runs there is no flow to be scheduled.
        if (kind === "Schedule" && !(release?.kind === "Release" && release.active)) all.delete(slot);
      }
    const valid = [...all].map(([slot, declaration]) => ({
      slot,
      declaration: toValid(slot, declaration, all, this.variant),
      names: this.#namesOf(slot),
    }));
    return ORDER.flatMap((kind) => valid.filter(({ declaration }) => declaration.kind === kind));
  }

  #namesOf(slot: Slot): readonly string[] {
    return this.#names.get(slot) ?? [slot];
  }
}

function toValid(
  slot: Slot,
  declaration: Declaration,
  all: ReadonlyMap<Slot, Declaration>,
  { schedules }: Variant,
): Declaration {
  if (declaration.kind === "ImportRules" && !isMapped(declaration, all)) {
    const { warehouse: _warehouse, ...rest } = declaration;
    return rest;
  }
  if (declaration.kind === "Release") {
    const { verify, ...rest } = declaration;
    return {
      ...rest,
      ...(verify && declaration.active && { verify }),
      ...(!isMapped(all.get(`${parentOf(slot)}/rules`), all) && {
        package: { ...declaration.package, usesWarehouse: false },
      }),
    };
  }
  if (declaration.kind === "Schedule" && schedules === "flows") return { ...declaration, parameters: {} };
  return declaration;
}

/** Whether a run of the release does not write what its program expects: nothing answers where the warehouse should be. */
export function fallsShort({ package: spec, verify }: ReleaseDeclaration): boolean {
  return verify !== undefined && (spec.usesWarehouse || verify.minRows > ROWS);
}

function isMapped(rules: Declaration | undefined, all: ReadonlyMap<Slot, Declaration>): boolean {
  return rules?.kind === "ImportRules" && rules.warehouse !== undefined && all.has(rules.warehouse);
}

/** What stands in arguments for other resources and for files. */
export interface References {
  /** Id of another resource, or the unknown. */
  readonly idOf: (slot: Slot) => unknown;
  /** What a release is given for rules that are a resource of the program; `stated` is what they say. */
  readonly rulesOf: (slot: Slot, stated: Values) => unknown;
  readonly packages: PackageFolder;
}

/** Arguments of a resource as its program passes them. */
export async function toArguments(
  { slot, declaration }: Declared,
  all: readonly Declared[],
  { idOf, rulesOf, packages }: References,
  adopt: boolean,
): Promise<Values> {
  const more = adopt ? { adopt } : {};
  const deploymentId = () => idOf(parentOf(slot));
  const toRules = (rules: RulesDeclaration) => ({
    connections:
      rules.warehouse === undefined
        ? []
        : [{ on: { uuid: PACKAGE_CONNECTION }, with: idOf(rules.warehouse) }],
    values: [...rules.values],
  });
  switch (declaration.kind) {
    case "Connection": {
      const { kind: _kind, password, ...rest } = declaration;
      return {
        ...more,
        ...rest,
        vendor: "postgres",
        ...(password !== undefined && {
          credentials: { username: "loader", password: `${CANARY}-${password}` },
        }),
      };
    }
    case "Deployment": {
      const { kind: _kind, ...rest } = declaration;
      return { ...more, ...rest };
    }
    case "ImportRules":
      return { ...more, deploymentId: deploymentId(), ...toRules(declaration) };
    case "Release": {
      const { kind: _kind, package: spec, ...rest } = declaration;
      const rules = all.find((other) => other.slot === `${parentOf(slot)}/rules`);
      return {
        ...more,
        ...rest,
        deploymentId: deploymentId(),
        package: await packages.path(spec),
        ...(rules?.declaration.kind === "ImportRules" && {
          rules: rulesOf(rules.slot, toRules(rules.declaration)),
        }),
      };
    }
    case "Schedule": {
      const { kind: _kind, ...rest } = declaration;
      return { ...more, ...rest, deploymentId: deploymentId() };
    }
  }
}
