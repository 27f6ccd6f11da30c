import type { FastifyInstance } from "fastify";
import { sql, type Selectable } from "kysely";
import type { JsonObject } from "../../flow/model.js";
import { findFlow, findFolder } from "../flows/access.js";
import { toFlowObject } from "../flows/answers.js";
import { copyFlow } from "../flows/copy.js";
import { createFlowCollection, selectFlows } from "../flows/listing.js";
import { toStarted } from "../jobs/answers.js";
import { runSchema, type FlowRunBody } from "../jobs/run-body.js";
import { runFlow } from "../jobs/run-deployment.js";
import {
  answerCount,
  answerList,
  answerOne,
  listQuerySchema,
  parseListOptions,
  readQuerySchema,
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
  nullable: true,
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
  nullable: true,
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

  app.post<ById & { Body: FlowRunBody | undefined }>(
    "/v4/flows/:id/run",
    { schema: { params: idParamsSchema, body: runSchema }, ...summary("Run a flow's manual outputs", 201) },
    async (request) => {
      const flow = await findFlow(database, request.caller, readId(request));
      const { flowRunId, groups } = await runFlow(platform, request.caller, flow, request.body ?? {}, {
        written: "manual",
      });
      return { flowRunId, data: groups.map(toStarted) };
    },
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
