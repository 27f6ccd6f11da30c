import type { ResourceDefinition } from "./define-resource.js";
import { inputFields } from "./fields.js";
import { rulesOf } from "./field-rules.js";
import { fingerprint, matchesFingerprint, resolveReferences } from "./secrets.js";

/** The output that holds the fingerprints of write-only inputs, by field name. */
export const FINGERPRINTS = "secretFingerprints";

type Values = Readonly<Record<string, unknown>>;

/**
 * State of a resource: its inputs without the write-only ones, a fingerprint for each of those, and its outputs.
 * A fingerprint that still matches is kept, so that an unchanged secret leaves state unchanged.
 */
export function toState(
  definition: ResourceDefinition,
  inputs: Values,
  outputs: Values,
  previous: Values = {},
): Record<string, unknown> {
  const state: Record<string, unknown> = {};
  const fingerprints: Record<string, string> = {};
  const known = (previous[FINGERPRINTS] ?? {}) as Record<string, unknown>;
  for (const [name, field] of Object.entries(inputFields(definition))) {
    const value = inputs[name];
    if (value === undefined) continue;
    if (rulesOf(field).writeOnly === undefined) {
      state[name] = value;
      continue;
    }
    const resolved = resolveReferences(value);
    const old = known[name];
    fingerprints[name] =
      typeof old === "string" && matchesFingerprint(resolved, old) ? old : fingerprint(resolved);
  }
  if (Object.keys(fingerprints).length > 0) state[FINGERPRINTS] = fingerprints;
  return { ...state, ...outputs };
}

/** The part of state that mirrors inputs. */
export function inputsOf(definition: ResourceDefinition, state: Values): Record<string, unknown> {
  const names = Object.keys(inputFields(definition));
  return Object.fromEntries(Object.entries(state).filter(([name]) => names.includes(name)));
}
