import type { FastifyInstance } from "fastify";
import type { JsonObject } from "../../flow/model.js";
import { DataNotFoundException, ValidationFailed } from "../errors.js";
import { findFlow, findFlowNode, selectAccessibleFlowIds, touchFlow } from "../flows/access.js";
import {
  toFlowObject,
  toImportedDatasetObject,
  toOutputObject,
  toWrangledDatasetObject,
  type NamedNode,
} from "../flows/answers.js";
import { findDataset } from "../flows/datasets.js";
import {
  createLoadStep,
  putDatasetInFlow,
  selectNodes,
  setPrimaryInput,
  toNewRecipe,
} from "../flows/graph.js";
import { groupBy } from "../group-by.js";
import type { Collection } from "../listing.js";
import { stampNew, stampUpdate, toUpdated } from "../ownership.js";
import { embedPeople } from "../person-embeds.js";
import type { Caller, Platform } from "../platform.js";
import { registerReading } from "../reading.js";
import { idParamsSchema, readId, referenceSchema, toId, type ById, type IdValue } from "../request.js";
import type { Database } from "../store/database.js";

interface Reference {
  id: IdValue;
}

interface NewRecipe {
  importedDataset: Reference;
  flow: Reference;
  name: string;
}

interface InputChoice {
  importedDataset?: Reference;
  wrangledDataset?: Reference;
}

const nameSchema = { type: "string", minLength: 1, maxLength: 255 } as const;
const descriptionSchema = { type: "string", maxLength: 4000, nullable: true } as const;

const newRecipeSchema = {
  type: "object",
  properties: {
    importedDataset: referenceSchema,
    flow: referenceSchema,
    name: nameSchema,
    inferredScript: { type: "object", description: "Accepted; the new recipe only loads its input" },
  },
  required: ["importedDataset", "flow", "name"],
  additionalProperties: false,
} as const;

const changedRecipeSchema = {
  type: "object",
  properties: { name: nameSchema, description: descriptionSchema },
  minProperties: 1,
  additionalProperties: false,
} as const;

const inputSchema = {
  type: "object",
  properties: { importedDataset: referenceSchema, wrangledDataset: referenceSchema },
  additionalProperties: false,
} as const;

/** `/v4/wrangledDatasets`: the recipes of flows. The id is that of the recipe's node in the flow. */
export function registerWrangledDatasets(app: FastifyInstance, platform: Platform): void {
  const { database } = platform;

  registerReading(app, {
    path: "/v4/wrangledDatasets",
    noun: "recipe",
    collection: createRecipeCollection(database),
    select: (caller) => selectRecipes(database, caller),
    find: (caller, id) => findRecipe(database, caller, id),
  });

  app.post<{ Body: NewRecipe }>(
    "/v4/wrangledDatasets",
    { schema: { body: newRecipeSchema }, config: { summary: "Add a recipe to a flow", status: 201 } },
    (request) =>
      database.transaction().execute(async (transaction) => {
        const id = await createRecipe(transaction, request.caller, request.body);
        return toWrangledDatasetObject(await findRecipe(transaction, request.caller, id));
      }),
  );

  app.patch<ById & { Body: { name?: string; description?: string | null } }>(
    "/v4/wrangledDatasets/:id",
    {
      schema: { params: idParamsSchema, body: changedRecipeSchema },
      config: { summary: "Change a recipe's name or description" },
    },
    (request) =>
      database.transaction().execute(async (transaction) => {
        const node = await findRecipe(transaction, request.caller, readId(request));
        const { name, description } = request.body;
        const stamp = stampUpdate(request.caller);
        const changes = {
          ...stamp,
          ...(name === undefined ? {} : { name }),
          ...(description === undefined ? {} : { description }),
        };
        await transaction.updateTable("recipes").set(changes).where("id", "=", node.recipeId).execute();
        await touchNode(transaction, node, stamp);
        return toUpdated(node.id, stamp);
      }),
  );

  app.delete<ById>(
    "/v4/wrangledDatasets/:id",
    {
      schema: { params: idParamsSchema },
      config: {
        summary: "Delete a recipe with its outputs; recipes that read it lose their input",
        status: 204,
      },
    },
    async (request, reply) => {
      await database.transaction().execute(async (transaction) => {
        const node = await findRecipe(transaction, request.caller, readId(request));
        await transaction.deleteFrom("recipes").where("id", "=", node.recipeId).execute();
        await touchFlow(transaction, node.flowId, stampUpdate(request.caller));
      });
      return reply.send();
    },
  );

  app.get<ById>(
    "/v4/wrangledDatasets/:id/primaryInputDataset",
    { schema: { params: idParamsSchema }, config: { summary: "What a recipe reads" } },
    async (request) => {
      const node = await findRecipe(database, request.caller, readId(request));
      return readPrimaryInput(database, node.id);
    },
  );

  app.put<ById & { Body: InputChoice }>(
    "/v4/wrangledDatasets/:id/primaryInputDataset",
    {
      schema: { params: idParamsSchema, body: inputSchema },
      config: { summary: "Let a recipe read another dataset or recipe" },
    },
    (request) =>
      database.transaction().execute(async (transaction) => {
        const node = await findRecipe(transaction, request.caller, readId(request));
        const inputId = await findInputNode(transaction, request.caller, node.flowId, request.body);
        await setPrimaryInput(transaction, request.caller, node, inputId);
        await touchNode(transaction, node, stampUpdate(request.caller));
        return toWrangledDatasetObject(await findRecipe(transaction, request.caller, node.id));
      }),
  );
}

