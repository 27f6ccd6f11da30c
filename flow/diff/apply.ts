import type { Change, PutEdit, RemoveEdit, SetEdit, SpliceEdit } from "./changes.js";
import type { Row, TableName, Tables } from "./tables.js";

/** Makes the edits of all changes in fresh tables of the package before. Throws Error when they are of another package. */
export function applyChanges(changes: readonly Change[], tables: Tables): void {
  const edits = changes.flatMap((change) => change.edits);
  const of = <Action extends string>(action: Action) =>
    edits.filter((edit): edit is Extract<typeof edit, { action: Action }> => edit.action === action);
  for (const edit of of("put")) put(edit, tables);
  for (const edit of of("set")) set(edit, tables);
  splice(of("splice"), tables);
  for (const edit of of("remove")) remove(edit, tables);
}

type AnyTable = Map<number, Row<object>>;

function tableOf(tables: Tables, name: TableName): AnyTable {
  return tables[name];
}

function rowOf(tables: Tables, name: TableName, id: number): Row<object> {
  const row = tableOf(tables, name).get(id);
  if (row !== undefined) return row;
  throw new Error(
    `diff not applied: the package has no object ${String(id)} in ${name}; apply a diff to the package it was made from`,
  );
}

function put({ table, id, owner, value }: PutEdit, tables: Tables): void {
  tableOf(tables, table).set(id, { owner, value });
}

function set({ table, id, members, unset }: SetEdit, tables: Tables): void {
  const { owner, value } = rowOf(tables, table, id);
  const kept = Object.entries(value).filter(([name]) => !unset.includes(name));
  tableOf(tables, table).set(id, { owner, value: { ...Object.fromEntries(kept), ...members } });
}

function remove({ table, id }: RemoveEdit, tables: Tables): void {
  rowOf(tables, table, id);
  tableOf(tables, table).delete(id);
}

function splice(edits: readonly SpliceEdit[], tables: Tables): void {
  const lists = new Map<string, { first: SpliceEdit; edits: SpliceEdit[] }>();
  for (const edit of edits) {
    const key = `${edit.table} ${String(edit.id)}`;
    const known = lists.get(key);
    if (known === undefined) lists.set(key, { first: edit, edits: [edit] });
    else known.edits.push(edit);
  }
  for (const { first, edits: ofList } of lists.values()) {
    const { owner, value } = rowOf(tables, first.table, first.id);
    const member = first.table === "recipes" ? "steps" : "sqlScripts";
    const list = (value as Record<string, readonly object[]>)[member] ?? [];
    const spliced = spliceList(list, ofList);
    tableOf(tables, first.table).set(first.id, { owner, value: { ...value, [member]: spliced } });
  }
}

function spliceList(list: readonly object[], edits: readonly SpliceEdit[]): object[] {
  const removed = new Set(edits.flatMap((edit) => edit.removed));
  const inserted = new Map(edits.flatMap((edit) => edit.inserted.map(({ index, value }) => [index, value])));
  const kept = list.filter((_, index) => !removed.has(index));
  const result: object[] = [];
  for (let used = 0; used < kept.length || inserted.has(result.length);) {
    const value = inserted.get(result.length) ?? kept[used++];
    if (value !== undefined) result.push(value);
  }
  return result;
}
