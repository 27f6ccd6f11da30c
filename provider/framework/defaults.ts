import { z } from "zod";
import { UNKNOWN } from "./unknown.js";

/**
 * The value with the defaults of a schema filled in at every depth, so that a default which the platform
 * tells back is no drift. What is unknown, or does not fit the schema, stays as it is; null counts as left out.
 */
export function withDefaults(schema: z.ZodType, value: unknown): unknown {
  if (value === UNKNOWN) return value;
  if (schema instanceof z.ZodDefault) {
    const present: unknown = value ?? structuredClone(schema.def.defaultValue);
    return withDefaults(schema.def.innerType as z.ZodType, present);
  }
  if (schema instanceof z.ZodOptional) return withDefaults(schema.def.innerType as z.ZodType, value);
  if (value === undefined || value === null) return undefined;
  if (schema instanceof z.ZodArray && Array.isArray(value))
    return value.map((item: unknown) => withDefaults(schema.def.element as z.ZodType, item));
  if (typeof value !== "object" || Array.isArray(value)) return value;
  if (schema instanceof z.ZodObject) return withMembers(schema, value);
  if (schema instanceof z.ZodRecord)
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [
        key,
        withDefaults(schema.def.valueType as z.ZodType, member),
      ]),
    );
  return value;
}

function withMembers(schema: z.ZodObject, value: object): Record<string, unknown> {
  const shape = schema.shape as Record<string, z.ZodType>;
  const names = new Set([...Object.keys(value), ...Object.keys(shape)]);
  const members = [...names].map((name) => {
    const given = (value as Record<string, unknown>)[name];
    const field = shape[name];
    return [name, field ? withDefaults(field, given) : (given ?? undefined)] as const;
  });
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}
