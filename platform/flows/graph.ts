import type { Insertable, Selectable } from "kysely";
import type { Step } from "../../flow/model.js";
import { ValidationFailed } from "../errors.js";
import { stampNew } from "../ownership.js";
import type { Caller } from "../platform.js";
import type { Database } from "../store/database.js";
import type { DatasetRow, RecipeRow } from "../store/flow-schema.js";
import { parseSteps } from "./read-flows.js";
import { relocateSteps } from "./step-locations.js";

/** Rows of the nodes with the names of their recipes. */
export function selectNodes(database: Database) {
  return database
    .selectFrom("flowNodes")
    .innerJoin("recipes", "recipes.id", "flowNodes.recipeId")
    .selectAll("flowNodes")
    .select(["recipes.name", "recipes.description"]);
}

/** The hidden first step of every recipe: it loads a dataset (`id://7`) or the primary input (`portId://null`). */
export function createLoadStep(location: string, format: "FormatBlob" | "FormatRecords"): Step {
  return {
    port: null,
    columns: [],
    task: {
      type: "Load",
      parameters: {
        location: { kind: "constant", type: "String", value: location },
        format: { kind: "func", type: format, parameters: {}, annotations: {} },
        enableLineage: { kind: "constant", type: "Bool", value: true },
        as: {
          kind: "array",
          type: "Array",
          value: [{ kind: "constant", type: "String", value: "column1" }],
        },
      },
      annotations: { hidden: true },
      outputName: null,
    },
  };
}

/** Columns of a new recipe; the parsing recipe of a dataset belongs to no flow. */
export function toNewRecipe(
  caller: Caller,
  flowId: number | null,
  name: string,
  steps: readonly Step[],
): Insertable<RecipeRow> {
  return {
    ...stampNew(caller),
    flowId,
    name,
    description: null,
    isActive: 1,
    steps: JSON.stringify(steps),
    qualityRules: "[]",
  };
}

/** The node of a dataset in a flow; the dataset joins the flow when it is not there yet. */
export async function putDatasetInFlow(
  database: Database,
  caller: Caller,
  flowId: number,
  dataset: Selectable<DatasetRow>,
): Promise<number> {
  const recipeId = dataset.parsingRecipeId ?? (await createParsingRecipe(database, caller, dataset));
  await database
    .insertInto("flowDatasets")
    .values({ flowId, datasetId: dataset.id })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const known = await database
    .selectFrom("flowNodes")
    .select("id")
    .where("flowId", "=", flowId)
    .where("recipeId", "=", recipeId)
    .executeTakeFirst();
  if (known) return known.id;
  const node = await database
    .insertInto("flowNodes")
    .values({
      ...stampNew(caller),
      flowId,
      recipeId,
      isWrangled: 0,
      referenceId: null,
      sourceReferenceId: null,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return node.id;
}

/**
 * Gives a dataset a parsing recipe and answers the recipe's id: the steps of `originalRecipeId` when given, else one
 * step that loads the dataset.
 */
export async function createParsingRecipe(
  database: Database,
  caller: Caller,
  dataset: Pick<Selectable<DatasetRow>, "id" | "name" | "kind">,
  originalRecipeId: number | null = null,
): Promise<number> {
  const load = createLoadStep(`id://${dataset.id}`, dataset.kind === "file" ? "FormatBlob" : "FormatRecords");
  const steps =
    originalRecipeId === null ? [load] : await copyStepsFor(database, originalRecipeId, dataset.id);
  const { id } = await database
    .insertInto("recipes")
    .values(toNewRecipe(caller, null, dataset.name, steps))
    .returning("id")
    .executeTakeFirstOrThrow();
  await database.updateTable("datasets").set({ parsingRecipeId: id }).where("id", "=", dataset.id).execute();
  return id;
}

async function copyStepsFor(
  database: Database,
  recipeId: number,
  datasetId: number,
): Promise<readonly Step[]> {
  const recipe = await database
    .selectFrom("recipes")
    .selectAll()
    .where("id", "=", recipeId)
    .executeTakeFirstOrThrow();
  const readers = await database
    .selectFrom("datasets")
    .select("id")
    .where("parsingRecipeId", "=", recipeId)
    .execute();
  const datasets = new Map(readers.map((row) => [row.id, datasetId]));
  return relocateSteps(parseSteps(recipe), { datasets, artifacts: new Map() });
}

/** Makes `fromNodeId` the primary input of a node instead of what was. Refuses a cycle. */
export async function setPrimaryInput(
  database: Database,
  caller: Caller,
  node: { readonly id: number; readonly flowId: number },
  fromNodeId: number,
): Promise<void> {
  await refuseCycle(database, fromNodeId, node.id);
  await database.deleteFrom("flowEdges").where("toNodeId", "=", node.id).where("port", "is", null).execute();
  await database
    .insertInto("flowEdges")
    .values({
      environmentId: caller.environmentId,
      flowId: node.flowId,
      fromNodeId,
      toNodeId: node.id,
      port: null,
    })
    .execute();
}

/**
 * Lets every node of the flow that reads from `oldNodeId` read from `newNodeId`; answers the ids of the changed edges.
 * A dataset that nothing in the flow reads any more leaves the flow.
 */
export async function replaceInput(
  database: Database,
  flowId: number,
  oldNodeId: number,
  newNodeId: number,
): Promise<number[]> {
  if (oldNodeId === newNodeId) return [];
  const edges = await database
    .selectFrom("flowEdges")
    .select(["id", "toNodeId"])
    .where("flowId", "=", flowId)
    .where("fromNodeId", "=", oldNodeId)
    .orderBy("id")
    .execute();
  for (const edge of edges) await refuseCycle(database, newNodeId, edge.toNodeId);
  await database
    .updateTable("flowEdges")
    .set({ fromNodeId: newNodeId })
    .where("flowId", "=", flowId)
    .where("fromNodeId", "=", oldNodeId)
    .execute();
  await takeDatasetOutOfFlow(database, flowId, oldNodeId);
  return edges.map((edge) => edge.id);
}

async function takeDatasetOutOfFlow(database: Database, flowId: number, nodeId: number): Promise<void> {
  const node = await database
    .selectFrom("flowNodes")
    .innerJoin("datasets", "datasets.parsingRecipeId", "flowNodes.recipeId")
    .select(["flowNodes.id", "datasets.id as datasetId"])
    .where("flowNodes.id", "=", nodeId)
    .where("flowNodes.flowId", "=", flowId)
    .where("flowNodes.isWrangled", "=", 0)
    .executeTakeFirst();
  if (!node) return;
  await database
    .deleteFrom("flowDatasets")
    .where("flowId", "=", flowId)
    .where("datasetId", "=", node.datasetId)
    .execute();
  await database.deleteFrom("flowNodes").where("id", "=", nodeId).execute();
}

/** An edge from `fromNodeId` to `toNodeId` must not close a circle. */
async function refuseCycle(database: Database, fromNodeId: number, toNodeId: number): Promise<void> {
  const reached = new Set([toNodeId]);
  let next = [toNodeId];
  while (next.length > 0 && !reached.has(fromNodeId)) {
    const edges = await database
      .selectFrom("flowEdges")
      .select("toNodeId")
      .where("fromNodeId", "in", next)
      .execute();
    next = [...new Set(edges.map((edge) => edge.toNodeId))].filter((id) => !reached.has(id));
    for (const id of next) reached.add(id);
  }
  if (reached.has(fromNodeId)) {
    throw new ValidationFailed(
      `Recipe ${toNodeId} cannot read from recipe ${fromNodeId}, because that one reads from it`,
    );
  }
}
