import { formatUri, parseUri, showLocation } from "./location.js";
import type { Dataset, FileDataset, FileOutput, SqlScript, TableOutput } from "./model.js";
import { showTemplate } from "./template.js";

/** Connection id → the name to show. */
export type ConnectionNames = ReadonlyMap<number, string>;

/** Where a dataset is read from, on one line unless its query has several. */
export function describeDataset(dataset: Dataset, connections: ConnectionNames): string {
  const via = describeConnection(dataset.connectionId, connections);
  if (dataset.kind === "file") return describeFile(dataset) + via;
  if (dataset.query !== null) return `query: ${showTemplate(dataset.query, dataset.parameters)}${via}`;
  return `table ${[...dataset.path, dataset.table ?? ""].join(".")}${via}`;
}

function describeFile(dataset: FileDataset): string {
  if (dataset.pathTemplate === null) return showLocation(dataset.type, dataset.location);
  const path = showTemplate(dataset.pathTemplate, dataset.parameters);
  const uri = dataset.location.uri === null ? null : parseUri(dataset.location.uri);
  return showLocation(dataset.type, { ...dataset.location, path, uri: uri && formatUri({ ...uri, path }) });
}

/** What a file output writes, where and how. */
export function describeFileOutput(file: FileOutput): string {
  const compression = file.compression === "none" ? "" : `, ${file.compression}`;
  return `${file.format} → ${showOutputPath(file)} (${file.action}${compression})`;
}

/** A file output's path with its parameters put in; indices count in the part after `scheme://authority`. */
export function showOutputPath({ path, parameters }: FileOutput): string {
  const at = path.indexOf("://");
  const pathStart = at < 0 ? 0 : path.indexOf("/", at + 3);
  const split = pathStart < 0 ? path.length : pathStart;
  return path.slice(0, split) + showTemplate(path.slice(split), parameters);
}

/** The table that an output writes, through which connection and how. */
export function describeTableOutput(table: TableOutput, connections: ConnectionNames): string {
  const via = describeConnection(table.connectionId, connections);
  return `${table.targetType} table ${showOutputTable(table)}${via} (${table.action})`;
}

/** A table output's full name with its parameters put in. */
export function showOutputTable({ path, table, parameters }: TableOutput): string {
  return [...path, showTemplate(table, parameters)].join(".");
}

/** What an output runs beside its own writing. */
export function describeScript(script: SqlScript, connections: ConnectionNames): string {
  return `${script.type} SQL${describeConnection(script.connectionId, connections)}: ${script.sql}`;
}

function describeConnection(id: number | null, connections: ConnectionNames): string {
  return id === null ? "" : ` via connection ${connections.get(id) ?? id}`;
}
