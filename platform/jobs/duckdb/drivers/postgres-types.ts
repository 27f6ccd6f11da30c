import { types } from "pg";
import { sqlName, type JobDatabase } from "../job-database.js";
import { SAFE_DIGITS } from "../wide-numbers.js";
import type { PostgresSession, TextRows } from "./postgres-session.js";

/** How a column of Postgres is taken over. */
export interface PostgresColumn {
  readonly name: string;
  /** pg_type.typname of the column, or of an array's elements. */
  readonly type: string;
  readonly isArray: boolean;
}

/** The columns of a query. Domains count as what they are made of. */
export async function readTypes(
  session: PostgresSession,
  columns: TextRows["columns"],
): Promise<PostgresColumn[]> {
  const ids = [...new Set(columns.map(({ typeId }) => typeId))];
  const { rows } = await session.rows(
    `SELECT t.oid::text, coalesce(e.typname, t.typname)::text, (e.oid IS NOT NULL)::text
     FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
     WHERE t.oid = ANY ($1::pg_catalog.oid[])`,
    [`{${ids.join(",")}}`],
  );
  const byId = new Map(
    rows.map(([id, type, isArray]) => [Number(id), { type: type ?? "", isArray: isArray === "true" }]),
  );
  return columns.map(({ name, typeId }) => ({
    name,
    ...(byId.get(typeId) ?? { type: "text", isArray: false }),
  }));
}

/** Reads a text array, dimensions as lists in lists; what its elements are is not its concern. */
const parseArray = types.getTypeParser(1009 as never) as (text: string) => readonly ArrayItem[];

type ArrayItem = string | null | readonly ArrayItem[];

const RAW_IN_JSON = new Set(["int2", "int4", "int8", "float4", "float8", "numeric", "json", "jsonb"]);

/** A value as the text that `sqlTypeOf` reads: arrays become JSON, everything else stays as the server wrote it. */
export function toCell({ type, isArray }: PostgresColumn, text: string | null): string | null {
  if (text === null) return null;
  if (isArray)
    return `[${parseArray(text.replace(/^\[[\d:,\][-]*\]=/, ""))
      .map((item) => toJson(type, item))
      .join(",")}]`;
  return type === "date" || type.startsWith("timestamp") ? text.replace(/ BC$/, " (BC)") : text;
}

function toJson(type: string, text: ArrayItem): string {
  if (text === null) return "null";
  if (typeof text !== "string") return `[${text.map((one) => toJson(type, one)).join(",")}]`;
  if (type === "bool") return text === "t" ? "true" : "false";
  // NaN and Infinity are no JSON.
  return RAW_IN_JSON.has(type) && !/^-?(NaN|Infinity)$/.test(text) ? text : JSON.stringify(text);
}

const SQL_TYPES: Readonly<Record<string, string>> = {
  int2: "BIGINT",
  int4: "BIGINT",
  int8: "BIGINT",
  oid: "BIGINT",
  float4: "DOUBLE",
  float8: "DOUBLE",
  bool: "BOOLEAN",
  date: "DATE",
  timestamp: "TIMESTAMP",
  timestamptz: "TIMESTAMP WITH TIME ZONE",
};

/**
 * DuckDB's type for a column of the table `table`, where it lies as text under `cell`. Numbers of more than 15 digits stay text, so
 * that no digit is lost; so does everything that has no type of its own here: times, intervals, uuid, inet, bytea as hex.
 */
export async function sqlTypeOf(
  { type, isArray }: PostgresColumn,
  cell: string,
  table: string,
  database: JobDatabase,
): Promise<{ readonly type: string; readonly sql: string }> {
  if (isArray) return { type: "JSON[]", sql: `CAST(CAST(${cell} AS JSON) AS JSON[])` };
  if (type === "numeric") {
    const digits = `length(regexp_replace(regexp_replace(${cell}, '^[-0.]+', ''), '[^0-9]', '', 'g'))`;
    const [[most] = []] = await database.rows(`SELECT coalesce(max(${digits}), 0) FROM ${sqlName(table)}`);
    return Number(most) <= SAFE_DIGITS ? castTo("DOUBLE", cell) : { type: "VARCHAR", sql: cell };
  }
  const found = SQL_TYPES[type];
  return found === undefined ? { type: "VARCHAR", sql: cell } : castTo(found, cell);
}

function castTo(type: string, cell: string): { readonly type: string; readonly sql: string } {
  return { type, sql: `CAST(${cell} AS ${type})` };
}

const COLUMN_TYPES: readonly (readonly [RegExp, string])[] = [
  [/\]$|^(JSON|STRUCT|MAP)\b/, "json"],
  [/^U?(TINYINT|SMALLINT)$/, "smallint"],
  [/^INTEGER$/, "integer"],
  [/^(BIGINT|UINTEGER)$/, "bigint"],
  [/^(U?HUGEINT|UBIGINT)$/, "numeric"],
  [/^FLOAT$/, "real"],
  [/^DOUBLE$/, "double precision"],
  [/^BOOLEAN$/, "boolean"],
  [/^DATE$/, "date"],
  [/^TIMESTAMP WITH TIME ZONE$/, "timestamptz"],
  [/^TIMESTAMP/, "timestamp"],
];

/** The type of a column that a job creates, for DuckDB's name of a type. */
export function columnTypeFor(type: string): string {
  if (/^DECIMAL\(\d+,\d+\)$/.test(type)) return type.replace("DECIMAL", "numeric");
  return COLUMN_TYPES.find(([pattern]) => pattern.test(type))?.[1] ?? "text";
}
