import { writeArchive, type ArchiveEntry } from "./archive.js";
import type {
  ConnectionStub,
  Dataset,
  Flow,
  FlowNode,
  FlowPackage,
  FlowParameter,
  JsonObject,
  JsonValue,
  Output,
  PathParameter,
  Recipe,
  Step,
  Webhook,
} from "./model.js";
import { PackageError } from "./package-error.js";

/**
 * Writes a package in the nested form of product 6.8 and later, one JSON definition and one entry per artifact. The
 * `hash` is written only when the package has one: nobody outside the product can make it.
 */
export async function writePackage(pkg: FlowPackage): Promise<Uint8Array> {
  const definition: JsonObject = {
    type: "flow",
    kind: "artifact",
    metadata: toMetadata(pkg),
    data: {
      artifacts: pkg.artifacts.map((artifact) => ({
        id: artifact.id,
        artifactStorageId: artifact.storageId,
        type: artifact.type,
      })),
      connections: pkg.connections.map(toConnection),
      flows: toFlows(pkg),
    },
    ...(pkg.hash === null ? {} : { hash: pkg.hash }),
  };
  const entries: ArchiveEntry[] = [{ name: definitionName(pkg), content: JSON.stringify(definition) }];
  for (const artifact of pkg.artifacts) {
    if (artifact.content === null) continue;
    entries.push({ name: `artifact_${artifact.storageId}.data`, content: artifact.content });
  }
  return writeArchive(entries);
}

const LONGEST_NAME = 100;

/** Exporters name the definition after the flow and drop what file systems refuse. */
function definitionName(pkg: FlowPackage): string {
  const named = pkg.flows.find((flow) => flow.isPrimary) ?? pkg.flows[0];
  const name = (named?.name ?? "").replace(/[^\p{L}\p{N} ()_-]/gu, "").trim();
  return `flow_${name.slice(0, LONGEST_NAME) || "unnamed"}.json`;
}

function toMetadata(pkg: FlowPackage): JsonObject {
  const { metadata } = pkg;
  return {
    trifactaVersion: metadata.productVersion,
    ...(metadata.exportedAt === null ? {} : { exportedAt: metadata.exportedAt }),
    ...(metadata.exportedBy === null ? {} : { exportedBy: metadata.exportedBy }),
    uuid: metadata.uuid,
    comment: metadata.comment,
    primaryFlowIds: [...metadata.primaryFlowIds],
    ...(metadata.edition === null ? {} : { edition: metadata.edition }),
  };
}

function toConnection(connection: ConnectionStub): JsonObject {
  return {
    id: connection.id,
    name: connection.name,
    description: connection.description,
    type: connection.type,
    isGlobal: connection.isGlobal,
    credentialType: connection.credentialType,
    credentialsShared: connection.isShared,
    uuid: connection.uuid,
    disableTypeInference: false,
    ...(connection.vendor === null ? {} : { vendor: connection.vendor }),
  };
}

function toFlows(pkg: FlowPackage): JsonValue[] {
  const publisherOf = new Map<number, number>();
  for (const flow of pkg.flows) {
    for (const node of flow.nodes) if (node.referenceId !== null) publisherOf.set(node.referenceId, node.id);
  }
  let stepCount = 0;
  const nextStepId = () => (stepCount += 1);
  return pkg.flows.map((flow) => toFlow(flow, publisherOf, nextStepId));
}

function toFlow(flow: Flow, publisherOf: ReadonlyMap<number, number>, nextStepId: () => number): JsonObject {
  return {
    ...(flow.settings === undefined ? {} : { settings: flow.settings }),
    id: flow.id,
    name: flow.name,
    description: flow.description,
    flownodes: flow.nodes.map((node) => ({
      id: node.id,
      scriptId: node.recipeId,
      flowNodeId: findPublisher(node, publisherOf),
      wrangled: node.isWrangled,
      referenceId: node.referenceId,
    })),
    flowedges: flow.edges.map((edge) => ({
      id: edge.id,
      inFlowNodeId: edge.from,
      inPortId: null,
      outFlowNodeId: edge.to,
      outPortId: edge.port,
    })),
    references: flow.references.map(({ id, name, description }) => ({ id, name, description })),
    flowrunparameteroverrides: flow.overrides.map(({ id, name, value }) => ({
      id,
      overrideKey: name,
      value,
    })),
    runparameters: flow.parameters.map(toFlowParameter),
    recipes: flow.recipes.map((recipe) => toRecipe(recipe, nextStepId)),
    outputobjects: flow.outputs.map(toOutput),
    datasources: flow.datasets.map(toDatasource),
    webhookflowtasks: flow.webhooks.map(toWebhook),
  };
}

function findPublisher(node: FlowNode, publisherOf: ReadonlyMap<number, number>): number | null {
  const reference = node.sourceReferenceId;
  if (reference === null) return null;
  const publisher = publisherOf.get(reference);
  if (publisher === undefined) {
    const problem = `node ${node.id} reads reference ${reference}, which no node of the package publishes`;
    throw new PackageError("broken-reference", `writing a package: ${problem}`, [problem]);
  }
  return publisher;
}

function toFlowParameter({ id, name, value }: FlowParameter): JsonObject {
  return { id, type: "path", runParameterEdit: { id, overrideKey: name, value, insertionIndices: [] } };
}

