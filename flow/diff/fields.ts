import { canonicalJson } from "../canonical.js";
import type { PathParameter } from "../model.js";
import type { TableName, TableValues } from "./tables.js";

/** The members of an object that count, as text that is equal for equal meaning. */
export type Fields = ReadonlyMap<string, string>;

/**
 * What does not count: ids of the object's own, references that are compared as part of the graph, and what says nothing
 * about the flow (a file's size). Steps, scripts and a reference's publisher are compared as what they are.
 */
const NOT_COUNTED: { readonly [Name in TableName]?: readonly (keyof TableValues[Name])[] } = {
  nodes: ["recipeId", "referenceId"],
  recipes: ["steps"],
  outputs: ["nodeId", "sqlScripts"],
  connections: ["description", "credentialType", "isGlobal", "isShared"],
  artifacts: ["storageId"],
};

/** Members that may be absent or null, and what that means. */
const DEFAULTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["description", ""],
  ["settings", {}],
  ["options", {}],
]);

/** The members of one object that count. */
export function fieldsOf<Name extends TableName>(table: Name, value: TableValues[Name]): Fields {
  const notCounted: readonly PropertyKey[] = NOT_COUNTED[table] ?? [];
  const fields = new Map<string, string>();
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    if (name === "id" || notCounted.includes(name) || member === undefined) continue;
    if (name === "size" && table === "datasets") continue;
    const text = toText(name, member);
    if (!DEFAULTS.has(name) || text !== toText(name, DEFAULTS.get(name))) fields.set(name, text);
  }
  return fields;
}

function toText(name: string, member: unknown): string {
  if (name === "parameters") return canonicalJson(describeParameters(member as readonly PathParameter[]));
  if (name === "nodeIds") return canonicalJson([...(member as readonly number[])].sort((a, b) => a - b));
  return canonicalJson(member ?? DEFAULTS.get(name) ?? null);
}

function describeParameters(parameters: readonly PathParameter[]): string[] {
  return parameters
    .map(({ type, name, value, insertions }) =>
      canonicalJson([type, name, value, insertions.map(({ index, order }) => [index, order])]),
    )
    .sort();
}

/** One text for all members that count, but those left out. */
export function contentKey<Name extends TableName>(
  table: Name,
  value: TableValues[Name],
  ...leftOut: readonly string[]
): string {
  const fields = [...fieldsOf(table, value)].filter(([name]) => !leftOut.includes(name));
  return canonicalJson(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The names of the members in which two objects differ, sorted. */
export function differingFields(before: Fields, after: Fields): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .sort();
}