function createRecipeCollection(database: Database): Collection<NamedNode> {
  return {
    name: "wrangledDatasets",
    columns: {
      id: "flowNodes.id",
      name: "recipes.name",
      description: "recipes.description",
      createdAt: "flowNodes.createdAt",
      updatedAt: "flowNodes.updatedAt",
    },
    toObject: toWrangledDatasetObject,
    embeds: {
      ...embedPeople<NamedNode>(database),
      flow: { kind: "one", load: (nodes) => loadFlows(database, nodes) },
      outputObjects: { kind: "many", load: (nodes) => loadOutputs(database, nodes) },
    },
  };
}

function selectRecipes(database: Database, caller: Caller) {
  return selectNodes(database)
    .where("flowNodes.isWrangled", "=", 1)
    .where("flowNodes.flowId", "in", selectAccessibleFlowIds(database, caller));
}

async function findRecipe(database: Database, caller: Caller, id: number): Promise<NamedNode> {
  const node = await selectRecipes(database, caller).where("flowNodes.id", "=", id).executeTakeFirst();
  if (node) return node;
  throw new DataNotFoundException(`There is no recipe (wrangledDataset) ${id} in your flows`);
}

async function createRecipe(database: Database, caller: Caller, body: NewRecipe): Promise<number> {
  const flow = await findFlow(database, caller, toId(body.flow.id));
  const dataset = await findDataset(database, caller, toId(body.importedDataset.id));
  const inputId = await putDatasetInFlow(database, caller, flow.id, dataset);
  const load = createLoadStep("portId://null", "FormatBlob");
  const recipe = await database
    .insertInto("recipes")
    .values(toNewRecipe(caller, flow.id, body.name, [load]))
    .returning("id")
    .executeTakeFirstOrThrow();
  const node = await database
    .insertInto("flowNodes")
    .values({
      ...stampNew(caller),
      flowId: flow.id,
      recipeId: recipe.id,
      isWrangled: 1,
      referenceId: null,
      sourceReferenceId: null,
    })
    .returning(["id", "flowId"])
    .executeTakeFirstOrThrow();
  await setPrimaryInput(database, caller, node, inputId);
  await touchFlow(database, flow.id, stampUpdate(caller));
  return node.id;
}

async function findInputNode(
  database: Database,
  caller: Caller,
  flowId: number,
  { importedDataset, wrangledDataset }: InputChoice,
): Promise<number> {
  if ((importedDataset === undefined) === (wrangledDataset === undefined)) {
    throw new ValidationFailed("Give either importedDataset or wrangledDataset: what the recipe shall read");
  }
  if (wrangledDataset) return (await findFlowNode(database, caller, toId(wrangledDataset.id))).id;
  const dataset = await findDataset(database, caller, toId(importedDataset?.id ?? 0));
  return putDatasetInFlow(database, caller, flowId, dataset);
}

async function readPrimaryInput(database: Database, nodeId: number): Promise<JsonObject> {
  const input = await selectNodes(database)
    .innerJoin("flowEdges", "flowEdges.fromNodeId", "flowNodes.id")
    .where("flowEdges.toNodeId", "=", nodeId)
    .where("flowEdges.port", "is", null)
    .executeTakeFirst();
  if (!input) throw new DataNotFoundException(`Recipe ${nodeId} reads nothing: it has no primary input`);
  const dataset = await database
    .selectFrom("datasets")
    .selectAll()
    .where("parsingRecipeId", "=", input.recipeId)
    .executeTakeFirst();
  return dataset
    ? { importedDataset: toImportedDatasetObject(dataset) }
    : { wrangledDataset: toWrangledDatasetObject(input) };
}

async function touchNode(
  database: Database,
  node: NamedNode,
  stamp: { updatedAt: string; updaterId: number },
): Promise<void> {
  await database.updateTable("flowNodes").set(stamp).where("id", "=", node.id).execute();
  await touchFlow(database, node.flowId, stamp);
}

async function loadFlows(database: Database, nodes: readonly NamedNode[]) {
  const flows = await database
    .selectFrom("flows")
    .selectAll()
    .where("id", "in", [...new Set(nodes.map((node) => node.flowId))])
    .execute();
  const byId = new Map(flows.map((flow) => [flow.id, toFlowObject(flow)]));
  return new Map(nodes.map((node) => [node.id, byId.get(node.flowId) ?? null]));
}

async function loadOutputs(database: Database, nodes: readonly NamedNode[]) {
  const outputs = await database
    .selectFrom("outputObjects")
    .selectAll()
    .where(
      "flowNodeId",
      "in",
      nodes.map((node) => node.id),
    )
    .orderBy("id")
    .execute();
  const groups = groupBy(outputs, (output) => output.flowNodeId);
  return new Map([...groups].map(([nodeId, group]) => [nodeId, group.map(toOutputObject)]));
}
