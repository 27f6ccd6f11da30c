import type { Artifact, Dataset, Flow, FlowNode, JsonValue, Output, Recipe } from "../../flow/model.js";
import type { Database } from "../store/database.js";
import type { Flag } from "../store/schema.js";
import type { Sealer } from "../store/sealing.js";
import { relocateSteps } from "./step-locations.js";

/** Where flows are written to, by whom and when. `importUuid` joins what one import brought. */
export interface FlowOrigin {
  readonly environmentId: number;
  readonly personId: number;
  readonly folderId: number | null;
  readonly releaseId: number | null;
  readonly importUuid: string | null;
  /** ISO time for `createdAt` and `updatedAt`. */
  readonly at: string;
  readonly sealer: Sealer;
}

/** Per kind: id in the flows that are read → id of the row here. What is mapped beforehand is used, not written. */
export interface LocalIds {
  readonly connections: ReadonlyMap<number, number>;
  readonly flows: Map<number, number>;
  readonly references: Map<number, number>;
  readonly datasets: Map<number, number>;
  readonly artifacts: Map<number, number>;
  readonly recipes: Map<number, number>;
  readonly nodes: Map<number, number>;
  readonly edges: Map<number, number>;
  readonly outputs: Map<number, number>;
  readonly webhooks: Map<number, number>;
}

/** Empty maps, but for the connections. */
export function createLocalIds(connections: ReadonlyMap<number, number>): LocalIds {
  return {
    connections,
    flows: new Map(),
    references: new Map(),
    datasets: new Map(),
    artifacts: new Map(),
    recipes: new Map(),
    nodes: new Map(),
    edges: new Map(),
    outputs: new Map(),
    webhooks: new Map(),
  };
}

/**
 * Writes flows as new rows and fills `ids`. Rows go kind by kind over all flows, because an edge or a reference may
 * cross flows. Throws when an object names one that is neither written here nor mapped beforehand.
 */
export async function insertFlows(
  database: Database,
  origin: FlowOrigin,
  flows: readonly Flow[],
  artifacts: readonly Artifact[],
  ids: LocalIds,
): Promise<void> {
  const writer = createWriter(database, origin, ids);
  for (const flow of flows) await writer.flow(flow);
  for (const artifact of artifacts) await writer.artifact(artifact);
  for (const flow of flows) for (const dataset of flow.datasets) await writer.dataset(flow.id, dataset);
  const parsing = new Set(flows.flatMap((flow) => flow.datasets.map((dataset) => dataset.parsingRecipeId)));
  for (const flow of flows) {
    for (const recipe of flow.recipes) await writer.recipe(parsing.has(recipe.id) ? null : flow.id, recipe);
  }
  for (const flow of flows) for (const dataset of flow.datasets) await writer.parsingRecipe(dataset);
  for (const flow of flows) for (const node of flow.nodes) await writer.node(flow.id, node);
  for (const flow of flows) for (const edge of flow.edges) await writer.edge(flow.id, edge);
  for (const flow of flows) {
    await writer.parameters(flow);
    for (const output of flow.outputs) await writer.output(output);
    await writer.webhooks(flow);
  }
}

