import type { ResourceDefinition } from "./define-resource.js";

/** A resource as messages name it: its type with its name in the program, or the type alone where no owner is known. */
export function labelOf(
  definition: ResourceDefinition,
  { owner }: Readonly<Record<string, unknown>>,
): string {
  const name = typeof owner === "string" ? owner.split("/").slice(2).join("/") : "";
  return name === "" ? definition.name : `${definition.name} "${name}"`;
}
