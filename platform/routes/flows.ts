import type { FastifyInstance } from "fastify";
import { sql, type Selectable } from "kysely";
import type { JsonObject } from "../../flow/model.js";
import { embedPeople } from "../person-embeds.js";
import { JobsNotAvailable } from "../errors.js";
import { findFlow, findFolder } from "../flows/access.js";
import {
  toFlowEdgeObject,
  toFlowNodeObject,
  toFlowObject,
  toFolderObject,
  toOverrideObject,
  toWebhookObject,
} from "../flows/answers.js";
import { copyFlow } from "../flows/copy.js";
import { selectNodes } from "../flows/graph.js";
import { groupBy } from "../group-by.js";
import {
  answerCount,
  answerList,
  answerOne,
  listQuerySchema,
  parseListOptions,
  readQuerySchema,
  type Collection,
  type ListOptions,
  type ListQuery,
} from "../listing.js";
import { stampNew, stampUpdate, toUpdated } from "../ownership.js";
import type { Caller, Platform } from "../platform.js";
import { idParamsSchema, idSchema, readId, toId, type ById, type IdValue } from "../request.js";
import type { Database } from "../store/database.js";
import type { FlowRow } from "../store/flow-schema.js";

type Flow = Selectable<FlowRow>;

interface FlowBody {
  name?: string;
  description?: string | null;
  settings?: JsonObject | null;
  folderId?: IdValue | null;
}

const bodyProperties = {
  name: { type: "string", minLength: 1, maxLength: 255 },
  description: { type: "string", maxLength: 4000, nullable: true },
  settings: { type: "object", nullable: true },
  folderId: { anyOf: [...idSchema.anyOf, { type: "null" }], description: "null: no folder" },
} as const;

const newFlowSchema = {
  type: "object",
  properties: {
    ...bodyProperties,
    incrementName: {
      type: "boolean",
      description: "true: add a number when the caller has a flow of that name",
    },
  },
  additionalProperties: false,
} as const;

const changedFlowSchema = {
  type: "object",
  properties: bodyProperties,
  additionalProperties: false,
} as const;

const copySchema = {
  type: "object",
  properties: {
    name: bodyProperties.name,
    description: bodyProperties.description,
    copyDatasources: {
      type: "boolean",
      description: "true: copy imported datasets too; else both flows share them",
    },
  },
  additionalProperties: false,
} as const;

const moveSchema = {
  type: "object",
  properties: { folderId: bodyProperties.folderId },
  required: ["folderId"],
  additionalProperties: false,
} as const;

const flowListQuerySchema = {
  type: "object",
  properties: {
    ...listQuerySchema.properties,
    flowsFilter: { type: "string", enum: ["all", "shared", "owned"], description: "owned when not given" },
    folderId: { type: "string", pattern: "^[0-9]{1,15}$", description: "Flows of this folder only" },
    deploymentId: {
      type: "string",
      pattern: "^[0-9]{1,15}$",
      description: "Flows of this deployment's releases only",
    },
  },
} as const;

