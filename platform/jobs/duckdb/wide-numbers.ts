import type { SourceColumn } from "../../../flow/compile/compiled-query.js";
import { duckdbOperations } from "../../../flow/compile/duckdb/operations.js";
import { sqlName, type JobDatabase } from "./job-database.js";

/** Rows that have columns, as SQL that stands behind FROM. */
interface Rows {
  readonly relation: string;
  readonly columns: readonly SourceColumn[];
}

/**
 * The rows with their widest numbers as text where a number of a recipe could not hold every digit: decimals of which a value has
 * more than 15 digits, and whole numbers beyond 64 bits. Looks at the values of such columns only.
 */
export async function keepDigits(rows: Rows, database: JobDatabase): Promise<Rows> {
  const wide = rows.columns.flatMap(({ name, type = "" }) => {
    const fit = narrowed(sqlName(name), type);
    return fit === undefined ? [] : [{ name, ...fit }];
  });
  if (wide.length === 0) return rows;
  const tests = wide.map(
    ({ name, sql }) => `coalesce(bool_or(${sql} IS DISTINCT FROM ${sqlName(name)}), false)`,
  );
  const [answers = []] = await database.rows(
    `SELECT ${tests.map((test) => `CAST(${test} AS VARCHAR)`).join(", ")} FROM ${rows.relation}`,
  );
  const types = new Map(
    wide.map(({ name, type }, index) => [name, answers[index] === "true" ? "VARCHAR" : type]),
  );
  const items = [...types].map(([name, type]) => `CAST(${sqlName(name)} AS ${type}) AS ${sqlName(name)}`);
  return {
    relation: `(SELECT * REPLACE (${items.join(", ")}) FROM ${rows.relation}) AS rows`,
    columns: rows.columns.map((column) => ({
      ...column,
      type: types.get(column.name) ?? column.type ?? "VARCHAR",
    })),
  };
}

/** A wide number as recipes can hold it, which loses digits or becomes null where it does not fit, and that type; undefined for other types. */
function narrowed(column: string, type: string): { readonly sql: string; readonly type: string } | undefined {
  if (/^(UBIGINT|U?HUGEINT)$/.test(type)) return { sql: `TRY_CAST(${column} AS BIGINT)`, type: "BIGINT" };
  const digits = Number(/^DECIMAL\((\d+),/.exec(type)?.[1] ?? 0);
  if (digits <= SAFE_DIGITS) return undefined;
  const text = duckdbOperations.numberToText(`CAST(${column} AS DOUBLE)`);
  return { sql: `TRY_CAST(${text} AS ${type})`, type: "DOUBLE" };
}

/** Digits that a floating point number keeps, whatever they are. */
export const SAFE_DIGITS = 15;
