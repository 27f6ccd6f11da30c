import { UNKNOWN } from "../../provider/framework/unknown.js";
import type { RequestRecord } from "../../platform/index.js";
import type { PackageFolder } from "./fuzz-packages.js";
import { Killed } from "./operation.js";
import type { ProviderRun, RunProvider, StartRun } from "./provider-run.js";
import type { Engine, EngineStep, StateEntry, UpOptions } from "./engine.js";
import { toArguments } from "./program.js";
import type { Declared, Slot, Values } from "./program.js";

/** Where the engine finds what it does not do itself. */
export interface EngineSurroundings {
  readonly startRun: StartRun;
  readonly packages: PackageFolder;
  /** Every request of the environment so far. */
  readonly requests: () => readonly RequestRecord[];
  /** Ends what was started for this engine alone. */
  readonly end: () => Promise<void>;
}

/**
 * What Pulumi's engine does with a program and a state, one resource after the other: check, diff, then create, update or
 * replace; what the program no longer states is deleted last, dependents first. State is kept after every resource.
 */
export class EngineModel implements Engine {
  readonly state = new Map<Slot, StateEntry>();
  /** Names under which state has its resources. */
  readonly #owners = new Map<Slot, string>();

  constructor(
    readonly stack: string,
    private readonly surroundings: EngineSurroundings,
  ) {}

  preview(resources: readonly Declared[], options: UpOptions = {}): Promise<EngineStep[]> {
    return this.surroundings.startRun([], async (run) => {
      const unmade = new Set<Slot>();
      const steps: EngineStep[] = [];
      for (const declared of resources) {
        const step = await this.#plan(run, declared, resources, unmade, options);
        if (step.op === "create" || step.op === "replace") unmade.add(step.slot);
        steps.push(step);
      }
      return [...steps, ...this.#deletions(resources)];
    });
  }

  up(resources: readonly Declared[], options: UpOptions = {}): Promise<EngineStep[]> {
    return this.surroundings.startRun(options.disturbances ?? [], async (run) => {
      const steps: EngineStep[] = [];
      const take = async (step: () => Promise<EngineStep>) => {
        const from = this.surroundings.requests().length;
        const taken = await step();
        steps.push({ ...taken, requests: this.surroundings.requests().slice(from) });
      };
      for (const declared of resources)
        await take(async () => {
          const step = await this.#plan(run, declared, resources, new Set(), options);
          this.#owners.set(declared.slot, this.#ownerOf(declared));
          await this.#carryOut(run, step);
          return step;
        });
      for (const step of this.#deletions(resources))
        await take(async () => {
          await this.#delete(run, step);
          return step;
        });
      return steps;
    });
  }

  refresh(): Promise<void> {
    return this.surroundings.startRun([], async (run) => {
      for (const [slot, entry] of this.state) {
        const provider = this.#provider(run, slot, entry.type);
        const found = await provider.read(entry.id, entry.outputs, entry.inputs);
        if (found.id === undefined) {
          this.state.delete(slot);
          continue;
        }
        this.state.set(slot, {
          ...entry,
          outputs: toJson(found.props ?? {}),
          inputs: toJson(found.inputs ?? entry.inputs),
          isUnfinished: false,
        });
      }
    });
  }

  loseState(): Promise<void> {
    this.state.clear();
    return Promise.resolve();
  }

  written(): Promise<string> {
    return Promise.resolve(JSON.stringify([...this.state.values()].map(({ outputs }) => outputs)));
  }

  close(): Promise<void> {
    return this.surroundings.end();
  }

  async #plan(
    run: ProviderRun,
    declared: Declared,
    all: readonly Declared[],
    unmade: ReadonlySet<Slot>,
    { adopt = false, foreign }: UpOptions,
  ): Promise<EngineStep> {
    const { slot } = declared;
    const type = declared.declaration.kind;
    const owner = this.#ownerOf(declared);
    const provider = run.provider(type, owner);
    const idOf = (other: Slot) =>
      unmade.has(other) ? UNKNOWN : (this.state.get(other)?.id ?? foreign?.get(other) ?? UNKNOWN);
    const { packages } = this.surroundings;
    const references = { idOf, rulesOf: (_slot: Slot, stated: Values) => stated, packages };
    const given = { owner, ...(await toArguments(declared, all, references, adopt)) };
    const before = this.state.get(slot);
    const inputs = await check(run, provider, type, before?.inputs ?? {}, given);
    const step = { slot, type, before, requests: [], isUnfinished: before?.isUnfinished ?? false };
    if (before === undefined) return { ...step, op: "create", changes: [], inputs };
    const { changes, replaces } = await provider.diff(before.id, before.outputs, inputs, before.inputs);
    if (replaces.length > 0)
      return { ...step, op: "replace", changes, inputs: await check(run, provider, type, {}, given) };
    const isUpdate = changes.length > 0 || before.isUnfinished;
    return { ...step, op: isUpdate ? "update" : "same", changes, inputs };
  }

  async #carryOut(run: ProviderRun, step: EngineStep): Promise<void> {
    const { slot, type, op, before, inputs } = step;
    if (op === "same" && before) {
      this.state.set(slot, { ...before, inputs: toJson(inputs) });
      return;
    }
    if (op === "replace") await this.#delete(run, step);
    const provider = this.#provider(run, slot, type);
    const entry = { type, inputs: toJson(inputs) };
    try {
      const done =
        op === "update" && before
          ? { id: before.id, ...(await provider.update(before.id, before.outputs, inputs, before.inputs)) }
          : await provider.create(inputs);
      refuseKilled(run);
      this.state.set(slot, { ...entry, id: done.id, outputs: toJson(done.outs), isUnfinished: false });
    } catch (error) {
      refuseKilled(run);
      const { id, properties } = error as { id?: string; properties?: Values };
      if (id !== undefined)
        this.state.set(slot, { ...entry, id, outputs: toJson(properties ?? {}), isUnfinished: true });
      throw error;
    }
  }

