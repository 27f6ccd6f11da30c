import type { z } from "zod";
import { isEqual, isRecord } from "./canonical.js";
import type { ResourceDefinition } from "./define-resource.js";
import { fingerprintOf } from "./diff.js";
import type { ResourceDiff } from "./diff.js";
import { inputFields } from "./fields.js";
import { rulesOf } from "./field-rules.js";
import { isSpecial } from "./special-values.js";

/** How one place of a resource's inputs changes. */
export interface PropertyChange {
  readonly kind: "add" | "delete" | "update";
  readonly isReplacing: boolean;
}

/** Changed places of one field beyond which the field is told as a whole: a preview with more is not read. */
const MOST_PLACES = 400;

/**
 * The places that differ between state and inputs, by path (`a.b[0]`, `a["odd key"]`), for a preview. Empty when
 * nothing changes; else what follows from the change shows too, such as a release's contents.
 */
export function detailDiff(
  definition: ResourceDefinition,
  { changes, replaces }: ResourceDiff,
  state: Readonly<Record<string, unknown>>,
  inputs: Readonly<Record<string, unknown>>,
): Map<string, PropertyChange> {
  const places = new Map<string, PropertyChange>();
  if (changes.length === 0) return places;
  for (const [name, field] of Object.entries(inputFields(definition))) {
    const isShown = changes.includes(name) || isFollowing(field, state[name], inputs[name]);
    if (!isShown) continue;
    const isReplacing = replaces.includes(name);
    const { writeOnly, unordered } = rulesOf(field);
    const before = writeOnly === undefined ? state[name] : fingerprintOf(state, name);
    const isOpaque = writeOnly !== undefined || unordered !== undefined;
    const found = isOpaque ? [] : differences(pathTo(name), before, inputs[name]);
    if (found.length === 0 || found.length > MOST_PLACES)
      places.set(pathTo(name), { kind: kindOf(before, inputs[name]), isReplacing });
    else for (const [path, kind] of found) places.set(path, { kind, isReplacing });
  }
  return places;
}

function isFollowing(field: z.ZodType, before: unknown, after: unknown): boolean {
  return rulesOf(field).localOnly !== undefined && !isEqual(before, after);
}

type Difference = readonly [path: string, kind: PropertyChange["kind"]];

function differences(path: string, before: unknown, after: unknown): Difference[] {
  if (isEqual(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) {
    const longest = Math.max(before.length, after.length);
    return Array.from({ length: longest }, (_, index) =>
      differences(`${path}[${index}]`, before[index], after[index]),
    ).flat();
  }
  if (isPlain(before) && isPlain(after)) {
    const members = [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .map((key) => [key, memberOf(before, key), memberOf(after, key)] as const)
      .filter(([, old, next]) => !isEqual(old, next));
    if (members.every(([key]) => hasPath(key)))
      return members.flatMap(([key, old, next]) => differences(`${path}${pathBelow(key)}`, old, next));
  }
  return [[path, kindOf(before, after)]];
}

function kindOf(before: unknown, after: unknown): PropertyChange["kind"] {
  if (after === undefined) return "delete";
  return before === undefined ? "add" : "update";
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && !isSpecial(value);
}

/** Without what every object has: a key may be `constructor`. */
function memberOf(value: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function pathTo(name: string): string {
  return pathBelow(name).replace(/^\./, "");
}

/** In a quoted key the engine takes `\"` for a quotation mark, and every other character for itself. */
function pathBelow(key: string): string {
  return IDENTIFIER.test(key) ? `.${key}` : `["${key.replaceAll('"', '\\"')}"]`;
}

/** A backslash at the end would escape the closing mark: such a key cannot be written. */
function hasPath(key: string): boolean {
  return !key.endsWith("\\");
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
