import { contentKey, PACKAGE_CONNECTION, packageUuid } from "./fuzz-packages.js";
import type { PackageSpec } from "./fuzz-packages.js";
import { parentOf } from "./program.js";
import type {
  ConnectionDeclaration,
  Declared,
  DeploymentDeclaration,
  ReleaseDeclaration,
  RulesDeclaration,
  ScheduleDeclaration,
  Slot,
  Trigger,
} from "./program.js";
import type { Picture, PicturedConnection, PicturedRelease, PicturedSchedule } from "./picture.js";

type Changeable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Who made an object: the slot of the program's resource, or nobody of ours. */
interface Owned {
  slot: Slot | null;
}

export type ModelConnection = Changeable<PicturedConnection> & Owned & { serial: number };

export type ModelRelease = Changeable<PicturedRelease> & {
  /** Content and rules that it was imported under; null when a person imported it. */
  key: string | null;
};

export type ModelSchedule = Changeable<PicturedSchedule> & Owned;

export interface ModelDeployment extends Owned {
  id: string;
  name: string;
  forceDelete: boolean;
  /** `with` is the serial number of a connection. */
  rules: { connections: { on: unknown; with: number }[]; values: unknown[] };
  /** The program has a resource for them. */
  hasOwnRules: boolean;
  releases: ModelRelease[];
  /** The release that the program's last update was about: what state knows. */
  current: ModelRelease | null;
  /** The program had it running. */
  isCurrentActive: boolean;
  schedules: ModelSchedule[];
}

/** Objects that the model has, and whose ids the platform has yet to tell. */
const NO_ID = "";

/**
 * What the platform should hold, worked out of programs and hand edits alone. Plain values, so that `structuredClone`
 * copies it; knows nothing of the provider or the platform's code.
 */
export class PlatformModel {
  connections: ModelConnection[] = [];
  deployments: ModelDeployment[] = [];
  /** Ids of releases that `keepReleases` took away: an update that broke off may have left them. */
  pruned: { deployment: Slot; release: ModelRelease }[] = [];
  #serial = 0;

  copy(): PlatformModel {
    const copy = new PlatformModel();
    copy.connections = structuredClone(this.connections);
    copy.deployments = structuredClone(this.deployments);
    copy.pruned = structuredClone(this.pruned);
    copy.#serial = this.#serial;
    return copy;
  }

  /**
   * What an update makes of it. Answers slots of deployments that it must refuse to delete, because they hold releases of
   * somebody else; everything else is done.
   */
  apply(resources: readonly Declared[]): Slot[] {
    const stated = new Set(resources.map(({ slot }) => slot));
    for (const { slot, declaration } of resources) {
      switch (declaration.kind) {
        case "Connection":
          this.#applyConnection(slot, declaration);
          break;
        case "Deployment":
          this.#applyDeployment(slot, declaration);
          break;
        case "ImportRules":
          this.#applyRules(slot, declaration);
          break;
        case "Release":
          this.#applyRelease(slot, declaration, resources);
          break;
        case "Schedule":
          this.#applySchedule(slot, declaration);
          break;
      }
    }
    return this.#remove(stated);
  }

  deploymentOf(slot: Slot): ModelDeployment | undefined {
    return this.deployments.find((deployment) => deployment.slot === parentOf(slot));
  }

  /** Everything as a picture; `with` of rules is the connection's place in the list. */
  expected(): Picture {
    return {
      connections: this.connections.map(({ slot: _slot, serial: _serial, ...rest }) => rest),
      deployments: this.deployments.map(
        ({
          slot: _slot,
          forceDelete: _force,
          current: _current,
          isCurrentActive: _active,
          hasOwnRules: _own,
          rules,
          ...rest
        }) => ({
          ...rest,
          rules: {
            ...rules,
            connections: rules.connections.map((rule) => ({
              ...rule,
              with: this.connections.find(({ serial }) => serial === rule.with)?.id ?? "gone",
            })),
          },
          releases: rest.releases.map(({ key: _key, ...release }) => release),
          schedules: rest.schedules.map(({ slot: _own, ...schedule }) => schedule),
        }),
      ),
    };
  }