function toParameters(parameters: readonly PathParameter[]): JsonValue[] {
  return parameters.map(({ id, type, name, value, insertions }) => ({
    id,
    type,
    runParameterEdit: {
      id,
      overrideKey: name,
      value,
      insertionIndices: insertions.map(({ index, order }) => ({ index, order })),
    },
  }));
}

function toRecipe(recipe: Recipe, nextStepId: () => number): JsonObject {
  const lastPort = recipe.steps.reduce((last, step) => Math.max(last, step.port ?? 0), 0);
  return {
    id: recipe.id,
    name: recipe.name,
    description: recipe.description,
    active: recipe.isActive,
    nextPortId: lastPort + 1,
    steps: recipe.steps.map((step) => toStep(step, nextStepId())),
    dqScriptRules: [...recipe.qualityRules],
  };
}

function toStep(step: Step, id: number): JsonObject {
  const { type, parameters, annotations, outputName, as } = step.task;
  return {
    id,
    portId: step.port,
    task: {
      kind: "task",
      type,
      parameters: { ...parameters },
      annotations,
      outputName,
      ...(as === undefined ? {} : { as }),
    },
    columnMetadata: Object.fromEntries(step.columns.map((column) => [column, {}])),
    pbemappingartifacts: [],
    targetmappingartifacts: [],
  };
}

function toOutput(output: Output): JsonObject {
  const { dataflow, spark, ...flags } = output.options ?? {};
  return {
    ...flags,
    id: output.id,
    execution: output.engine,
    profiler: output.hasProfile,
    flowNodeId: output.nodeId,
    isAdhoc: output.isManual,
    publications: output.tables.map((table) => ({
      id: table.id,
      path: [...table.path],
      tableName: table.table,
      targetType: table.targetType,
      action: table.action,
      connectionId: table.connectionId,
      ...(table.options === undefined ? {} : { parameters: table.options }),
      runParameters: toParameters(table.parameters),
    })),
    writesettings: output.files.map((file) => ({
      id: file.id,
      path: file.path,
      action: file.action,
      format: file.format,
      compression: file.compression,
      header: file.hasHeader,
      asSingleFile: file.isSingleFile,
      delim: file.delimiter,
      hasQuotes: file.hasQuotes,
      prefix: file.prefix,
      suffix: file.suffix,
      connectionId: file.connectionId,
      runParameters: toParameters(file.parameters),
    })),
    sqlscripts: output.sqlScripts.map((script) => ({
      id: script.id,
      sqlScript: script.sql,
      type: script.type,
      vendor: script.vendor,
      connectionId: script.connectionId,
    })),
    outputobjectdataflowoptions: toOptionRows(dataflow),
    outputobjectsparkoptions: toOptionRows(spark),
  };
}

function toOptionRows(options: JsonValue | undefined): JsonValue[] {
  if (typeof options !== "object" || options === null || Array.isArray(options)) return [];
  return Object.entries(options).map(([key, value], index) => ({ id: index + 1, key, value }));
}

function toDatasource(dataset: Dataset): JsonObject {
  const location =
    dataset.kind === "file"
      ? dataset.location
      : { path: "", bucket: null, container: null, host: null, userinfo: null, uri: `{"protocol":"jdbc"}` };
  const isConverted = dataset.conversion !== null;
  const place = {
    path: location.path,
    bucket: location.bucket,
    container: location.container,
    blobHost: null,
    host: location.host,
    userinfo: location.userinfo,
  };
  return {
    id: dataset.id,
    type: dataset.type,
    ...place,
    dynamicPath: dataset.kind === "file" ? dataset.pathTemplate : null,
    cpProject: dataset.project ?? null,
    connectionId: dataset.connectionId,
    isSchematized: true,
    isDynamic: dataset.isParameterised,
    isConverted,
    isDynamicOrConverted: dataset.isParameterised || isConverted,
    disableTypeInference: !dataset.hasTypeInference,
    hasStructuring: dataset.kind === "file",
    parsingScriptId: dataset.parsingRecipeId,
    ...(dataset.kind === "table" ? { relationalsource: toRelationalSource(dataset) } : {}),
    ...(isConverted && dataset.conversion["selection"] !== undefined
      ? { convertedSource: { id: dataset.id, ...dataset.conversion } }
      : {}),
    storageLocation: {
      id: dataset.id,
      type: dataset.type,
      fullUri: location.uri,
      ...place,
      size: dataset.kind === "file" ? dataset.size : null,
    },
    runParameters: toParameters(dataset.parameters),
  };
}

function toRelationalSource(dataset: Dataset & { kind: "table" }): JsonObject {
  return {
    id: dataset.id,
    relationalPath: dataset.query === null || dataset.path.length > 0 ? [...dataset.path] : null,
    tableName: dataset.table,
    columns: [...dataset.columns],
    filter: dataset.filter ?? null,
    raw: dataset.query === null ? null : [dataset.query],
  };
}

function toWebhook(webhook: Webhook): JsonObject {
  return {
    id: webhook.id,
    name: webhook.name,
    url: webhook.url,
    method: webhook.method,
    triggerEvent: webhook.triggerEvent,
    triggerObject: webhook.triggerObject,
    body: webhook.body,
    headers: { ...webhook.headers },
    secretKey: webhook.secretKey,
    sslVerification: webhook.verifiesTls,
    retryOnFailure: webhook.retries,
    flownodes: webhook.nodeIds.map((id) => ({ id })),
  };
}
