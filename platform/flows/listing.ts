import type { Selectable } from "kysely";
import type { JsonObject } from "../../flow/model.js";
import type { Embed } from "../embedding.js";
import { groupBy } from "../group-by.js";
import type { Collection, ListOptions, ListQuery } from "../listing.js";
import { embedPeople } from "../person-embeds.js";
import type { Caller } from "../platform.js";
import type { Database } from "../store/database.js";
import type { FlowRow } from "../store/flow-schema.js";
import {
  toFlowEdgeObject,
  toFlowNodeObject,
  toFlowObject,
  toFolderObject,
  toOverrideObject,
  toWebhookObject,
} from "./answers.js";
import { selectNodes } from "./graph.js";

type Flow = Selectable<FlowRow>;

/** How flows are listed: shared with the listing of a folder's flows. */
export function createFlowCollection(database: Database): Collection<Flow> {
  return {
    name: "flows",
    columns: {
      id: "flows.id",
      name: "flows.name",
      description: "flows.description",
      createdAt: "flows.createdAt",
      updatedAt: "flows.updatedAt",
    },
    toObject: toFlowObject,
    embeds: {
      ...embedPeople<Flow>(database),
      folder: { kind: "one", load: (flows) => loadFolders(database, flows) },
      flowNodes: listOf(
        (ids) => selectNodes(database).where("flowNodes.flowId", "in", ids).orderBy("flowNodes.id").execute(),
        toFlowNodeObject,
      ),
      flowEdges: listOf(
        (ids) =>
          database.selectFrom("flowEdges").selectAll().where("flowId", "in", ids).orderBy("id").execute(),
        toFlowEdgeObject,
      ),
      flowRunParameterOverrides: listOf(
        (ids) =>
          database
            .selectFrom("flowRunParameterOverrides")
            .selectAll()
            .where("flowId", "in", ids)
            .orderBy("id")
            .execute(),
        toOverrideObject,
      ),
      webhookFlowTasks: listOf(
        (ids) =>
          database
            .selectFrom("webhookFlowTasks")
            .selectAll()
            .where("flowId", "in", ids)
            .orderBy("id")
            .execute(),
        toWebhookObject,
      ),
    },
  };
}

/** Rows of the flows that a list request is about: the caller's own unless `flowsFilter` says otherwise. */
export function selectFlows(
  database: Database,
  caller: Caller,
  query: ListQuery,
  { includeDeleted }: Pick<ListOptions, "includeDeleted">,
) {
  let flows = database
    .selectFrom("flows")
    .selectAll("flows")
    .where("flows.environmentId", "=", caller.environmentId);
  if (!includeDeleted) flows = flows.where("flows.deletedAt", "is", null);
  const scope = query["flowsFilter"] ?? "owned";
  if (scope === "owned" || !caller.isAdmin) flows = flows.where("flows.creatorId", "=", caller.personId);
  // Flows are not shared here, but an administrator sees those of others.
  if (scope === "shared") flows = flows.where("flows.creatorId", "!=", caller.personId);
  if (query["folderId"] !== undefined) flows = flows.where("flows.folderId", "=", Number(query["folderId"]));
  if (query["deploymentId"] === undefined) return flows;
  return flows.where("flows.releaseId", "in", (releases) =>
    releases
      .selectFrom("releases")
      .select("releases.id")
      .where("deploymentId", "=", Number(query["deploymentId"])),
  );
}

async function loadFolders(database: Database, flows: readonly Flow[]) {
  const ids = flows.map((flow) => flow.folderId).filter((id) => id !== null);
  if (ids.length === 0) return new Map<number, JsonObject>();
  const folders = await database.selectFrom("folders").selectAll().where("id", "in", ids).execute();
  const byId = new Map(folders.map((folder) => [folder.id, toFolderObject(folder)]));
  return new Map(flows.map((flow) => [flow.id, byId.get(flow.folderId ?? 0) ?? null]));
}

/** An embedded list of what flows hold; `select` reads it for many flows at once. */
function listOf<Row extends { flowId: number }>(
  select: (flowIds: readonly number[]) => Promise<readonly Row[]>,
  toObject: (row: Row) => JsonObject,
): Embed<Flow> {
  return {
    kind: "many",
    load: async (flows) => {
      const groups = groupBy(await select(flows.map((flow) => flow.id)), (row) => row.flowId);
      return new Map([...groups].map(([flowId, group]) => [flowId, group.map(toObject)]));
    },
  };
}
