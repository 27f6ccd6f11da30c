import type { Selectable } from "kysely";
import { AccessControlException, DataDeletedException, DataNotFoundException } from "../errors.js";
import type { Caller } from "../platform.js";
import type { Database } from "../store/database.js";
import type { FlowNodeRow, FlowRow, FolderRow, OutputObjectRow } from "../store/flow-schema.js";

type Flow = Selectable<FlowRow>;

/** Ids of the living flows whose content the caller may see and change: their own, or all for an administrator. */
export function selectAccessibleFlowIds(database: Database, caller: Caller) {
  const all = database
    .selectFrom("flows")
    .select("flows.id")
    .where("flows.environmentId", "=", caller.environmentId)
    .where("flows.deletedAt", "is", null);
  return caller.isAdmin ? all : all.where("flows.creatorId", "=", caller.personId);
}

/**
 * A flow that the caller may see and change. Unknown ids are 403, as the product checks access before existence;
 * deleted ones are 410 unless `includeDeleted`.
 */
export async function findFlow(
  database: Database,
  caller: Caller,
  id: number,
  { includeDeleted = false } = {},
): Promise<Flow> {
  const flow = await database
    .selectFrom("flows")
    .selectAll()
    .where("environmentId", "=", caller.environmentId)
    .where("id", "=", id)
    .executeTakeFirst();
  if (!flow || (flow.creatorId !== caller.personId && !caller.isAdmin)) {
    throw new AccessControlException(`You have no access to flow ${id} in this environment`);
  }
  if (flow.deletedAt !== null && !includeDeleted) {
    throw new DataDeletedException(`Flow ${id} was deleted at ${flow.deletedAt}`);
  }
  return flow;
}

/** A flow whose package the caller may take away: only the owner may, whatever other rights somebody has. */
export async function findOwnFlow(database: Database, caller: Caller, id: number): Promise<Flow> {
  const flow = await findFlow(database, caller, id);
  if (flow.creatorId === caller.personId) return flow;
  throw new AccessControlException(
    `Flow ${id} belongs to person ${flow.creatorId}; only the owner may export it`,
  );
}

/** A folder of the environment, or 404. */
export async function findFolder(
  database: Database,
  caller: Caller,
  id: number,
): Promise<Selectable<FolderRow>> {
  const folder = await database
    .selectFrom("folders")
    .selectAll()
    .where("environmentId", "=", caller.environmentId)
    .where("id", "=", id)
    .executeTakeFirst();
  if (folder) return folder;
  throw new DataNotFoundException(`There is no folder ${id} in this environment`);
}

/** A node of a flow that the caller may change, or 404. */
export async function findFlowNode(
  database: Database,
  caller: Caller,
  id: number,
): Promise<Selectable<FlowNodeRow>> {
  const node = await database
    .selectFrom("flowNodes")
    .selectAll()
    .where("id", "=", id)
    .where("flowId", "in", selectAccessibleFlowIds(database, caller))
    .executeTakeFirst();
  if (node) return node;
  throw new DataNotFoundException(`There is no recipe (flow node) ${id} in your flows`);
}

/** Rows of the outputs in flows that the caller may change. */
export function selectAccessibleOutputs(database: Database, caller: Caller) {
  return database
    .selectFrom("outputObjects")
    .selectAll()
    .where("flowNodeId", "in", (nodes) =>
      nodes
        .selectFrom("flowNodes")
        .select("flowNodes.id")
        .where("flowNodes.flowId", "in", selectAccessibleFlowIds(database, caller)),
    );
}

/** An output in a flow that the caller may change, or 404. */
export async function findOutput(
  database: Database,
  caller: Caller,
  id: number,
): Promise<Selectable<OutputObjectRow>> {
  const output = await selectAccessibleOutputs(database, caller).where("id", "=", id).executeTakeFirst();
  if (output) return output;
  throw new DataNotFoundException(`There is no output object ${id} in your flows`);
}

/** Marks a flow as changed; call it with every change inside the flow. */
export async function touchFlow(
  database: Database,
  flowId: number,
  stamp: { updatedAt: string; updaterId: number },
): Promise<void> {
  await database.updateTable("flows").set(stamp).where("id", "=", flowId).execute();
}
