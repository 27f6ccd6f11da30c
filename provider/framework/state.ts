import type { ResourceDefinition } from "./define-resource.js";
import { inputFields } from "./fields.js";
import { rulesOf } from "./field-rules.js";
import { fingerprint, matchesFingerprint, resolveReferences } from "./secrets.js";

/** The output that holds the fingerprints of write-only inputs, by field name. */
export const FINGERPRINTS = "secretFingerprints";

/** The output that says in which form state is; without it the form is the first. */
export const STATE_VERSION = "stateVersion";

type Values = Readonly<Record<string, unknown>>;

/** Brings the state of one resource, by its definition's name, from one form to the next. Sends nothing; keeps what it does not know. */
export type StateMigration = (resource: string, state: Values) => Record<string, unknown>;

/** THE list of steps between forms of state, in order: the first leads from form 1 to form 2. Append only. */
const STATE_MIGRATIONS: readonly StateMigration[] = [];

/** The newest form of state that this version writes and understands. */
const NEWEST = STATE_MIGRATIONS.length + 1;

/** State is in a form that a later version of Sluice made: acting on it could lose what that version keeps in it. */
export class NewerState extends Error {
  override readonly name = "NewerState";
}

/**
 * State of a resource in the newest form; the very object when it has that already. Throws {@link NewerState} when its form
 * is one that this version does not know. `steps` is for tests of the way.
 */
export function toNewestState(
  resource: string,
  state: Values,
  steps: readonly StateMigration[] = STATE_MIGRATIONS,
): Values {
  const [form, newest] = [formOf(state), steps.length + 1];
  if (form > newest)
    throw new NewerState(
      `its state was written by a newer version of Sluice (form ${form}; this version knows forms up to ${newest}): upgrade pulumi-sluice, here and wherever this stack is updated, to the version that wrote it or a later one`,
    );
  const due = steps.slice(form - 1);
  if (due.length === 0) return state;
  const migrated = due.reduce<Values>((known, step) => step(resource, known), state);
  return { ...migrated, [STATE_VERSION]: newest };
}

/** Anything but a form that some version could have written counts as the first one. */
function formOf(state: Values): number {
  const form = state[STATE_VERSION];
  return typeof form === "number" && form > 1 ? form : 1;
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
