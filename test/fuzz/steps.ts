import type { Fault } from "../../platform/index.js";
import type { Variant } from "./fuzz-platform.js";
import type { PackageSpec } from "./fuzz-packages.js";
import type { Declaration, Slot, ValueRule } from "./program.js";

/** What a person does to the platform, past the program; `pick` counts a deployment's releases, round and round. */
export type HandEdit =
  | { readonly edit: "rename"; readonly slot: Slot }
  | { readonly edit: "delete"; readonly slot: Slot }
  | { readonly edit: "describe"; readonly slot: Slot; readonly text: string }
  | { readonly edit: "pause"; readonly slot: Slot; readonly enabled: boolean }
  | { readonly edit: "rules"; readonly deployment: Slot; readonly values: readonly ValueRule[] }
  | { readonly edit: "activate"; readonly deployment: Slot; readonly pick: number }
  | { readonly edit: "deactivate"; readonly deployment: Slot }
  | { readonly edit: "delete-release"; readonly deployment: Slot; readonly pick: number }
  | {
      readonly edit: "notes";
      readonly deployment: Slot;
      readonly text: string;
      readonly keepsMarker: boolean;
    }
  | { readonly edit: "import"; readonly deployment: Slot; readonly package: PackageSpec }
  | { readonly edit: "edit-flow"; readonly deployment: Slot; readonly text: string }
  /** Changes the recipe of the flow that runs: `text` is its new name. */
  | { readonly edit: "edit-recipe"; readonly deployment: Slot; readonly text: string }
  | { readonly edit: "make"; readonly what: "connection" | "deployment"; readonly name: string };

/** What goes wrong while an update runs. */
export type Disturbance =
  /** The platform strikes the `skip`-th request after those of this method. */
  | {
      readonly kind: "fault";
      readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
      readonly skip: number;
      readonly fault: Fault;
    }
  /** The provider is killed at its n-th write: nothing of that resource reaches state. */
  | { readonly kind: "kill"; readonly write: number; readonly when: "before" | "after" }
  /** The user interrupts at the n-th request: what was sent ends, and its result is kept. */
  | { readonly kind: "interrupt"; readonly call: number };

/** What another stack does on the same platform. */
export type NeighbourAct =
  /** It has a deployment, a release and a schedule of its own. */
  | { readonly act: "move-in"; readonly package: PackageSpec }
  /** Its program states an object that is of this stack. */
  | { readonly act: "claim"; readonly slot: Slot }
  /** Its program states a release of this stack's deployment, and insists. */
  | { readonly act: "take-over"; readonly deployment: Slot; readonly package: PackageSpec };

/** One thing that happens in a case. */
export type Step =
  | { readonly do: "declare"; readonly slot: Slot; readonly as: Declaration | null }
  /** The resource gets another name in the program, which says what it was called before. */
  | { readonly do: "rename"; readonly slot: Slot }
  | { readonly do: "up"; readonly refreshFirst: boolean; readonly disturbances?: readonly Disturbance[] }
  | { readonly do: "refresh" }
  | { readonly do: "destroy"; readonly disturbances?: readonly Disturbance[] }
  | ({ readonly do: "by-hand" } & HandEdit)
  | ({ readonly do: "neighbour" } & NeighbourAct)
  | { readonly do: "restart-platform" }
  | { readonly do: "lose-state" };

/** A life of one stack. Steps that make no sense where they come are passed over, so that any of them can be left out. */
export interface FuzzCase {
  /** Where it takes place; the usual platform when not given. */
  readonly on?: Variant;
  readonly steps: readonly Step[];
}