  /** A person made it. */
  addConnection(connection: Omit<PicturedConnection, "id">): void {
    this.#serial += 1;
    this.connections.push({ ...connection, id: NO_ID, slot: null, serial: this.#serial });
  }

  /** A person made it. */
  addDeployment(name: string): void {
    this.deployments.push({ ...emptyDeployment(), slot: null, name });
  }

  /** A person imported it: it is active now. */
  addRelease(deployment: ModelDeployment, id: string, spec: PackageSpec): void {
    activate(deployment, undefined);
    // The platform notes the flow's name where nobody says anything.
    const notes = "Orders";
    deployment.releases.push({ ...newRelease(spec), id, notes, isActive: true, key: null });
  }

  #applyConnection(slot: Slot, wanted: ConnectionDeclaration): void {
    let known = this.connections.find((connection) => connection.slot === slot);
    if (known === undefined || (known.isGlobal && !wanted.isGlobal)) {
      this.connections = this.connections.filter((connection) => connection !== known);
      this.#serial += 1;
      known = { ...EMPTY_CONNECTION, slot, serial: this.#serial };
      this.connections.push(known);
    }
    const { name, host = null, port = null, params, description, isGlobal } = wanted;
    Object.assign(known, { name, host, port, params: { ...params }, description, isGlobal });
  }

  #applyDeployment(slot: Slot, { name, forceDelete }: DeploymentDeclaration): void {
    let known = this.deploymentOf(slot);
    if (known === undefined) {
      known = { ...emptyDeployment(), slot };
      this.deployments.push(known);
    }
    Object.assign(known, { name, forceDelete });
  }

  #applyRules(slot: Slot, wanted: RulesDeclaration): void {
    const deployment = this.deploymentOf(slot);
    if (deployment) Object.assign(deployment, { rules: this.#rules(wanted), hasOwnRules: true });
  }

  #rules({ warehouse, values }: RulesDeclaration): ModelDeployment["rules"] {
    const target = this.connections.find((connection) => connection.slot === warehouse);
    const connections =
      warehouse === undefined ? [] : [{ on: { uuid: PACKAGE_CONNECTION }, with: target?.serial ?? 0 }];
    return { connections, values: [...values] };
  }

  #applyRelease(slot: Slot, wanted: ReleaseDeclaration, resources: readonly Declared[]): void {
    const deployment = this.deploymentOf(slot);
    if (deployment === undefined) return;
    const stated = resources.find((other) => other.slot === `${parentOf(slot)}/rules`)?.declaration;
    const rules = this.#rules(stated?.kind === "ImportRules" ? stated : { kind: "ImportRules", values: [] });
    const key = JSON.stringify([contentKey(wanted.package), rules]);
    const before = deployment.releases.find((release) => release.isActive);
    const same = deployment.releases.filter((release) => release.key === key);
    let release = same.find(({ isActive }) => isActive) ?? same.at(-1);
    const isNew = release === undefined;
    if (release === undefined) {
      release = { ...newRelease(wanted.package), isMarked: true, isActive: false, key };
      deployment.releases.push(release);
    }
    // A person may have taken its marker away.
    if (deployment.current) deployment.current.isMarked = true;
    // What the program had running, and a person has put out of use, goes on when the one that is there shall not.
    const next =
      deployment.isCurrentActive && deployment.current !== release
        ? (deployment.current ?? undefined)
        : undefined;
    const isLeft = next !== undefined && deployment.releases.includes(next);
    Object.assign(deployment, { current: release, isCurrentActive: wanted.active });
    Object.assign(release, { notes: wanted.notes, isMarked: true });
    if (wanted.active) activate(deployment, release);
    else if (release.isActive) activate(deployment, isLeft ? next : undefined);
    if (isNew) this.#prune(deployment, wanted.keepReleases, [release, before]);
  }

  /** Only the program's own; the oldest go, but never what runs or ran just before. */
  #prune(
    deployment: ModelDeployment,
    keep: number | undefined,
    spared: readonly (ModelRelease | undefined)[],
  ): void {
    if (keep === undefined) return;
    const ours = deployment.releases.filter(({ key }) => key !== null);
    const surplus = ours
      .filter((release) => !release.isActive && !spared.includes(release))
      .slice(0, Math.max(0, ours.length - keep));
    deployment.releases = deployment.releases.filter((release) => !surplus.includes(release));
    this.pruned.push(...surplus.map((release) => ({ deployment: deployment.slot ?? "", release })));
  }

  #applySchedule(slot: Slot, wanted: ScheduleDeclaration): void {
    const deployment = this.deploymentOf(slot);
    if (deployment === undefined) return;
    let known = deployment.schedules.find((schedule) => schedule.slot === slot);
    if (known === undefined) {
      known = { id: NO_ID, name: "", triggers: [], enabled: true, parameters: {}, slot };
      deployment.schedules.push(known);
    }
    const { name, triggers, enabled = known.enabled, parameters } = wanted;
    Object.assign(known, {
      name,
      triggers: triggers.map(toTimeBased),
      enabled,
      parameters: { ...parameters },
    });
  }

  #remove(stated: ReadonlySet<Slot>): Slot[] {
    const refused: Slot[] = [];
    const isGone = (slot: Slot | null): slot is Slot => slot !== null && !stated.has(slot);
    for (const deployment of [...this.deployments]) {
      const { slot } = deployment;
      deployment.schedules = deployment.schedules.filter((schedule) => !isGone(schedule.slot));
      if (slot !== null && !stated.has(`${slot}/release`)) {
        deployment.releases = deployment.releases.filter(({ key }) => key === null);
        deployment.current = null;
      }
      if (slot !== null && !stated.has(`${slot}/rules`))
        Object.assign(deployment, { rules: { connections: [], values: [] }, hasOwnRules: false });
      if (!isGone(slot)) continue;
      if (deployment.releases.length > 0 && !deployment.forceDelete) refused.push(slot);
      else this.deployments = this.deployments.filter((other) => other !== deployment);
    }
    this.connections = this.connections.filter((connection) => !isGone(connection.slot));
    return refused;
  }
}

/** Makes this release the only active one, or none. */
export function activate(deployment: ModelDeployment, active: ModelRelease | undefined): void {
  for (const release of deployment.releases) release.isActive = release === active;
}

/** A trigger as the API writes it. */
function toTimeBased({ cron, oneTime, timezone = "UTC", ...rest }: Trigger): unknown {
  return {
    timeBased: {
      ...rest,
      ...(cron !== undefined && { cron: { expression: cron } }),
      ...(oneTime !== undefined && { oneTime: { utcDateTime: oneTime } }),
      timezone,
    },
  };
}

const EMPTY_CONNECTION: PicturedConnection = {
  id: NO_ID,
  name: "",
  host: null,
  port: null,
  params: {},
  description: "",
  isGlobal: false,
};

function emptyDeployment(): ModelDeployment {
  return {
    id: NO_ID,
    slot: null,
    name: "",
    forceDelete: false,
    rules: { connections: [], values: [] },
    hasOwnRules: false,
    releases: [],
    current: null,
    isCurrentActive: false,
    schedules: [],
  };
}

function newRelease(spec: PackageSpec): PicturedRelease {
  return { id: NO_ID, uuid: packageUuid(spec), notes: "", isMarked: false, isActive: false };
}
