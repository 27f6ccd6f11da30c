import { z } from "zod";
import { immutable, localOnly } from "./field-rules.js";
import type { ResourceDefinition } from "./define-resource.js";

const ENVIRONMENT = "Name of the environment in `sluice:environments`. Left out: the stack's own.";

/** The environment that a question goes to: of a function that asks the platform, of a list. */
export const askedEnvironment = z.string().optional().describe(ENVIRONMENT);

/** What a list of existing objects can be narrowed to. */
export const listFields = {
  name: z.string().optional().describe("Lists only objects whose name contains this."),
  environment: askedEnvironment,
};

/** Fields that every resource has beside its own. */
export const commonInputs = {
  environment: immutable(
    z.string().optional().describe(`${ENVIRONMENT} Changing it replaces.`),
    "an object cannot move between environments",
  ),
};

/** Set by the host, not by the program. */
const hostInputs = {
  owner: localOnly(
    z.string().describe("`project/stack/name` of this resource, as written into what it creates."),
    "a name for messages and markers",
  ),
};

interface Inputs {
  fields: Record<string, z.ZodType>;
  schema: z.ZodObject;
}

const known = new WeakMap<ResourceDefinition, Inputs>();

/** All input fields of a resource: its own, the common ones and the host's. */
export function inputFields(definition: ResourceDefinition): Readonly<Record<string, z.ZodType>> {
  return inputsOf(definition).fields;
}

/** The strict schema of all input fields. Made once: a thousand resources of a type are checked against it. */
export function inputSchema(definition: ResourceDefinition): z.ZodObject {
  return inputsOf(definition).schema;
}

function inputsOf(definition: ResourceDefinition): Inputs {
  let inputs = known.get(definition);
  if (inputs === undefined) {
    const fields = { ...definition.inputs.shape, ...commonInputs, ...hostInputs } as Record<
      string,
      z.ZodType
    >;
    inputs = { fields, schema: z.strictObject(fields) };
    known.set(definition, inputs);
  }
  return inputs;
}