/** `/v4/flows` but for packages and what is inside a flow. */
export function registerFlows(app: FastifyInstance, platform: Platform): void {
  const { database } = platform;
  const collection = createFlowCollection(database);
  const listing = { schema: { querystring: flowListQuerySchema } };
  const summary = (text: string, status = 200) => ({ config: { summary: text, status } });

  app.get<{ Querystring: ListQuery }>("/v4/flows", { ...listing, ...summary("List flows") }, (request) => {
    const options = parseListOptions(collection, request.query);
    return answerList(collection, options, selectFlows(database, request.caller, request.query, options));
  });

  app.get<{ Querystring: ListQuery }>(
    "/v4/flows/count",
    { ...listing, ...summary("Count flows") },
    (request) => {
      const options = parseListOptions(collection, request.query);
      return answerCount(options, selectFlows(database, request.caller, request.query, options));
    },
  );

  app.post<{ Body: (FlowBody & { incrementName?: boolean }) | undefined }>(
    "/v4/flows",
    { schema: { body: newFlowSchema }, ...summary("Create a flow", 201) },
    async (request) => toFlowObject(await createFlow(database, request.caller, request.body ?? {})),
  );

  app.get<ById & { Querystring: ListQuery }>(
    "/v4/flows/:id",
    { schema: { params: idParamsSchema, querystring: readQuerySchema }, ...summary("One flow") },
    async (request) => {
      const includeDeleted = request.query["includeDeleted"] === "true";
      const flow = await findFlow(database, request.caller, readId(request), { includeDeleted });
      return answerOne(collection, request.query, flow);
    },
  );

  app.patch<ById & { Body: FlowBody }>(
    "/v4/flows/:id",
    {
      schema: { params: idParamsSchema, body: changedFlowSchema },
      ...summary("Change a flow; members not given stay"),
    },
    (request) => changeFlow(database, request.caller, readId(request), request.body),
  );

  app.delete<ById>(
    "/v4/flows/:id",
    { schema: { params: idParamsSchema }, ...summary("Delete a flow", 204) },
    async (request, reply) => {
      const flow = await findFlow(database, request.caller, readId(request));
      const stamp = stampUpdate(request.caller);
      await database
        .updateTable("flows")
        .set({ ...stamp, deletedAt: stamp.updatedAt })
        .where("id", "=", flow.id)
        .execute();
      return reply.send();
    },
  );

  app.post<
    ById & { Body: { name?: string; description?: string | null; copyDatasources?: boolean } | undefined }
  >(
    "/v4/flows/:id/copy",
    { schema: { params: idParamsSchema, body: copySchema }, ...summary("Copy a flow", 201) },
    async (request) => {
      const flow = await findFlow(database, request.caller, readId(request));
      const {
        name = `${flow.name} (copy)`,
        description = flow.description,
        copyDatasources = false,
      } = request.body ?? {};
      const id = await copyFlow(platform, request.caller, flow, { name, description, copyDatasources });
      return toFlowObject(await findFlow(database, request.caller, id));
    },
  );

  app.post<ById & { Body: { folderId: IdValue | null } }>(
    "/v4/flows/:id/move",
    { schema: { params: idParamsSchema, body: moveSchema }, ...summary("Move a flow to another folder") },
    async (request) => {
      const id = readId(request);
      await changeFlow(database, request.caller, id, { folderId: request.body.folderId });
      return toFlowObject(await findFlow(database, request.caller, id));
    },
  );

  app.post<ById>(
    "/v4/flows/:id/run",
    { schema: { params: idParamsSchema }, ...summary("Run a flow", 201) },
    async (request) => {
      await findFlow(database, request.caller, readId(request));
      throw new JobsNotAvailable(
        `Flow ${request.params.id} was not run: this version of the platform runs no jobs yet`,
      );
    },
  );
}

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
      flowNodes: {
        kind: "many",
        load: async (flows) =>
          toObjectsByFlow(
            await selectNodes(database)
              .where("flowNodes.flowId", "in", idsOf(flows))
              .orderBy("flowNodes.id")
              .execute(),
            toFlowNodeObject,
          ),
      },
      flowEdges: {
        kind: "many",
        load: async (flows) =>
          toObjectsByFlow(
            await database
              .selectFrom("flowEdges")
              .selectAll()
              .where("flowId", "in", idsOf(flows))
              .orderBy("id")
              .execute(),
            toFlowEdgeObject,
          ),
      },
      flowRunParameterOverrides: {
        kind: "many",
        load: async (flows) =>
          toObjectsByFlow(
            await database
              .selectFrom("flowRunParameterOverrides")
              .selectAll()
              .where("flowId", "in", idsOf(flows))
              .orderBy("id")
              .execute(),
            toOverrideObject,
          ),
      },
      webhookFlowTasks: {
        kind: "many",
        load: async (flows) =>
          toObjectsByFlow(
            await database
              .selectFrom("webhookFlowTasks")
              .selectAll()
              .where("flowId", "in", idsOf(flows))
              .orderBy("id")
              .execute(),
            toWebhookObject,
          ),
      },
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

async function createFlow(
  database: Database,
  caller: Caller,
  {
    name = "Untitled Flow",
    description = null,
    settings = null,
    folderId = null,
    incrementName = false,
  }: FlowBody & {
    incrementName?: boolean;
  },
): Promise<Flow> {
  return database
    .insertInto("flows")
    .values({
      ...stampNew(caller),
      name: incrementName ? await findFreeName(database, caller, name) : name,
      description,
      settings: settings === null ? null : JSON.stringify(settings),
      folderId: await checkFolder(database, caller, folderId),
      releaseId: null,
      isPrimary: 1,
      importUuid: null,
      deletedAt: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

async function changeFlow(database: Database, caller: Caller, id: number, body: FlowBody) {
  const flow = await findFlow(database, caller, id);
  const { name, description, settings, folderId } = body;
  const stamp = stampUpdate(caller);
  await database
    .updateTable("flows")
    .set({
      ...stamp,
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(settings === undefined ? {} : { settings: settings === null ? null : JSON.stringify(settings) }),
      ...(folderId === undefined ? {} : { folderId: await checkFolder(database, caller, folderId) }),
    })
    .where("id", "=", flow.id)
    .execute();
  return toUpdated(id, stamp);
}

async function checkFolder(
  database: Database,
  caller: Caller,
  folderId: IdValue | null,
): Promise<number | null> {
  return folderId === null ? null : (await findFolder(database, caller, toId(folderId))).id;
}

async function findFreeName(database: Database, caller: Caller, name: string): Promise<string> {
  const rows = await database
    .selectFrom("flows")
    .select("name")
    .where("environmentId", "=", caller.environmentId)
    .where("creatorId", "=", caller.personId)
    .where("deletedAt", "is", null)
    .where(sql<boolean>`substr(name, 1, ${name.length}) = ${name}`)
    .execute();
  const taken = new Set(rows.map((row) => row.name));
  if (!taken.has(name)) return name;
  let number = 1;
  while (taken.has(`${name} - ${number}`)) number += 1;
  return `${name} - ${number}`;
}

async function loadFolders(database: Database, flows: readonly Flow[]) {
  const ids = flows.map((flow) => flow.folderId).filter((id) => id !== null);
  if (ids.length === 0) return new Map<number, JsonObject>();
  const folders = await database.selectFrom("folders").selectAll().where("id", "in", ids).execute();
  const byId = new Map(folders.map((folder) => [folder.id, toFolderObject(folder)]));
  return new Map(flows.map((flow) => [flow.id, byId.get(flow.folderId ?? 0) ?? null]));
}

function toObjectsByFlow<Row extends { flowId: number }>(
  rows: readonly Row[],
  toObject: (row: Row) => JsonObject,
) {
  const groups = groupBy(rows, (row) => row.flowId);
  return new Map([...groups].map(([flowId, group]) => [flowId, group.map(toObject)]));
}

function idsOf(rows: readonly { id: number }[]): number[] {
  return rows.map((row) => row.id);
}
