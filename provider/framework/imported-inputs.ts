import { z } from "zod";
import { isEqual } from "./canonical.js";
import { withDefaults } from "./defaults.js";
import type { ResourceDefinition } from "./define-resource.js";
import { inputFields } from "./fields.js";
import { rulesOf } from "./field-rules.js";

type Values = Readonly<Record<string, unknown>>;

/**
 * Whether the engine holds imported inputs against themselves, as it does at the end of an import. They may hold what no
 * program can state (derived fields), and lack what only a program knows: there is nothing to check in them.
 */
export function isEcho(definition: ResourceDefinition, previous: Values | undefined, given: Values): boolean {
  const fields = inputFields(definition);
  const holdsDerived = Object.keys(given).some((name) => {
    const field = fields[name];
    return field !== undefined && rulesOf(field).derived !== undefined;
  });
  return holdsDerived && isEqual(previous, given);
}

/** Inputs as a program would state them: without members that say what leaving them out says. */
export function withoutDefaults(definition: ResourceDefinition, inputs: Values): Record<string, unknown> {
  const fields = inputFields(definition);
  return Object.fromEntries(
    Object.entries(inputs).filter(([name, value]) => {
      const field = fields[name];
      return !(field instanceof z.ZodDefault) || !isEqual(value, withDefaults(field, undefined));
    }),
  );
}
