import type { Selectable } from "kysely";
import { DataNotFoundException } from "../errors.js";
import type { Caller } from "../platform.js";
import type { Database } from "../store/database.js";
import type { DatasetRow } from "../store/flow-schema.js";

/** A stored imported dataset. */
export type ImportedDataset = Selectable<DatasetRow>;

/** Rows of the imported datasets that a caller may use: their own, or all for an administrator. */
export function selectAccessibleDatasets(database: Database, caller: Caller) {
  const all = database
    .selectFrom("datasets")
    .selectAll("datasets")
    .where("datasets.environmentId", "=", caller.environmentId);
  return caller.isAdmin ? all : all.where("datasets.creatorId", "=", caller.personId);
}

/** An imported dataset that the caller may use, or 404, which does not tell whether somebody else has it. */
export async function findDataset(database: Database, caller: Caller, id: number): Promise<ImportedDataset> {
  const dataset = await selectAccessibleDatasets(database, caller)
    .where("datasets.id", "=", id)
    .executeTakeFirst();
  if (dataset) return dataset;
  throw new DataNotFoundException(`There is no imported dataset ${id} in this environment that you may use`);
}

/** Rows of the datasets that a flow holds, in the order in which they came to it. */
export function selectDatasetsOfFlow(database: Database, flowId: number) {
  return database
    .selectFrom("datasets")
    .innerJoin("flowDatasets", "flowDatasets.datasetId", "datasets.id")
    .selectAll("datasets")
    .where("flowDatasets.flowId", "=", flowId)
    .orderBy("flowDatasets.id");
}
