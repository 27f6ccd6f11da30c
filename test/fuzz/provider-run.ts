import type { Values } from "./program.js";
import type { Disturbance } from "./steps.js";

/** A host's provider of one resource, in one run of its process. What it answers is what the engine keeps. */
export interface RunProvider {
  check(
    olds: Values,
    news: Values,
  ): Promise<{ inputs: Values; failures: { property: string; reason: string }[] }>;
  /** Names of the inputs that differ. */
  diff(
    id: string,
    olds: Values,
    news: Values,
    oldInputs: Values,
  ): Promise<{ changes: readonly string[]; replaces: readonly string[] }>;
  create(inputs: Values): Promise<{ id: string; outs: Values }>;
  /** Without an id in the answer the object is gone. */
  read(id: string, state: Values, inputs: Values): Promise<{ id?: string; props?: Values; inputs?: Values }>;
  update(id: string, olds: Values, news: Values, oldInputs: Values): Promise<{ outs: Values }>;
  delete(id: string, state: Values, inputs: Values): Promise<void>;
}

/** One run of the provider's process: `pulumi preview`, `up` or `refresh`. */
export interface ProviderRun {
  /** True from the moment in which the process was killed. */
  readonly isKilled: boolean;
  /** The provider of a resource; `owner` is `project/stack/name`. */
  provider(type: string, owner: string): RunProvider;
}

/** Starts a run with what goes wrong in it. */
export type StartRun = <T>(
  disturbances: readonly Disturbance[],
  action: (run: ProviderRun) => Promise<T>,
) => Promise<T>;
