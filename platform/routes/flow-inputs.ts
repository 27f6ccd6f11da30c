import type { FastifyInstance } from "fastify";
import type { JsonObject } from "../../flow/model.js";
import { DataNotFoundException, ValidationFailed } from "../errors.js";
import { findFlow, findFlowNode, touchFlow } from "../flows/access.js";
import { toFlowNodeObject, toImportedDatasetObject, toOutputObject } from "../flows/answers.js";
import { findDataset, selectDatasetsOfFlow } from "../flows/datasets.js";
import { putDatasetInFlow, replaceInput, selectNodes } from "../flows/graph.js";
import { loadOutputParts } from "../flows/output-parts.js";
import { stampUpdate } from "../ownership.js";
import type { Caller, Platform } from "../platform.js";
import { idParamsSchema, idSchema, readId, toId, type ById, type IdValue } from "../request.js";
import type { Database } from "../store/database.js";

interface Replacement {
  flowNodeId?: IdValue;
  importedDatasetId?: IdValue;
  newImportedDatasetId?: IdValue;
  newWrangledDatasetId?: IdValue;
}

const replacementSchema = {
  type: "object",
  properties: {
    flowNodeId: { ...idSchema, description: "Node that is read now; or importedDatasetId" },
    importedDatasetId: { ...idSchema, description: "Dataset that is read now; or flowNodeId" },
    newImportedDatasetId: { ...idSchema, description: "Dataset to read instead; or newWrangledDatasetId" },
    newWrangledDatasetId: { ...idSchema, description: "Recipe to read instead; or newImportedDatasetId" },
  },
  additionalProperties: false,
} as const;

/** What flows read and write: inputs, outputs, and the replacement of an input. */
export function registerFlowInputs(app: FastifyInstance, platform: Platform): void {
  const { database } = platform;

  app.get<ById>(
    "/v4/flows/:id/inputs",
    { schema: { params: idParamsSchema }, config: { summary: "Datasets that a flow reads" } },
    async (request) => {
      const flow = await findFlow(database, request.caller, readId(request));
      const datasets = await selectDatasetsOfFlow(database, flow.id).execute();
      return { data: datasets.map(toImportedDatasetObject) };
    },
  );

  app.get<ById>(
    "/v4/flows/:id/outputs",
    { schema: { params: idParamsSchema }, config: { summary: "What a flow writes, with the destinations" } },
    async (request) => {
      const flow = await findFlow(database, request.caller, readId(request));
      return { data: await readOutputs(database, flow.id) };
    },
  );

  app.patch<ById & { Body: Replacement }>(
    "/v4/flows/:id/replaceDataset",
    {
      schema: { params: idParamsSchema, body: replacementSchema },
      config: { summary: "Let a flow read another dataset or recipe" },
    },
    (request) =>
      database
        .transaction()
        .execute((transaction) => replaceDataset(transaction, request.caller, readId(request), request.body)),
  );
}

async function readOutputs(database: Database, flowId: number): Promise<JsonObject[]> {
  const outputs = await database
    .selectFrom("outputObjects")
    .innerJoin("flowNodes", "flowNodes.id", "outputObjects.flowNodeId")
    .selectAll("outputObjects")
    .where("flowNodes.flowId", "=", flowId)
    .orderBy("outputObjects.id")
    .execute();
  const parts = await loadOutputParts(database, outputs);
  return outputs.map((output) => ({
    ...toOutputObject(output),
    writeSettings: { data: parts.writeSettings.get(output.id) ?? [] },
    publications: { data: parts.publications.get(output.id) ?? [] },
    sqlScripts: { data: parts.sqlScripts.get(output.id) ?? [] },
  }));
}

async function replaceDataset(database: Database, caller: Caller, flowId: number, body: Replacement) {
  const flow = await findFlow(database, caller, flowId);
  const oldNodeId = await findOldNode(database, caller, flow.id, body);
  const newNodeId = await findNewNode(database, caller, flow.id, body);
  const edgeIds = await replaceInput(database, flow.id, oldNodeId, newNodeId);
  await touchFlow(database, flow.id, stampUpdate(caller));
  const node = await selectNodes(database).where("flowNodes.id", "=", newNodeId).executeTakeFirstOrThrow();
  const edges = await database
    .selectFrom("flowEdges")
    .select(["id", "fromNodeId", "toNodeId", "port"])
    .where("id", "in", edgeIds)
    .orderBy("id")
    .execute();
  return {
    newInputNode: toFlowNodeObject(node),
    outputNodeEdges: edges.map(({ id, fromNodeId, toNodeId, port }) => ({
      id,
      inputFlowNode: { id: fromNodeId },
      outputFlowNode: { id: toNodeId },
      outPortId: port,
    })),
  };
}

async function findOldNode(
  database: Database,
  caller: Caller,
  flowId: number,
  { flowNodeId, importedDatasetId }: Replacement,
): Promise<number> {
  if ((flowNodeId === undefined) === (importedDatasetId === undefined)) {
    throw new ValidationFailed("Give either flowNodeId or importedDatasetId: what the flow reads now");
  }
  if (flowNodeId !== undefined) {
    const node = await findFlowNode(database, caller, toId(flowNodeId));
    if (node.flowId === flowId) return node.id;
    throw new ValidationFailed(`flowNodeId: node ${node.id} is not part of flow ${flowId}`);
  }
  const dataset = await findDataset(database, caller, toId(importedDatasetId ?? 0));
  const node = await database
    .selectFrom("flowNodes")
    .select("id")
    .where("flowId", "=", flowId)
    .where("recipeId", "=", dataset.parsingRecipeId)
    .executeTakeFirst();
  if (node) return node.id;
  throw new DataNotFoundException(`Flow ${flowId} does not read imported dataset ${dataset.id}`);
}

async function findNewNode(
  database: Database,
  caller: Caller,
  flowId: number,
  { newImportedDatasetId, newWrangledDatasetId }: Replacement,
): Promise<number> {
  if ((newImportedDatasetId === undefined) === (newWrangledDatasetId === undefined)) {
    throw new ValidationFailed(
      "Give either newImportedDatasetId or newWrangledDatasetId: what the flow shall read",
    );
  }
  if (newWrangledDatasetId !== undefined) {
    return (await findFlowNode(database, caller, toId(newWrangledDatasetId))).id;
  }
  const dataset = await findDataset(database, caller, toId(newImportedDatasetId ?? 0));
  return putDatasetInFlow(database, caller, flowId, dataset);
}
