import type { RequestRecord } from "../../platform/index.js";
import type { Declared, Slot, Values } from "./program.js";
import type { Disturbance } from "./steps.js";

/** A resource as the engine keeps it. */
export interface StateEntry {
  readonly type: string;
  readonly id: string;
  readonly inputs: Values;
  readonly outputs: Values;
  /** The last change of it did not come to its end: the next update goes on, whatever the diff says. */
  readonly isUnfinished: boolean;
}

export type Op = "same" | "create" | "update" | "replace" | "delete";

/** What an operation does to a resource, or what a preview says it will. */
export interface EngineStep {
  readonly slot: Slot;
  readonly type: string;
  readonly op: Op;
  /** Inputs that differ from state. */
  readonly changes: readonly string[];
  /** State before, and the inputs that came out of the check. */
  readonly before: StateEntry | undefined;
  readonly inputs: Values;
  /** What was asked of the platform for it; empty in a preview. */
  readonly requests: readonly RequestRecord[];
  readonly isUnfinished: boolean;
}

export interface UpOptions {
  readonly adopt?: boolean;
  /** Ids of objects of other stacks, by the slots that they have there. */
  readonly foreign?: ReadonlyMap<Slot, string>;
  readonly disturbances?: readonly Disturbance[];
}

/** How the provider is reached: by the npm package alone, or by the plugin. */
export type Host = "dynamic" | "plugin";

/** Brings what programs say to the platform, and keeps the state of one stack. */
export interface Engine {
  /** `project/stack`. */
  readonly stack: string;
  readonly state: ReadonlyMap<Slot, StateEntry>;
  /** Asks only; leaves state alone. */
  preview(resources: readonly Declared[], options?: UpOptions): Promise<EngineStep[]>;
  /** Throws what the provider throws; state holds what was done until then. */
  up(resources: readonly Declared[], options?: UpOptions): Promise<EngineStep[]>;
  /** Brings state to what the platform holds. */
  refresh(): Promise<void>;
  /** Forgets every resource. */
  loseState(): Promise<void>;
  /** Everything that is kept, for secrets to be looked for. */
  written(): Promise<string>;
  close(): Promise<void>;
}
