import type { JsonValue, PathParameter } from "../../flow/model.js";
import type { JsonText } from "./schema.js";

/** The value of a column that holds JSON or nothing; null for nothing. */
export function parseStored(text: JsonText | null): JsonValue {
  return text === null ? null : (JSON.parse(text) as JsonValue);
}

/** The parameters inside a path, table name or query, as every `parameters` column holds them. */
export function parseParameters(text: JsonText): readonly PathParameter[] {
  return JSON.parse(text) as readonly PathParameter[];
}
