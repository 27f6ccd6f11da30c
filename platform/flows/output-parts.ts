import type { Selectable } from "kysely";
import type { JsonObject } from "../../flow/model.js";
import { groupBy } from "../group-by.js";
import { stampUpdate } from "../ownership.js";
import type { Caller } from "../platform.js";
import type { Database } from "../store/database.js";
import type { Tables } from "../store/schema.js";
import { findOutput, selectAccessibleOutputs, touchFlow } from "./access.js";
import { toPublicationObject, toSqlScriptObject, toWriteSettingObject } from "./answers.js";

/** The destinations and scripts of outputs as API objects, by the output's id. */
export interface OutputParts {
  readonly writeSettings: ReadonlyMap<number, JsonObject[]>;
  readonly publications: ReadonlyMap<number, JsonObject[]>;
  readonly sqlScripts: ReadonlyMap<number, JsonObject[]>;
}

type Owner = Pick<Selectable<Tables["outputObjects"]>, "id">;

/** Loads all parts of the outputs. */
export async function loadOutputParts(database: Database, outputs: readonly Owner[]): Promise<OutputParts> {
  return {
    writeSettings: await loadWriteSettings(database, outputs),
    publications: await loadPublications(database, outputs),
    sqlScripts: await loadSqlScripts(database, outputs),
  };
}

/** The file destinations of outputs, by the output's id. */
export async function loadWriteSettings(database: Database, outputs: readonly Owner[]) {
  if (outputs.length === 0) return new Map<number, JsonObject[]>();
  const rows = await database
    .selectFrom("writeSettings")
    .selectAll()
    .where("outputObjectId", "in", idsOf(outputs))
    .orderBy("id")
    .execute();
  return toObjectsByOutput(rows, toWriteSettingObject);
}

/** The table destinations of outputs, by the output's id. */
export async function loadPublications(database: Database, outputs: readonly Owner[]) {
  if (outputs.length === 0) return new Map<number, JsonObject[]>();
  const rows = await database
    .selectFrom("publications")
    .selectAll()
    .where("outputObjectId", "in", idsOf(outputs))
    .orderBy("id")
    .execute();
  return toObjectsByOutput(rows, toPublicationObject);
}

/** The SQL scripts of outputs, by the output's id. */
export async function loadSqlScripts(database: Database, outputs: readonly Owner[]) {
  if (outputs.length === 0) return new Map<number, JsonObject[]>();
  const rows = await database
    .selectFrom("sqlScripts")
    .selectAll()
    .where("outputObjectId", "in", idsOf(outputs))
    .orderBy("id")
    .execute();
  return toObjectsByOutput(rows, toSqlScriptObject);
}

/** Ids of the outputs whose parts the caller may see and change. */
export function selectAccessibleOutputIds(database: Database, caller: Caller) {
  return selectAccessibleOutputs(database, caller).clearSelect().select("outputObjects.id");
}

/** Marks the flow of an output as changed; call it with every change of an output or a part of it. */
export async function touchFlowOfOutput(
  database: Database,
  caller: Caller,
  outputObjectId: number,
): Promise<void> {
  const output = await findOutput(database, caller, outputObjectId);
  await touchFlowOfNode(database, caller, output.flowNodeId);
}

/** Marks the flow of a node as changed. */
export async function touchFlowOfNode(database: Database, caller: Caller, nodeId: number): Promise<void> {
  const { flowId } = await database
    .selectFrom("flowNodes")
    .select("flowId")
    .where("id", "=", nodeId)
    .executeTakeFirstOrThrow();
  await touchFlow(database, flowId, stampUpdate(caller));
}

function toObjectsByOutput<Row extends { outputObjectId: number }>(
  rows: readonly Row[],
  toObject: (row: Row) => JsonObject,
): Map<number, JsonObject[]> {
  const groups = groupBy(rows, (row) => row.outputObjectId);
  return new Map([...groups].map(([outputId, group]) => [outputId, group.map(toObject)]));
}

function idsOf(outputs: readonly Owner[]): number[] {
  return outputs.map((output) => output.id);
}
