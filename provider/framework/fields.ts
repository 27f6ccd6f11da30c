import { z } from "zod";
import { immutable, localOnly } from "./field-rules.js";
import type { ResourceDefinition } from "./define-resource.js";

/** Fields that every resource has beside its own. */
export const commonInputs = {
  environment: immutable(
    z
      .string()
      .optional()
      .describe(
        "Name of the environment in `sluice:environments`. Left out: the stack's own. Changing it replaces.",
      ),
    "an object cannot move between environments",
  ),
};

/** Set by the host, not by the program. */
export const hostInputs = {
  owner: localOnly(
    z.string().describe("`project/stack/name` of this resource, as written into what it creates."),
    "a name for messages and markers",
  ),
};

/** All input fields of a resource: its own, the common ones and the host's. */
export function inputFields(definition: ResourceDefinition): Record<string, z.ZodType> {
  return { ...definition.inputs.shape, ...commonInputs, ...hostInputs } as Record<string, z.ZodType>;
}
