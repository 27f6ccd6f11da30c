import type { DatasetSource, SourceColumn } from "../../../flow/compile/compiled-query.js";
import { duckdb } from "../../../flow/compile/duckdb/dialect.js";
import { isJsonObject } from "../../../flow/fields.js";
import { textsOf, textOf } from "../../../flow/language/nodes.js";
import type { FlowPackage, TableDataset } from "../../../flow/model.js";
import type { FoundFile } from "../find-files.js";
import { firstBytes } from "../first-bytes.js";
import { JobFailure } from "../job-failure.js";
import { sqlName } from "./job-database.js";
import { commonLineEnd } from "./line-end.js";
import { readFiles, type FileReadingContext, type ReadableDataset } from "./read-dataset.js";

/** Bytes in which the names of the columns of a text file must stand. */
const HEADER_BYTES = 1024 * 1024;
const DELIMITERS = [",", ";", "\t", "|"];

/**
 * The rows of a database table out of files: CSV with the names of the columns in the first row, JSON or Parquet. Columns
 * are found by name, and an empty cell of CSV is null. Throws JobFailure when a column is not there.
 */
export async function readTableFiles(
  dataset: TableDataset,
  files: readonly FoundFile[],
  context: FileReadingContext,
): Promise<ReadableDataset> {
  const readable = await readFiles(dataset, files, context);
  const wanted = wantedColumns(dataset, context.package);
  if ("relation" in readable.source) {
    const { relation, columns } = readable.source;
    const found = choose(dataset, wanted, columns, files[0]?.uri ?? "");
    const names = found.map(({ name }) => sqlName(name)).join(", ");
    return {
      ...readable,
      source: { relation: `(SELECT ${names} FROM ${relation}) AS rows`, columns: found },
    };
  }
  return { ...readable, source: readTexts(dataset, wanted, readable) };
}

/** The columns that the flow reads, in its order; undefined when it does not say. */
export function wantedColumns(
  { id, columns }: TableDataset,
  pkg: FlowPackage,
): readonly string[] | undefined {
  if (columns.length > 0) return columns;
  const tasks = pkg.flows.flatMap((flow) =>
    flow.recipes.flatMap(({ steps }) => steps.map(({ task }) => task)),
  );
  const load = tasks.find(({ parameters }) => textOf(parameters["location"]) === `id://${id}`);
  const format = load?.parameters["format"];
  // Then the one name stands for rows whose columns the exporter had not looked at.
  if (format !== undefined && isJsonObject(format) && format["type"] === "FormatBlob") return undefined;
  return textsOf(load?.parameters["as"]);
}

function readTexts(
  dataset: TableDataset,
  wanted: readonly string[] | undefined,
  { names = new Map(), source }: ReadableDataset,
): DatasetSource {
  const patterns = "files" in source ? source.files : [];
  let columns: SourceColumn[] = [];
  const queries = [...names].map(([path, { uri: shown }], index) => {
    const { fields, delimiter } = readHeader(path, shown);
    const order = index === 0 ? wanted : columns.map(({ name }) => name);
    const found = choose(
      dataset,
      order,
      fields.map((name) => ({ name })),
      shown,
    );
    if (index === 0) columns = found;
    const cells = found.map(({ name }) => `nullif(${sqlName(name)}, '') AS ${sqlName(name)}`);
    const quoting = { quote: '"', escape: '"' };
    const lineEnd = commonLineEnd([path], quoting);
    const text = {
      files: [patterns[index] ?? path],
      rowEnd: "\n",
      ...(lineEnd === undefined ? {} : { lineEnd }),
      delimiter,
      ...quoting,
      fields,
      skipsHeader: true,
      mode: "strict" as const,
    };
    return `SELECT ${cells.join(", ")} FROM (${duckdb.readDelimited(text, [])})`;
  });
  return { relation: `(${queries.join("\nUNION ALL\n")}) AS rows`, columns };
}

/** The columns of these names, case aside, in this order; all of them when no names are given. */
function choose(
  { name: dataset }: TableDataset,
  wanted: readonly string[] | undefined,
  columns: readonly SourceColumn[],
  file: string,
): SourceColumn[] {
  if (wanted === undefined) return [...columns];
  const known = new Map(columns.map((column) => [column.name.toLowerCase(), column]));
  const missing = wanted.filter((name) => !known.has(name.toLowerCase()));
  if (missing.length > 0) {
    throw new JobFailure(
      `${file}, which stands for the table of the dataset "${dataset}", has no column ${list(missing)}; ` +
        `its first row must name the columns; it has ${list(columns.map(({ name }) => name))}`,
    );
  }
  return wanted.flatMap((name) => known.get(name.toLowerCase()) ?? []);
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

/** The first row's cells; what parts them is the delimiter that makes most cells. */
function readHeader(path: string, shown: string): { fields: string[]; delimiter: string } {
  const text = firstBytes(path, HEADER_BYTES)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
  const rows = DELIMITERS.map((delimiter) => ({ delimiter, fields: firstRow(text, delimiter) }));
  const [best] = rows.sort((a, b) => b.fields.length - a.fields.length);
  if (best === undefined || text === "")
    throw new JobFailure(`${shown} is empty: not even columns are named`);
  const double = best.fields.find(
    (name, at) => best.fields.findIndex((one) => one.toLowerCase() === name.toLowerCase()) < at,
  );
  if (double !== undefined) throw new JobFailure(`${shown} has two columns named "${double}"`);
  return best;
}

function firstRow(text: string, delimiter: string): string[] {
  const fields: string[] = [];
  const cell = new RegExp(
    `(?:"((?:[^"]|"")*)"|([^${delimiter === "|" ? "\\|" : delimiter}\r\n]*))(.|\r|\n|$)`,
    "gs",
  );
  for (const [, quoted, plain = "", end] of text.matchAll(cell)) {
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end !== delimiter) break;
  }
  return fields;
}
