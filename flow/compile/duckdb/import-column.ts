import type { ValueType } from "../value.js";
import {
  BOOLEAN,
  datetime,
  FLOAT,
  INTEGER,
  ISO_DATE,
  JSON_VALUE,
  MAP,
  TEXT,
  WHOLE_DATETIME,
} from "../value.js";

/** See `Dialect.importColumn`. */
export function importColumn(
  sql: string,
  databaseType: string,
): { readonly sql: string; readonly type: ValueType } {
  const type = databaseType.toUpperCase();
  if (type === "" || type === "VARCHAR") return { sql, type: TEXT };
  if (/^U?(TINYINT|SMALLINT|INTEGER|INT\d?|BIGINT)$/.test(type)) {
    return { sql: type === "BIGINT" ? sql : `TRY_CAST(${sql} AS BIGINT)`, type: INTEGER };
  }
  if (/^(DOUBLE|FLOAT|REAL|HUGEINT|UHUGEINT|DECIMAL.*|NUMERIC.*)$/.test(type)) {
    return { sql: type === "DOUBLE" ? sql : `CAST(${sql} AS DOUBLE)`, type: FLOAT };
  }
  if (type === "BOOLEAN") return { sql, type: BOOLEAN };
  if (type === "DATE") return { sql: `CAST(${sql} AS TIMESTAMP)`, type: datetime(ISO_DATE) };
  if (type === "TIMESTAMP") return { sql, type: datetime(WHOLE_DATETIME) };
  if (/^TIMESTAMP(_S|_MS|_NS)$/.test(type))
    return { sql: `CAST(${sql} AS TIMESTAMP)`, type: datetime(WHOLE_DATETIME) };
  if (type.startsWith("TIMESTAMP")) return { sql: `timezone('UTC', ${sql})`, type: datetime(WHOLE_DATETIME) };
  if (type.endsWith("]"))
    return { sql: `CAST(to_json(${sql}) AS JSON[])`, type: { kind: "array", of: JSON_VALUE } };
  if (/^(STRUCT|MAP)\b/.test(type)) return { sql: `to_json(${sql})`, type: MAP };
  return { sql: `CAST(${sql} AS VARCHAR)`, type: TEXT };
}
