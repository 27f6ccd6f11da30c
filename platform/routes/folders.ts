import type { FastifyInstance } from "fastify";
import type { Selectable } from "kysely";
import { AccessControlException } from "../errors.js";
import { findFolder } from "../flows/access.js";
import { toFolderObject } from "../flows/answers.js";
import { createFlowCollection, selectFlows } from "../flows/listing.js";
import {
  answerList,
  listQuerySchema,
  parseListOptions,
  type Collection,
  type ListQuery,
} from "../listing.js";
import { stampNew, stampUpdate, toUpdated } from "../ownership.js";
import { embedPeople } from "../person-embeds.js";
import type { Caller, Platform } from "../platform.js";
import { registerReading } from "../reading.js";
import { idParamsSchema, readId, type ById } from "../request.js";
import type { Database } from "../store/database.js";
import type { FolderRow } from "../store/flow-schema.js";

type Folder = Selectable<FolderRow>;

interface FolderBody {
  name: string;
  description?: string | null;
}

const properties = {
  name: { type: "string", minLength: 1, maxLength: 255 },
  description: { type: "string", maxLength: 4000, nullable: true },
} as const;

const newFolderSchema = {
  type: "object",
  properties,
  required: ["name"],
  additionalProperties: false,
} as const;
const changedFolderSchema = {
  type: "object",
  properties,
  minProperties: 1,
  additionalProperties: false,
} as const;

/** `/v4/folders`: groups of flows. Everybody sees them; their makers change them. */
export function registerFolders(app: FastifyInstance, platform: Platform): void {
  const { database } = platform;
  const flows = createFlowCollection(database);

  registerReading(app, {
    path: "/v4/folders",
    noun: "folder",
    collection: createFolderCollection(database),
    select: (caller) =>
      database.selectFrom("folders").selectAll().where("environmentId", "=", caller.environmentId),
    find: (caller, id) => findFolder(database, caller, id),
  });

  app.post<{ Body: FolderBody }>(
    "/v4/folders",
    { schema: { body: newFolderSchema }, config: { summary: "Create a folder", status: 201 } },
    async (request) => {
      const { name, description = null } = request.body;
      const folder = await database
        .insertInto("folders")
        .values({ ...stampNew(request.caller), name, description })
        .returningAll()
        .executeTakeFirstOrThrow();
      return toFolderObject(folder);
    },
  );

  app.patch<ById & { Body: Partial<FolderBody> }>(
    "/v4/folders/:id",
    {
      schema: { params: idParamsSchema, body: changedFolderSchema },
      config: { summary: "Change a folder; members not given stay" },
    },
    async (request) => {
      const { id } = await findOwnFolder(database, request.caller, readId(request));
      const { name, description } = request.body;
      const stamp = stampUpdate(request.caller);
      await database
        .updateTable("folders")
        .set({ ...stamp, name, description })
        .where("id", "=", id)
        .execute();
      return toUpdated(id, stamp);
    },
  );

  app.delete<ById>(
    "/v4/folders/:id",
    {
      schema: { params: idParamsSchema },
      config: { summary: "Delete a folder; its flows stay, outside of any folder", status: 204 },
    },
    async (request, reply) => {
      await database.transaction().execute(async (transaction) => {
        const { id } = await findOwnFolder(transaction, request.caller, readId(request));
        await transaction.updateTable("flows").set({ folderId: null }).where("folderId", "=", id).execute();
        await transaction.deleteFrom("folders").where("id", "=", id).execute();
      });
      return reply.send();
    },
  );

  app.get<ById & { Querystring: ListQuery }>(
    "/v4/folders/:id/flows",
    {
      schema: { params: idParamsSchema, querystring: listQuerySchema },
      config: { summary: "List the caller's flows in a folder" },
    },
    async (request) => {
      const { id } = await findFolder(database, request.caller, readId(request));
      const options = parseListOptions(flows, request.query);
      const query = { ...request.query, folderId: String(id) };
      return answerList(flows, options, selectFlows(database, request.caller, query, options));
    },
  );
}

function createFolderCollection(database: Database): Collection<Folder> {
  return {
    name: "folders",
    columns: Object.fromEntries(
      ["id", "name", "description", "createdAt", "updatedAt"].map((field) => [field, `folders.${field}`]),
    ),
    embeds: embedPeople<Folder>(database),
    toObject: toFolderObject,
  };
}

async function findOwnFolder(database: Database, caller: Caller, id: number): Promise<Folder> {
  const folder = await findFolder(database, caller, id);
  if (caller.isAdmin || folder.creatorId === caller.personId) return folder;
  throw new AccessControlException(
    `Folder ${id} belongs to person ${folder.creatorId}; only they may change it`,
  );
}
