import type { z } from "zod";

/** How a field lives, beyond its type. The framework reads checking, diff, schema and docs out of these. */
export interface FieldRules {
  /** Changing it replaces the resource. */
  immutable?: string;
  /** Replaces the resource only for the changes that the test names. */
  replaceWhen?: { reason: string; test: (before: unknown, after: unknown) => boolean };
  /** Encrypted in state, masked in output. */
  secret?: string;
  /** Never returned by the platform: change is detected by a keyed fingerprint, the value is left out of outputs. */
  writeOnly?: string;
  /** When the program leaves it out, whatever the platform holds is right. */
  serverDefault?: string;
  /** What leaving it out means, where that is not a default which inputs are filled up with. */
  absentAs?: { reason: string; value: unknown };
  /** Order carries no meaning. */
  unordered?: string;
  /** Worked out by the provider while checking; a program cannot set it. */
  derived?: string;
  /** A change of it alone changes nothing at the platform. */
  localOnly?: string;
  /** An output that stays what it is through every update, so that previews can go on with it. */
  stable?: string;
  /** What a program passes rather than a literal, the best first. */
  refersTo?: readonly Reference[];
}

/** An output of another resource that a field's value comes from. */
export interface Reference {
  /** Name of the other resource's definition. */
  readonly resource: string;
  /** `id` or one of its fields; left out: the field is an object, and each member is the other's field of that name. */
  readonly output?: string;
}

const rules = new WeakMap<z.ZodType, FieldRules>();

/** The rules of a field; empty for an ordinary one. */
export function rulesOf(field: z.ZodType): FieldRules {
  return rules.get(field) ?? {};
}

/** Changing the field replaces the resource. */
export function immutable<T extends z.ZodType>(field: T, reason: string): T {
  return withRule(field, { immutable: reason });
}

/** Changing the field replaces the resource when `test` says so, and updates it otherwise. */
export function replaceWhen<T extends z.ZodType>(
  field: T,
  reason: string,
  test: (before: unknown, after: unknown) => boolean,
): T {
  return withRule(field, { replaceWhen: { reason, test } });
}

/** The field's value is never shown and is stored encrypted. */
export function secret<T extends z.ZodType>(field: T, reason: string): T {
  return withRule(field, { secret: reason });
}

/** The platform never returns the field: a fingerprint stands for it in state. Implies secret. */
export function writeOnly<T extends z.ZodType>(field: T, reason: string): T {
  return withRule(field, { writeOnly: reason, secret: reason });
}

/** Left out by the program, the field stays as the platform has it. */
export function serverDefault<T extends z.ZodType>(field: T, reason: string): T {
  return withRule(field, { serverDefault: reason });
}

/** Leaving the field out says the same as this value, so that going from one to the other is no change. */
export function absentAs<T extends z.ZodType>(field: T, reason: string, value: unknown): T {
  return withRule(field, { absentAs: { reason, value } });
}

/** A list whose order carries no meaning. */
export function unordered<T extends z.ZodType>(field: T, reason: string): T {
  return withRule(field, { unordered: reason });
}

/** Worked out by the provider; shown in previews and kept in state, never set by a program. */
export function derived<T extends z.ZodType>(field: T, reason: string): T {
  return withRule(field, { derived: reason });
}

/** Kept in state for later operations; changing it needs no request. */
export function localOnly<T extends z.ZodType>(field: T, reason: string): T {
  return withRule(field, { localOnly: reason });
}

/** An output that no update changes. */
export function stable<T extends z.ZodType>(field: T, reason: string): T {
  return withRule(field, { stable: reason });
}

/** The value comes from another resource; a generated program refers to that in place of a literal. */
export function refersTo<T extends z.ZodType>(field: T, ...references: readonly Reference[]): T {
  return withRule(field, { refersTo: references });
}

function withRule<T extends z.ZodType>(field: T, rule: FieldRules): T {
  // A fresh instance, so that a schema used for two fields does not share its rules.
  const own = field.clone();
  rules.set(own, { ...rules.get(field), ...rule });
  return own;
}

const names = new WeakMap<z.ZodType, string>();

/** Gives an object its name in the schema and the SDKs; without one it is named after its place. */
export function named<T extends z.ZodType>(name: string, schema: T): T {
  names.set(schema, name);
  return schema;
}

/** The name given by {@link named}. */
export function nameOf(schema: z.ZodType): string | undefined {
  return names.get(schema);
}
