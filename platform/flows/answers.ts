import type { FileLocation, JsonObject, JsonValue } from "../../flow/model.js";
import { toOwnership } from "../ownership.js";
import type { Row } from "../store/schema.js";
import { parseParameters, parseStored } from "../store/stored-json.js";

/** A flow as v4 answers it. */
export function toFlowObject(row: Row<"flows">): JsonObject {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    settings: parseStored(row.settings),
    defaultOutputDir: null,
    folder: row.folderId === null ? null : { id: row.folderId },
    ...(row.deletedAt === null ? {} : { deleted_at: row.deletedAt }),
    ...toOwnership(row),
    workspace: { id: row.environmentId },
  };
}

/** A folder as v4 answers it. */
export function toFolderObject(row: Row<"folders">): JsonObject {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    ...toOwnership(row),
    workspace: { id: row.environmentId },
  };
}

/** A node with the name of its recipe. */
export type NamedNode = Row<"flowNodes"> & { readonly name: string; readonly description: string | null };

/** A node as a flow's `embed=flowNodes` shows it. */
export function toFlowNodeObject(row: NamedNode): JsonObject {
  return {
    id: row.id,
    name: row.name,
    wrangled: row.isWrangled === 1,
    flow: { id: row.flowId },
    recipe: { id: row.recipeId },
    referenceInfo: row.referenceId === null ? null : { id: row.referenceId },
    ...toOwnership(row),
  };
}

/** A recipe as `/v4/wrangledDatasets` shows it; its id is the node's. */
export function toWrangledDatasetObject(row: NamedNode): JsonObject {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    wrangled: true,
    flow: { id: row.flowId },
    recipe: { id: row.recipeId },
    referenceInfo: row.referenceId === null ? null : { id: row.referenceId },
    ...toOwnership(row),
  };
}

/** An edge as a flow's `embed=flowEdges` shows it; `outPortId` null is the primary input. */
export function toFlowEdgeObject(row: Row<"flowEdges">): JsonObject {
  return {
    id: row.id,
    flow: { id: row.flowId },
    inputFlowNode: { id: row.fromNodeId },
    inPortId: null,
    outputFlowNode: { id: row.toNodeId },
    outPortId: row.port,
  };
}

/** An imported dataset as v4 answers it. */
export function toImportedDatasetObject(row: Row<"datasets">): JsonObject {
  const location = row.location === null ? null : (JSON.parse(row.location) as FileLocation);
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    type: row.type,
    dynamicPath: row.pathTemplate,
    isDynamic: row.isParameterised === 1,
    isConverted: row.conversion !== null,
    isSchematized: row.kind === "table",
    disableTypeInference: row.hasTypeInference === 0,
    parsingScript: row.parsingRecipeId === null ? null : { id: row.parsingRecipeId },
    connection: row.connectionId === null ? null : { id: row.connectionId },
    ...(location ? toFileMembers(row, location) : toTableMembers(row)),
    runParameters: { data: toRunParameterObjects(row.parameters) },
    ...toOwnership(row),
    workspace: { id: row.environmentId },
  };
}

/** An output as v4 answers it, without its destinations. */
export function toOutputObject(row: Row<"outputObjects">): JsonObject {
  const options = parseStored(row.options) as JsonObject | null;
  return {
    id: row.id,
    execution: row.execution,
    profiler: row.profiler === 1,
    isAdhoc: row.isAdhoc === 1,
    ignoreRecipeErrors: options?.["ignoreRecipeErrors"] === true,
    flowNodeId: row.flowNodeId,
    flowNode: { id: row.flowNodeId },
    ...toOwnership(row),
  };
}

/** A file destination as v4 answers it. */
export function toWriteSettingObject(row: Row<"writeSettings">): JsonObject {
  return {
    id: row.id,
    path: row.path,
    action: row.action,
    format: row.format,
    compression: row.compression,
    header: row.header === 1,
    asSingleFile: row.asSingleFile === 1,
    delim: row.delim,
    hasQuotes: row.hasQuotes === 1,
    prefix: row.prefix,
    suffix: row.suffix,
    includeMismatches: row.includeMismatches === 1,
    ...toPartMembers(row),
    runParameters: { data: toRunParameterObjects(row.parameters) },
    ...toOwnership(row),
  };
}

/** A table destination as v4 answers it. */
export function toPublicationObject(row: Row<"publications">): JsonObject {
  return {
    id: row.id,
    path: JSON.parse(row.path) as string[],
    tableName: row.tableName,
    targetType: row.targetType,
    action: row.action,
    parameters: parseStored(row.options),
    ...toPartMembers(row),
    runParameters: { data: toRunParameterObjects(row.parameters) },
    ...toOwnership(row),
  };
}

/** An SQL script of an output as v4 answers it. */
export function toSqlScriptObject(row: Row<"sqlScripts">): JsonObject {
  return {
    id: row.id,
    sqlScript: row.sqlScript,
    type: row.type,
    vendor: row.vendor,
    ...toPartMembers(row),
    ...toOwnership(row),
  };
}

/** A flow-level parameter value as v4 answers it. */
export function toOverrideObject(row: Row<"flowRunParameterOverrides">): JsonObject {
  return {
    id: row.id,
    flowId: row.flowId,
    overrideKey: row.overrideKey,
    value: JSON.parse(row.value) as JsonValue,
    ...toOwnership(row),
  };
}

/** A webhook as v4 answers it. Its headers and key are left out: they hold credentials and nobody needs them back. */
export function toWebhookObject(row: Row<"webhookFlowTasks">): JsonObject {
  return {
    id: row.id,
    name: row.name,
    flowId: row.flowId,
    url: row.url,
    method: row.method,
    triggerEvent: row.triggerEvent,
    triggerObject: row.triggerObject,
    body: row.body,
    sslVerification: row.sslVerification === 1,
    retryOnFailure: row.retryOnFailure === 1,
    flowNodeIds: JSON.parse(row.flowNodeIds) as number[],
    ...toOwnership(row),
  };
}

function toPartMembers(row: { outputObjectId: number; connectionId: number | null }): JsonObject {
  return {
    outputObjectId: row.outputObjectId,
    outputObject: { id: row.outputObjectId },
    connectionId: row.connectionId,
  };
}

function toFileMembers(row: Row<"datasets">, location: FileLocation): JsonObject {
  return {
    path: location.path,
    bucket: location.bucket,
    container: location.container,
    size: row.size,
    storageLocation: {
      // One dataset has one location, so the location needs no id of its own.
      id: row.id,
      type: row.type,
      fullUri: location.uri,
      path: location.path,
      bucket: location.bucket,
      container: location.container,
      host: location.host,
      userinfo: location.userinfo,
    },
  };
}

function toTableMembers(row: Row<"datasets">): JsonObject {
  const relationalPath = parseStored(row.tablePath);
  return {
    jdbcPath: relationalPath,
    jdbcTable: row.tableName,
    raw: row.query,
    relationalSource: {
      relationalPath,
      tableName: row.tableName,
      columns: parseStored(row.columns),
      raw: row.query === null ? null : [row.query],
    },
  };
}

function toRunParameterObjects(text: string): JsonObject[] {
  return parseParameters(text).map(({ id, type, name, value, insertions }) => ({
    id,
    type,
    overrideKey: name,
    value,
    insertionIndices: insertions.map((insertion) => ({ ...insertion })),
  }));
}
