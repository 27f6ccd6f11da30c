import type { ResourceDefinition } from "./define-resource.js";
import { inputFields } from "./fields.js";
import { rulesOf } from "./field-rules.js";
import { fingerprint, matchesFingerprint, resolveReferences } from "./secrets.js";

/** The output that holds the fingerprints of write-only inputs, by field name. */
export const FINGERPRINTS = "secretFingerprints";

/** The output that says in which form state is; without it the form is the first. */
export const STATE_VERSION = "stateVersion";

/** The newest form of state that this version writes and understands. */
const NEWEST = 1;

type Values = Readonly<Record<string, unknown>>;

/** State is in a form that a later version of Sluice made: acting on it could lose what that version keeps in it. */
export class NewerState extends Error {
  override readonly name = "NewerState";
}

/** Throws {@link NewerState} when state is in a form that this version does not know. */
export function refuseNewerState(state: Values): void {
  const form = state[STATE_VERSION];
  if (typeof form !== "number" || form <= NEWEST) return;
  throw new NewerState(
    `its state was written by a newer version of Sluice (form ${form}; this version knows forms up to ${NEWEST}): upgrade pulumi-sluice, here and wherever this stack is updated, to the version that wrote it or a later one`,
  );
}

/**
 * State of a resource: its inputs without the write-only ones, a fingerprint for each of those, its outputs and its form.
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
  return { ...state, ...outputs, [STATE_VERSION]: NEWEST };
}

/** The part of state that mirrors inputs. */
export function inputsOf(definition: ResourceDefinition, state: Values): Record<string, unknown> {
  const names = Object.keys(inputFields(definition));
  return Object.fromEntries(Object.entries(state).filter(([name]) => names.includes(name)));
}
