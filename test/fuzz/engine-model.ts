import { UNKNOWN } from "../../provider/framework/unknown.js";
import type { RequestRecord } from "../../platform/index.js";
import type { PackageFolder } from "./fuzz-packages.js";
import { Killed, Operation } from "./operation.js";
import type { Surroundings } from "./operation.js";
import type { Engine, EngineStep, StateEntry, UpOptions } from "./engine.js";
import { toArguments } from "./program.js";
import type { Declared, Slot, Values } from "./program.js";

/** Where the engine finds what it does not do itself. */
export interface EngineSurroundings extends Surroundings {
  readonly packages: PackageFolder;
  /** Every request of the environment so far. */
  readonly requests: () => readonly RequestRecord[];
}

/**
 * What Pulumi's engine does with a program and a state, one resource after the other: check, diff, then create, update or
 * replace; what the program no longer states is deleted last, dependents first. State is kept after every resource.
 */
export class EngineModel implements Engine {
  readonly state = new Map<Slot, StateEntry>();

  constructor(
    readonly stack: string,
    private readonly surroundings: () => EngineSurroundings,
  ) {}

  async preview(resources: readonly Declared[], options: UpOptions = {}): Promise<EngineStep[]> {
    const operation = new Operation(this.surroundings());
    const unmade = new Set<Slot>();
    const steps: EngineStep[] = [];
    for (const declared of resources) {
      const step = await this.#plan(operation, declared, resources, unmade, options);
      if (step.op === "create" || step.op === "replace") unmade.add(step.slot);
      steps.push(step);
    }
    return [...steps, ...this.#deletions(resources)];
  }

  async up(resources: readonly Declared[], options: UpOptions = {}): Promise<EngineStep[]> {
    const operation = new Operation(this.surroundings(), options.disturbances);
    const steps: EngineStep[] = [];
    for (const declared of resources) {
      const from = this.surroundings().requests().length;
      const step = await this.#plan(operation, declared, resources, new Set(), options);
      await this.#carryOut(operation, step);
      steps.push({ ...step, requests: this.surroundings().requests().slice(from) });
    }
    for (const step of this.#deletions(resources)) {
      const from = this.surroundings().requests().length;
      await this.#delete(operation, step);
      steps.push({ ...step, requests: this.surroundings().requests().slice(from) });
    }
    return steps;
  }

  async refresh(): Promise<void> {
    const operation = new Operation(this.surroundings());
    for (const [slot, entry] of this.state) {
      const found = await operation.provider(entry.type).read(entry.id, entry.outputs);
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
  }

  loseState(): Promise<void> {
    this.state.clear();
    return Promise.resolve();
  }

  written(): Promise<string> {
    return Promise.resolve(JSON.stringify([...this.state.values()].map(({ outputs }) => outputs)));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #plan(
    operation: Operation,
    declared: Declared,
    all: readonly Declared[],
    unmade: ReadonlySet<Slot>,
    { adopt = false, foreign }: UpOptions,
  ): Promise<EngineStep> {
    const { slot, names } = declared;
    const type = declared.declaration.kind;
    const idOf = (other: Slot) =>
      unmade.has(other) ? UNKNOWN : (this.state.get(other)?.id ?? foreign?.get(other) ?? UNKNOWN);
    const { packages } = this.surroundings();
    const references = { idOf, rulesOf: (_slot: Slot, stated: Values) => stated, packages };
    const given = {
      owner: `${this.stack}/${names[0] ?? slot}`,
      ...(await toArguments(declared, all, references, adopt)),
    };
    const before = this.state.get(slot);
    const inputs = await check(operation, type, before?.inputs ?? {}, given);
    const step = { slot, type, before, requests: [], isUnfinished: before?.isUnfinished ?? false };
    if (before === undefined) return { ...step, op: "create", changes: [], inputs };
    const { changes, replaces } = operation.lifecycle(type).diff(before.outputs, inputs);
    if (replaces.length > 0)
      return { ...step, op: "replace", changes, inputs: await check(operation, type, {}, given) };
    const isUpdate = changes.length > 0 || before.isUnfinished;
    return { ...step, op: isUpdate ? "update" : "same", changes, inputs };
  }

  async #carryOut(operation: Operation, step: EngineStep): Promise<void> {
    const { slot, type, op, before, inputs } = step;
    if (op === "same" && before) {
      this.state.set(slot, { ...before, inputs: toJson(inputs) });
      return;
    }
    if (op === "replace") await this.#delete(operation, step);
    const provider = operation.provider(type);
    const entry = { type, inputs: toJson(inputs) };
    try {
      const done =
        op === "update" && before
          ? { id: before.id, ...(await provider.update(before.id, before.outputs, inputs)) }
          : await provider.create(inputs);
      refuseKilled(operation);
      this.state.set(slot, { ...entry, id: done.id, outputs: toJson(done.outs), isUnfinished: false });
    } catch (error) {
      refuseKilled(operation);
      const { id, properties } = error as { id?: string; properties?: Values };
      if (id !== undefined)
        this.state.set(slot, { ...entry, id, outputs: toJson(properties ?? {}), isUnfinished: true });
      throw error;
    }
  }

  async #delete(operation: Operation, { slot, type, before }: EngineStep): Promise<void> {
    if (before === undefined) return;
    try {
      await operation.provider(type).delete(before.id, before.outputs);
    } finally {
      refuseKilled(operation);
    }
    this.state.delete(slot);
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

async function check(operation: Operation, type: string, olds: Values, given: Values): Promise<Values> {
  const { inputs, failures } = await operation.provider(type).check(olds, given);
  refuseKilled(operation);
  if (failures.length > 0)
    throw new Error(
      `${type}: ${failures.map(({ property, reason }) => `${property}: ${reason}`).join("; ")}`,
    );
  return inputs;
}

function refuseKilled(operation: Operation): void {
  if (operation.isKilled) throw new Killed("the provider was killed");
}

/** State goes through JSON, where what is undefined is not there. */
function toJson(values: Values): Values {
  return JSON.parse(JSON.stringify(values)) as Values;
}
