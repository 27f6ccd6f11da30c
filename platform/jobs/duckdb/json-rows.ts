import { sqlName, type JobDatabase } from "./job-database.js";

/** Words for numbers that JSON has no form for. DuckDB reads and writes them inside JSON. */
const NO_NUMBER = "-?(?:nan|inf(?:inity)?)";
/** JSON cut into its texts and all between them. */
const PARTS = '"(?:[^"\\\\]|\\\\.)*"|[^"]+';

/** `SELECT` of a result's rows in which numbers that are none, as NaN and infinity, are null at any depth: DuckDB would write words. */
export async function selectForJson(relation: string, database: JobDatabase): Promise<string> {
  const described = await database.rows(`DESCRIBE SELECT * FROM ${relation}`);
  const changes = described.flatMap(([name, type]) => {
    const column = sqlName(name ?? "");
    const changed = withoutWords(column, type ?? "");
    return changed === undefined ? [] : [`${changed} AS ${column}`];
  });
  const replace = changes.length === 0 ? "" : ` REPLACE (${changes.join(", ")})`;
  return `SELECT *${replace} FROM ${relation}`;
}

function withoutWords(column: string, type: string): string | undefined {
  if (type === "DOUBLE" || type === "FLOAT") return `CASE WHEN isfinite(${column}) THEN ${column} END`;
  if (!/\b(DOUBLE|FLOAT|JSON)\b/.test(type)) return undefined;
  const json = `CAST(to_json(${column}) AS VARCHAR)`;
  const part = `CASE WHEN starts_with(part, '"') THEN part ELSE regexp_replace(part, '${NO_NUMBER}', 'null', 'gi') END`;
  const cleaned = `array_to_string(list_transform(regexp_extract_all(${json}, '${PARTS}'), lambda part: ${part}), '')`;
  return `CASE WHEN regexp_matches(${json}, '${NO_NUMBER}', 'i') THEN CAST(${cleaned} AS JSON) ELSE to_json(${column}) END`;
}
