import type { Change, Edit, PutEdit, RecipeListing, RemoveEdit, SetEdit } from "./changes.js";
import { differingFields, fieldsOf } from "./fields.js";
import type { TableName } from "./tables.js";
import { describeLine, describeMembers, type DescribedSide } from "./texts.js";

/** Two packages under one set of ids, and the changes found so far. */
export interface Comparison {
  readonly before: DescribedSide;
  readonly after: DescribedSide;
  readonly changes: Change[];
  readonly recipes: RecipeListing[];
  /** Edges that belong to a change of something else. */
  readonly handledEdges: Set<number>;
}

/** The edit that adds an object of the package after. */
export function putEdit(side: DescribedSide, table: TableName, id: number): PutEdit[] {
  const row = side.tables[table].get(id);
  return row === undefined ? [] : [{ action: "put", table, id, owner: row.owner, value: row.value }];
}

/** The edit that takes an object out. */
export function removeEdit(table: TableName, id: number): RemoveEdit {
  return { action: "remove", table, id };
}

/** The edit that gives an object some members of the package after. */
export function setEdit(table: TableName, id: number, names: readonly string[], value: object): SetEdit {
  const members = value as Record<string, unknown>;
  const given = names.filter((name) => members[name] !== undefined);
  return {
    action: "set",
    table,
    id,
    members: Object.fromEntries(given.map((name) => [name, members[name]])),
    unset: names.filter((name) => !given.includes(name)),
  };
}

/** What differs between an object before and after: text lines and the edit; undefined when nothing that counts does. */
export interface Difference {
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly edits: readonly Edit[];
}

/** Compares the members of one object that both packages have. */
export function compareObject<Name extends TableName>(
  { before, after }: Comparison,
  table: Name,
  id: number,
  leftOut: readonly string[] = [],
): Difference | undefined {
  const one = before.tables[table].get(id)?.value;
  const other = after.tables[table].get(id)?.value;
  if (one === undefined || other === undefined || one === other) return undefined;
  const names = differingFields(fieldsOf(table, one), fieldsOf(table, other)).filter(
    (name) => !leftOut.includes(name),
  );
  if (names.length === 0) return undefined;
  const texts = describeMembers(table, names, { value: one, side: before }, { value: other, side: after });
  return { ...texts, edits: [setEdit(table, id, names, other)] };
}

/** Differences of objects that a reviewer takes for one. */
export function joinDifferences(differences: readonly (Difference | undefined)[]): Difference | undefined {
  const found = differences.filter((difference) => difference !== undefined);
  if (found.length === 0) return undefined;
  return {
    before: found.flatMap((difference) => difference.before),
    after: found.flatMap((difference) => difference.after),
    edits: found.flatMap((difference) => difference.edits),
  };
}

/** Notes a change of an object that both packages have, if there is one. */
export function addChanged(
  comparison: Comparison,
  object: Change["object"],
  path: readonly string[],
  difference: Difference | undefined,
): void {
  if (difference === undefined) return;
  comparison.changes.push({
    kind: "changed",
    object,
    path,
    before: difference.before.join("\n"),
    after: difference.after.join("\n"),
    edits: difference.edits,
  });
}

/** An object that only one package has: its table, its name for people, and what comes or goes with it. */
export interface OneSided {
  readonly object: Change["object"];
  readonly path: readonly string[];
  readonly text: string;
  readonly edits: readonly Edit[];
}

export function addAdded({ changes }: Comparison, { object, path, text, edits }: OneSided): void {
  changes.push({ kind: "added", object, path, before: null, after: text, edits });
}

export function addRemoved({ changes }: Comparison, { object, path, text, edits }: OneSided): void {
  changes.push({ kind: "removed", object, path, before: text, after: null, edits });
}

/** Compares the rows of one table that stand under one owner on both sides; rows have no parts of their own. */
export function compareRows(
  comparison: Comparison,
  table: TableName,
  object: Change["object"],
  rows: { readonly before: readonly number[]; readonly after: readonly number[] },
  pathOf: (id: number, side: DescribedSide) => readonly string[],
): void {
  const { before, after } = comparison;
  const kept = new Set(rows.after);
  const old = new Set(rows.before);
  const line = (id: number, side: DescribedSide) => {
    const value = side.tables[table].get(id)?.value;
    return value === undefined ? "" : (describeLine(table, value, side) ?? "");
  };
  for (const id of rows.before) {
    if (kept.has(id)) addChanged(comparison, object, pathOf(id, after), compareObject(comparison, table, id));
    else {
      const edits = [removeEdit(table, id)];
      addRemoved(comparison, { object, path: pathOf(id, before), text: line(id, before), edits });
    }
  }
  for (const id of rows.after) {
    if (old.has(id)) continue;
    const edits = putEdit(after, table, id);
    addAdded(comparison, { object, path: pathOf(id, after), text: line(id, after), edits });
  }
}