function createWriter(database: Database, origin: FlowOrigin, ids: LocalIds) {
  const { environmentId, at } = origin;
  const owned = {
    environmentId,
    createdAt: at,
    updatedAt: at,
    creatorId: origin.personId,
    updaterId: origin.personId,
  };
  const connection = (id: number | null): number | null =>
    id === null ? null : localId(ids.connections, id, "connection");

  return {
    flow: async (flow: Flow) => {
      const { id } = await database
        .insertInto("flows")
        .values({
          ...owned,
          name: flow.name,
          description: flow.description,
          settings: jsonOrNull(flow.settings),
          folderId: origin.folderId,
          releaseId: origin.releaseId,
          isPrimary: flag(flow.isPrimary),
          importUuid: origin.importUuid,
          deletedAt: null,
        })
        .returning("id")
        .executeTakeFirstOrThrow();
      ids.flows.set(flow.id, id);
      for (const reference of flow.references) {
        const { name, description } = reference;
        const row = await database
          .insertInto("flowReferences")
          .values({ environmentId, flowId: id, name, description })
          .returning("id")
          .executeTakeFirstOrThrow();
        ids.references.set(reference.id, row.id);
      }
    },

    artifact: async ({ id, storageId, type, content }: Artifact) => {
      if (ids.artifacts.has(id) || origin.importUuid === null) return;
      const row = await database
        .insertInto("artifacts")
        .values({
          environmentId,
          importUuid: origin.importUuid,
          packageArtifactId: id,
          storageId,
          type,
          content,
        })
        .returning("id")
        .executeTakeFirstOrThrow();
      ids.artifacts.set(id, row.id);
    },

    dataset: async (flowId: number, dataset: Dataset) => {
      if (!ids.datasets.has(dataset.id)) {
        const row = await database
          .insertInto("datasets")
          .values({ ...owned, ...toDatasetColumns(dataset), connectionId: connection(dataset.connectionId) })
          .returning("id")
          .executeTakeFirstOrThrow();
        ids.datasets.set(dataset.id, row.id);
      }
      await database
        .insertInto("flowDatasets")
        .values({
          flowId: localId(ids.flows, flowId, "flow"),
          datasetId: localId(ids.datasets, dataset.id, "dataset"),
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    recipe: async (flowId: number | null, recipe: Recipe) => {
      if (ids.recipes.has(recipe.id)) return;
      const row = await database
        .insertInto("recipes")
        .values({
          ...owned,
          flowId: flowId === null ? null : localId(ids.flows, flowId, "flow"),
          name: recipe.name,
          description: recipe.description,
          isActive: flag(recipe.isActive),
          steps: JSON.stringify(relocateSteps(recipe.steps, ids)),
          qualityRules: JSON.stringify(recipe.qualityRules),
        })
        .returning("id")
        .executeTakeFirstOrThrow();
      ids.recipes.set(recipe.id, row.id);
    },

    parsingRecipe: async (dataset: Dataset) => {
      if (dataset.parsingRecipeId === null) return;
      await database
        .updateTable("datasets")
        .set({ parsingRecipeId: localId(ids.recipes, dataset.parsingRecipeId, "recipe") })
        .where("id", "=", localId(ids.datasets, dataset.id, "dataset"))
        .execute();
    },

    node: async (flowId: number, node: FlowNode) => {
      const row = await database
        .insertInto("flowNodes")
        .values({
          ...owned,
          flowId: localId(ids.flows, flowId, "flow"),
          recipeId: localId(ids.recipes, node.recipeId, "recipe"),
          isWrangled: flag(node.isWrangled),
          referenceId:
            node.referenceId === null ? null : localId(ids.references, node.referenceId, "reference"),
          sourceReferenceId:
            node.sourceReferenceId === null
              ? null
              : localId(ids.references, node.sourceReferenceId, "reference"),
        })
        .returning("id")
        .executeTakeFirstOrThrow();
      ids.nodes.set(node.id, row.id);
    },

    edge: async (flowId: number, edge: Flow["edges"][number]) => {
      const row = await database
        .insertInto("flowEdges")
        .values({
          environmentId,
          flowId: localId(ids.flows, flowId, "flow"),
          fromNodeId: localId(ids.nodes, edge.from, "node"),
          toNodeId: localId(ids.nodes, edge.to, "node"),
          port: edge.port,
        })
        .returning("id")
        .executeTakeFirstOrThrow();
      ids.edges.set(edge.id, row.id);
    },

    parameters: async (flow: Flow) => {
      const flowId = localId(ids.flows, flow.id, "flow");
      for (const { name, value } of flow.parameters) {
        await database
          .insertInto("flowParameters")
          .values({ environmentId, flowId, name, value: JSON.stringify(value) })
          .execute();
      }
      for (const { name, value } of flow.overrides) {
        await database
          .insertInto("flowRunParameterOverrides")
          .values({ ...owned, flowId, overrideKey: name, value: JSON.stringify(value) })
          .execute();
      }
    },

    output: async (output: Output) => {
      const { id: outputObjectId } = await database
        .insertInto("outputObjects")
        .values({
          ...owned,
          flowNodeId: localId(ids.nodes, output.nodeId, "node"),
          execution: output.engine,
          profiler: flag(output.hasProfile),
          isAdhoc: flag(output.isManual),
          options: jsonOrNull(output.options),
        })
        .returning("id")
        .executeTakeFirstOrThrow();
      ids.outputs.set(output.id, outputObjectId);
      for (const file of output.files) {
        await database
          .insertInto("writeSettings")
          .values({
            ...owned,
            outputObjectId,
            path: file.path,
            action: file.action,
            format: file.format,
            compression: file.compression,
            header: flag(file.hasHeader),
            asSingleFile: flag(file.isSingleFile),
            delim: file.delimiter,
            hasQuotes: flag(file.hasQuotes),
            prefix: file.prefix,
            suffix: file.suffix,
            includeMismatches: 0,
            connectionId: connection(file.connectionId),
            parameters: JSON.stringify(file.parameters),
          })
          .execute();
      }
      for (const table of output.tables) {
        const { path, table: tableName, targetType, action, connectionId, parameters, options } = table;
        await database
          .insertInto("publications")
          .values({
            ...owned,
            outputObjectId,
            path: JSON.stringify(path),
            tableName,
            targetType,
            action,
            connectionId: connection(connectionId),
            parameters: JSON.stringify(parameters),
            options: jsonOrNull(options),
          })
          .execute();
      }
      for (const { sql: sqlScript, type, vendor, connectionId } of output.sqlScripts) {
        await database
          .insertInto("sqlScripts")
          .values({
            ...owned,
            outputObjectId,
            sqlScript,
            type,
            vendor,
            connectionId: connection(connectionId),
          })
          .execute();
      }
    },

    webhooks: async (flow: Flow) => {
      const { sealer } = origin;
      for (const webhook of flow.webhooks) {
        const nodeIds = webhook.nodeIds.map((id) => localId(ids.nodes, id, "node"));
        const row = await database
          .insertInto("webhookFlowTasks")
          .values({
            ...owned,
            flowId: localId(ids.flows, flow.id, "flow"),
            name: webhook.name,
            url: webhook.url,
            method: webhook.method,
            triggerEvent: webhook.triggerEvent,
            triggerObject: webhook.triggerObject,
            body: webhook.body,
            headers: sealer.seal(JSON.stringify(webhook.headers)),
            secretKey: webhook.secretKey === null ? null : sealer.seal(webhook.secretKey),
            sslVerification: flag(webhook.verifiesTls),
            retryOnFailure: flag(webhook.retries),
            flowNodeIds: JSON.stringify(nodeIds),
          })
          .returning("id")
          .executeTakeFirstOrThrow();
        ids.webhooks.set(webhook.id, row.id);
      }
    },
  };
}

function toDatasetColumns(dataset: Dataset) {
  const isFile = dataset.kind === "file";
  return {
    kind: dataset.kind,
    name: dataset.name,
    description: null,
    type: dataset.type,
    parsingRecipeId: null,
    parameters: JSON.stringify(dataset.parameters),
    isParameterised: flag(dataset.isParameterised),
    conversion: dataset.conversion === null ? null : JSON.stringify(dataset.conversion),
    hasTypeInference: flag(dataset.hasTypeInference),
    location: isFile ? JSON.stringify(dataset.location) : null,
    pathTemplate: isFile ? dataset.pathTemplate : null,
    size: isFile ? dataset.size : null,
    tablePath: isFile ? null : JSON.stringify(dataset.path),
    tableName: isFile ? null : dataset.table,
    query: isFile ? null : dataset.query,
    filter: isFile ? null : jsonOrNull(dataset.filter),
    project: dataset.project ?? null,
    columns: isFile ? null : JSON.stringify(dataset.columns),
  };
}

function jsonOrNull(value: JsonValue | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

function flag(value: boolean): Flag {
  return value ? 1 : 0;
}

function localId(map: ReadonlyMap<number, number>, id: number, kind: string): number {
  const local = map.get(id);
  if (local === undefined) throw new Error(`writing flows: ${kind} ${id} is named but not part of them`);
  return local;
}
