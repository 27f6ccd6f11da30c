import type { z } from "zod";
import { canonical, isEqual } from "./canonical.js";
import type { ResourceDefinition } from "./define-resource.js";
import { inputFields } from "./fields.js";
import { rulesOf } from "./field-rules.js";
import { matchesFingerprint, resolveReferences } from "./secrets.js";
import { FINGERPRINTS } from "./state.js";
import { hasUnknown } from "./unknown.js";

export interface ResourceDiff {
  /** Input fields that differ from what state holds. */
  changes: string[];
  /** Those of them that need a replacement. */
  replaces: string[];
}

/**
 * Compares state (inputs and outputs as last written or read) with new inputs, field by field, by the
 * field rules alone. An unknown counts as a change, as the engine would otherwise promise too little.
 */
export function diffInputs(
  definition: ResourceDefinition,
  state: Readonly<Record<string, unknown>>,
  inputs: Readonly<Record<string, unknown>>,
): ResourceDiff {
  const changes: string[] = [];
  const replaces: string[] = [];
  for (const [name, field] of Object.entries(inputFields(definition))) {
    if (!isChanged(name, field, state, inputs[name])) continue;
    changes.push(name);
    const rules = rulesOf(field);
    const isReplacing =
      rules.immutable !== undefined ||
      rules.replaceWhen?.test(state[name], inputs[name]) === true ||
      definition.update === undefined;
    if (isReplacing) replaces.push(name);
  }
  return { changes, replaces };
}

/** Whether one field differs from state, by its rules. */
export function isChanged(
  name: string,
  field: z.ZodType,
  state: Readonly<Record<string, unknown>>,
  wanted: unknown,
): boolean {
  const rules = rulesOf(field);
  if (rules.localOnly !== undefined) return false;
  if (wanted === undefined && rules.serverDefault !== undefined) return false;
  if (hasUnknown(wanted)) return true;
  if (rules.writeOnly !== undefined) {
    const known = fingerprintOf(state, name);
    return wanted === undefined ? known !== undefined : !matchesFingerprint(resolveReferences(wanted), known);
  }
  if (rules.unordered !== undefined) return !isEqual(sorted(state[name]), sorted(wanted));
  const absent = rules.absentAs?.value;
  return !isEqual(state[name] ?? absent, wanted ?? absent);
}

/** What state knows of a write-only input. */
export function fingerprintOf(state: Readonly<Record<string, unknown>>, name: string): unknown {
  return (state[FINGERPRINTS] as Record<string, unknown> | undefined)?.[name];
}

function sorted(list: unknown): unknown {
  return Array.isArray(list) ? list.map((item: unknown) => canonical(item)).sort() : list;
}
