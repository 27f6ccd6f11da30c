import { existsSync, readFileSync } from "node:fs";
import { isJsonObject } from "../../../flow/fields.js";
import type { JsonObject, JsonValue } from "../../../flow/model.js";
import type { NamedFile } from "./describe-failure.js";

/** What DuckDB writes into a job's profile: no more than this module reads. */
export const PROFILE_METRICS = JSON.stringify({
  OPERATOR_NAME: "true",
  OPERATOR_CARDINALITY: "true",
  EXTRA_INFO: "true",
});

/**
 * How many rows the last query read of each dataset, by its name, out of DuckDB's profile of it. A dataset of which not all
 * rows were read is left out: a limit or a filter within the reading says nothing about the file.
 */
export function readScannedRows(
  profile: string,
  names: ReadonlyMap<string, NamedFile>,
): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  const visit = (node: JsonValue, isLimited: boolean) => {
    if (!isJsonObject(node)) return;
    const name = typeof node["operator_name"] === "string" ? node["operator_name"] : "";
    const dataset = isLimited ? undefined : datasetOf(node, name, names);
    const count = node["operator_cardinality"];
    if (dataset !== undefined && typeof count === "number") {
      rows.set(dataset, Math.max(count, rows.get(dataset) ?? 0));
    }
    const children = Array.isArray(node["children"]) ? node["children"] : [];
    for (const child of children) visit(child, isLimited || /LIMIT|TOP_N/.test(name));
  };
  if (existsSync(profile)) visit(JSON.parse(readFileSync(profile, "utf8")) as JsonValue, false);
  return rows;
}

function datasetOf(
  node: JsonObject,
  name: string,
  names: ReadonlyMap<string, NamedFile>,
): string | undefined {
  const info = node["extra_info"];
  if (!/^(READ_CSV|READ_JSON|READ_PARQUET|PARQUET_SCAN)/.test(name) || !isJsonObject(info)) return undefined;
  if (Object.keys(info).some((key) => /filter/i.test(key))) return undefined;
  const files = typeof info["Filename(s)"] === "string" ? info["Filename(s)"] : "";
  return [...names].find(([path]) => files.includes(path))?.[1].dataset;
}
