import type { ResourceDefinition } from "../../provider/framework/define-resource.js";

/** An object of the platform as a program will state it. */
export interface AdoptedObject {
  readonly definition: ResourceDefinition;
  /** Id at the platform, and of the resource. */
  readonly id: string;
  /** Name at the platform. */
  readonly name: string;
  /** What the program states: no defaults, no secrets. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** What a reader of the program should know of this object; one line each. */
  readonly remarks: readonly string[];
  /** What the person who adopts it should know. */
  readonly warnings: readonly string[];
}
