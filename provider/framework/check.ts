import { z } from "zod";
import { suggestWord } from "../../flow/language/nearest-word.js";
import { findUnstorable, formatPath } from "../../flow/storable-text.js";
import type { CheckFailure, ResourceDefinition } from "./define-resource.js";
import { withDefaults } from "./defaults.js";
import { inputFields, inputSchema } from "./fields.js";
import { rulesOf } from "./field-rules.js";
import { reasonOf } from "./reason.js";
import type { Issue } from "./reason.js";
import { hasUnknown } from "./unknown.js";

export interface CheckedInputs {
  inputs: Record<string, unknown>;
  failures: CheckFailure[];
}

/**
 * Holds inputs against the resource's fields and fills in defaults. Unknown values pass. All problems come at
 * once; problems of secret fields come without the property's name, as the engine prints the value of a named one.
 */
export function checkInputs(definition: ResourceDefinition, given: Record<string, unknown>): CheckedInputs {
  return checkValues(inputFields(definition), inputSchema(definition), given);
}

/** The same for any fields; `schema` is the strict object of them. */
export function checkValues(
  fields: Readonly<Record<string, z.ZodType>>,
  schema: z.ZodObject,
  given: Record<string, unknown>,
): CheckedInputs {
  const inputs = withDefaults(schema, given) as Record<string, unknown>;
  const failures = Object.keys(inputs)
    .filter((name) => rulesOf(fields[name] ?? z.never()).derived !== undefined)
    .map((name) => failureAt(fields, [name], "is worked out by the provider and cannot be set"));
  for (const issue of flatten(schema.safeParse(inputs).error?.issues ?? [])) {
    if (issue.code === "unrecognized_keys")
      failures.push(
        ...issue.keys.map((key) => {
          const guess = suggestWord(key, namesAt(schema, issue.path));
          return failureAt(fields, [...issue.path, key], `there is no such property${guess}`);
        }),
      );
    else if (!hasUnknown(valueAt(inputs, issue.path)))
      failures.push(failureAt(fields, issue.path, reasonOf(issue, valueAt(inputs, issue.path))));
  }
  for (const { path, problem } of findUnstorable(inputs))
    failures.push(failureAt(fields, path, `${problem}; remove it`));
  return { inputs, failures };
}

/** A failure for the field at `path`, safe to print: a secret field is named in the reason, not as the property. */
export function failureAt(
  fields: Readonly<Record<string, z.ZodType>>,
  path: readonly PropertyKey[],
  reason: string,
): CheckFailure {
  const property = formatPath(path);
  const field = fields[String(path[0])];
  return field && rulesOf(field).secret
    ? { property: "", reason: `${property}: ${reason}` }
    : { property, reason };
}

/** A union reports one issue for all its options; the option that got furthest says what is wrong. */
function flatten(issues: readonly Issue[]): Issue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
    const best = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0] ?? [];
    if (depth(best) === 0) return [issue];
    return flatten(best.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })));
  });
}

function depth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

/** Names of the properties that a value at this place may have. */
function namesAt(schema: z.ZodType | undefined, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return namesAt(schema.def.innerType as z.ZodType, path);
  if (schema instanceof z.ZodUnion)
    return (schema.def.options as z.ZodType[]).flatMap((option) => namesAt(option, path));
  const [key, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    const shape = schema.shape as Record<string, z.ZodType>;
    return key === undefined ? Object.keys(shape) : namesAt(shape[String(key)], rest);
  }
  if (schema instanceof z.ZodArray) return namesAt(schema.def.element as z.ZodType, rest);
  return schema instanceof z.ZodRecord ? namesAt(schema.def.valueType as z.ZodType, rest) : [];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}