  async #delete(run: ProviderRun, { slot, type, before }: EngineStep): Promise<void> {
    if (before === undefined) return;
    try {
      await this.#provider(run, slot, type).delete(before.id, before.outputs, before.inputs);
    } finally {
      refuseKilled(run);
    }
    this.state.delete(slot);
  }

  #ownerOf({ slot, names }: Declared): string {
    return `${this.stack}/${names[0] ?? slot}`;
  }

  #provider(run: ProviderRun, slot: Slot, type: string): RunProvider {
    return run.provider(type, this.#owners.get(slot) ?? `${this.stack}/${slot}`);
  }

  #deletions(resources: readonly Declared[]): EngineStep[] {
    const stated = new Set(resources.map(({ slot }) => slot));
    return [...this.state]
      .filter(([slot]) => !stated.has(slot))
      .sort(([, a], [, b]) => DELETED_FIRST.indexOf(a.type) - DELETED_FIRST.indexOf(b.type))
      .map(([slot, before]) => ({
        slot,
        type: before.type,
        op: "delete",
        changes: [],
        before,
        inputs: {},
        requests: [],
        isUnfinished: false,
      }));
  }
}

const DELETED_FIRST = ["Schedule", "Release", "ImportRules", "Deployment", "Connection"];

async function check(
  run: ProviderRun,
  provider: RunProvider,
  type: string,
  olds: Values,
  given: Values,
): Promise<Values> {
  const { inputs, failures } = await provider.check(olds, given);
  refuseKilled(run);
  if (failures.length > 0)
    throw new Error(
      `${type}: ${failures.map(({ property, reason }) => `${property}: ${reason}`).join("; ")}`,
    );
  return inputs;
}

function refuseKilled(run: ProviderRun): void {
  if (run.isKilled) throw new Killed("the provider was killed");
}

/** State goes through JSON, where what is undefined is not there. */
function toJson(values: Values): Values {
  return JSON.parse(JSON.stringify(values)) as Values;
}
