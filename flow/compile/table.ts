import type { HiddenColumn, Origin, QueryPlan, Relation } from "./relation.js";
import type { ColumnUse, Meaning, Value, ValueType } from "./value.js";
import { TEXT } from "./value.js";

/** A column as recipes see it. */
export interface TableColumn {
  readonly name: string;
  /** Its name in the query. */
  readonly field: string;
  readonly type: ValueType;
  readonly origin: Origin;
}

/** The rows that a recipe has built so far. */
export interface Table {
  readonly relation: Relation;
  readonly columns: readonly TableColumn[];
  /** Hidden columns by which rows stand in their order; undefined when they have none. */
  readonly order: readonly HiddenColumn[] | undefined;
  /** Whether the rows stand in that order as they are; false after a window function. */
  readonly isInOrder: boolean;
  /** The row's number in its file or table, if rows still have one. */
  readonly rowNumber?: HiddenColumn | undefined;
  /** The path of the row's file, if rows still have one. */
  readonly filePath?: HiddenColumn | undefined;
}

/** A column to add to a table. */
export interface NewColumn {
  readonly name: string;
  readonly value: Value;
}

/** Finds a column by its name, first as written, then whatever its case. */
export function findColumn(columns: readonly TableColumn[], name: string): TableColumn | undefined {
  const exact = columns.find((column) => column.name === name);
  if (exact !== undefined) return exact;
  const folded = foldColumnName(name);
  return columns.find((column) => foldColumnName(column.name) === folded);
}

/** Names of columns that differ in case alone are the same name. */
export function foldColumnName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/** A name that no column has yet: a repeat gets the suffix 1, then 2 and so on. */
export function uniqueColumnName(name: string, taken: Iterable<string>): string {
  const folded = new Set([...taken].map(foldColumnName));
  let unique = name;
  for (let count = 1; folded.has(foldColumnName(unique)); count += 1) unique = `${name}${String(count)}`;
  return unique;
}

/** What a column of text is known to mean from now on. */
export function withMeaning(column: TableColumn, means: Meaning): TableColumn {
  return column.type.kind === "text" ? { ...column, type: { kind: "text", means } } : column;
}

/** The column as an expression. */
export function columnValue(plan: QueryPlan, column: TableColumn, qualifier = ""): Value {
  const use: ColumnUse = { origin: column.origin, qualifier };
  return { sql: qualifier + plan.dialect.quoteName(column.field), type: column.type, column: use };
}

/** Columns of text with these names, made by `relation` under the given fields. */
export function textColumns(
  relation: Relation,
  names: readonly string[],
  fields: readonly string[],
): TableColumn[] {
  return names.map((name, index) => {
    const field = fields[index] ?? name;
    return { name, field, type: TEXT, origin: { relation, field } };
  });
}
