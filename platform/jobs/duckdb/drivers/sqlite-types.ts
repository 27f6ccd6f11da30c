import type { JS } from "@duckdb/node-api";
import type { SourceColumn } from "../../../../flow/compile/compiled-query.js";
import { sqlName, type JobDatabase } from "../job-database.js";

/** What was seen in a column: SQLite keeps a type with each value. */
export class ColumnKinds {
  private readonly seen = new Set<"integer" | "real" | "text" | "bytes">();

  /** The value as text; bytes as Postgres writes them. */
  take(value: unknown): string | null {
    if (value === null || value === undefined) return null;
    if (typeof value === "bigint") return this.see("integer", String(value));
    if (typeof value === "number") return this.see("real", String(value));
    if (typeof value === "string") return this.see("text", value);
    return this.see("bytes", `\\x${Buffer.from(value as Uint8Array).toString("hex")}`);
  }

  /** The declared type where every value is of it, else the one that holds all values. */
  async chooseType(
    cell: string,
    declared: string,
    table: string,
    database: JobDatabase,
  ): Promise<{ type: string; sql: string }> {
    const wanted = this.likelyType(declared.toUpperCase());
    if (wanted === "VARCHAR") return { type: wanted, sql: cell };
    const test = `SELECT count(*) FROM ${sqlName(table)} WHERE ${cell} IS NOT NULL AND TRY_CAST(${cell} AS ${wanted}) IS NULL`;
    const [[misfits] = []] = await database.rows(test);
    return misfits === "0"
      ? { type: wanted, sql: `CAST(${cell} AS ${wanted})` }
      : { type: "VARCHAR", sql: cell };
  }

  private likelyType(declared: string): string {
    const isText = this.seen.size === 1 && this.seen.has("text");
    if (this.seen.size === 0 || isText) {
      if (/DATETIME|TIMESTAMP/.test(declared)) return "TIMESTAMP";
      if (declared === "DATE") return "DATE";
      if (isText) return "VARCHAR";
    }
    if (this.seen.has("text") || this.seen.has("bytes")) return "VARCHAR";
    if (declared.includes("BOOL") && !this.seen.has("real")) return "BOOLEAN";
    if (this.seen.has("real")) return "DOUBLE";
    if (this.seen.has("integer")) return "BIGINT";
    return declared.includes("INT") ? "BIGINT" : /REAL|FLOA|DOUB/.test(declared) ? "DOUBLE" : "VARCHAR";
  }

  private see(kind: "integer" | "real" | "text" | "bytes", text: string): string {
    this.seen.add(kind);
    return text;
  }
}

/** A column of a table that a job creates. */
export function toDefinition({ name, type }: Required<SourceColumn>): string {
  return `${sqlName(name)} ${COLUMN_TYPES.find(([pattern]) => pattern.test(type))?.[1] ?? "TEXT"}`;
}

/** SQLite has neither dates nor times of its own: they are text in ISO form under these names. */
const COLUMN_TYPES: readonly (readonly [RegExp, string])[] = [
  [/\]$/, "TEXT"],
  [/^U?(TINYINT|SMALLINT|INTEGER|BIGINT)$/, "INTEGER"],
  [/^(DOUBLE|FLOAT|DECIMAL.*)$/, "REAL"],
  [/^BOOLEAN$/, "BOOLEAN"],
  [/^DATE$/, "DATE"],
  [/^TIMESTAMP/, "TIMESTAMP"],
];

/**
 * The column as a value that the driver can bind once `toBindable` took it: a boolean would abort the process. DuckDB's driver
 * drops U+FEFF in front of a text, so texts come behind another character.
 */
export function toItem({ name, type }: Required<SourceColumn>): string {
  const column = sqlName(name);
  if (type === "BOOLEAN") return `CAST(${column} AS BIGINT)`;
  if (/^U?(TINYINT|SMALLINT|INTEGER|BIGINT)$/.test(type)) return `CAST(${column} AS BIGINT)`;
  if (/^(DOUBLE|FLOAT|DECIMAL.*)$/.test(type)) return `CAST(${column} AS DOUBLE)`;
  if (/\]$|^(STRUCT|MAP)\b/.test(type)) return `'.' || CAST(to_json(${column}) AS VARCHAR)`;
  return `'.' || CAST(${column} AS VARCHAR)`;
}

/** A value that the item of `toItem` gave. */
export function toBindable(value: JS): JS {
  return typeof value === "string" ? value.slice(1) : value;
}
