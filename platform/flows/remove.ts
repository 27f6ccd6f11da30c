import type { Database } from "../store/database.js";

/**
 * Removes flows for good, with the datasets and artifacts that no other flow holds. Softly deleted flows count as
 * holders: they may be asked for again. Call it inside a transaction.
 */
export async function removeFlows(database: Database, flowIds: readonly number[]): Promise<void> {
  if (flowIds.length === 0) return;
  const held = await database
    .selectFrom("flowDatasets")
    .select("datasetId")
    .distinct()
    .where("flowId", "in", flowIds)
    .execute();
  await database.deleteFrom("flows").where("id", "in", flowIds).execute();
  await removeUnheldDatasets(
    database,
    held.map((row) => row.datasetId),
  );
  await database
    .deleteFrom("artifacts")
    .where("importUuid", "not in", (flows) =>
      flows
        .selectFrom("flows")
        .select((column) => column.ref("flows.importUuid").$notNull().as("importUuid"))
        .where("flows.importUuid", "is not", null),
    )
    .execute();
}

/** Removes datasets with their parsing recipes, and with them their nodes and edges in every flow. */
export async function removeDatasets(database: Database, datasetIds: readonly number[]): Promise<void> {
  if (datasetIds.length === 0) return;
  const removed = await database
    .deleteFrom("datasets")
    .where("id", "in", datasetIds)
    .returning("parsingRecipeId")
    .execute();
  const recipeIds = removed.map((row) => row.parsingRecipeId).filter((id) => id !== null);
  if (recipeIds.length > 0) await database.deleteFrom("recipes").where("id", "in", recipeIds).execute();
}

async function removeUnheldDatasets(database: Database, candidates: readonly number[]): Promise<void> {
  if (candidates.length === 0) return;
  const unheld = await database
    .selectFrom("datasets")
    .select("id")
    .where("id", "in", candidates)
    .where("id", "not in", (links) => links.selectFrom("flowDatasets").select("datasetId"))
    .execute();
  await removeDatasets(
    database,
    unheld.map((row) => row.id),
  );
}
