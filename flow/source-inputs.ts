import { suggestWord } from "./language/nearest-word.js";
import { isS3, parseUri } from "./location.js";
import type { ConnectionStub, Dataset, FileLocation, FileOutput, Output, TableOutput } from "./model.js";
import type { SourcePath, SourceProblems } from "./source-error.js";
import type { DatasetSource, FileOutputSource, OutputSource, TableOutputSource } from "./source-format.js";
import type { FlowPlan, PlannedNode } from "./source-recipes.js";

/** Finds a connection of the source by name; reports its absence at `place`, a path below the flow. */
export type FindConnection = (name: string, place: (string | number)[]) => ConnectionStub | null;

/** The connection of a name, or a problem with the nearest name. */
export function findConnection(
  name: string,
  path: SourcePath,
  connections: readonly ConnectionStub[],
  problems: SourceProblems,
): ConnectionStub | null {
  const found = connections.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = connections.map((one) => one.name);
  problems.add(path, `no connection is named "${name}"${suggestWord(name, names)}`);
  return null;
}

/** A dataset of the model from its source. */
export function buildDataset(
  name: string,
  source: DatasetSource,
  node: PlannedNode,
  flowPath: SourcePath,
  connection: FindConnection,
  problems: SourceProblems,
): Dataset {
  const place = ["datasets", name];
  const base = {
    id: node.datasetId ?? 0,
    name,
    parsingRecipeId: node.recipeId,
    parameters: [],
    isParameterised: false,
    conversion: null,
    hasTypeInference: true,
  };
  if ("file" in source) {
    const { type, location } = locate(source.file, [...flowPath, ...place, "file"], problems);
    return { ...base, kind: "file", type, connectionId: null, location, pathTemplate: null, size: null };
  }
  const found = connection(source.connection, [...place, "connection"]);
  const shared = {
    ...base,
    kind: "table" as const,
    type: found?.type ?? "",
    connectionId: found?.id ?? null,
  };
  if ("query" in source) return { ...shared, path: [], table: null, query: source.query, columns: [] };
  return { ...shared, ...splitTable(source.table), query: null, columns: source.columns };
}

function locate(
  uri: string,
  path: SourcePath,
  problems: SourceProblems,
): { type: string; location: FileLocation } {
  const parts = parseUri(uri);
  if (parts === null || parts.path.length < 2) {
    problems.add(path, `expected a full URI such as s3://bucket/folder/file.csv, found "${uri}"`);
  }
  const { scheme = "", host = "", userinfo = null, path: filePath = "" } = parts ?? {};
  // Object stores name a bucket where file systems name a host.
  const isBucket = isS3(scheme) || scheme === "gs";
  if (isBucket && host === "") problems.add(path, `"${uri}" names no bucket`);
  return {
    type: scheme,
    location: {
      path: filePath,
      bucket: isBucket ? host : null,
      container: null,
      host: isBucket || host === "" ? null : host,
      userinfo,
      uri,
    },
  };
}

function splitTable(name: string): { path: string[]; table: string } {
  const path = name.split(".");
  const table = path.pop() ?? name;
  return { path, table };
}

/** The outputs of a flow: destinations of one recipe for the same kind of run are one output. */
export function buildOutputs(
  plan: FlowPlan,
  connection: FindConnection,
  nextId: () => number,
  problems: SourceProblems,
): Output[] {
  const outputs = new Map<string, Output>();
  plan.source.outputs.forEach((source, index) => {
    const node = plan.nodes.get(source.recipe);
    if (node === undefined) {
      const hint = suggestWord(source.recipe, plan.nodes.keys());
      problems.add(
        [...plan.path, "outputs", index, "recipe"],
        `no recipe is named "${source.recipe}"${hint}`,
      );
      return;
    }
    const key = `${String(node.nodeId)} ${String(source.manual)}`;
    const output = outputs.get(key) ?? emptyOutput(node.nodeId, source, nextId);
    const at = [...plan.path, "outputs", index];
    const added =
      "file" in source
        ? { ...output, files: [...output.files, toFile(source, nextId(), [...at, "file"], problems)] }
        : {
            ...output,
            tables: [...output.tables, toTable(source, nextId(), ["outputs", index], connection)],
          };
    outputs.set(key, added);
  });
  return [...outputs.values()];
}

function emptyOutput(nodeId: number, source: OutputSource, nextId: () => number): Output {
  return {
    id: nextId(),
    nodeId,
    isManual: source.manual,
    engine: source.engine,
    hasProfile: false,
    files: [],
    tables: [],
    sqlScripts: [],
  };
}

function toFile(
  source: FileOutputSource,
  id: number,
  path: SourcePath,
  problems: SourceProblems,
): FileOutput {
  locate(source.file, path, problems);
  return {
    id,
    path: source.file,
    action: source.action,
    format: source.format,
    compression: source.compression,
    hasHeader: source.header,
    isSingleFile: source.singleFile,
    delimiter: source.delimiter,
    hasQuotes: source.quotes,
    prefix: null,
    suffix: null,
    connectionId: null,
    parameters: [],
  };
}

function toTable(
  source: TableOutputSource,
  id: number,
  place: (string | number)[],
  connection: FindConnection,
): TableOutput {
  const found = connection(source.connection, [...place, "connection"]);
  return {
    id,
    ...splitTable(source.table),
    targetType: found?.vendor ?? "",
    action: source.action,
    connectionId: found?.id ?? null,
    parameters: [],
  };
}
