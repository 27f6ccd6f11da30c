import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { sql } from "kysely";
import {
  createConnections,
  newConnectionSchema,
  toConnection,
  toGivenColumns,
  toNewColumns,
  updateConnectionSchema,
} from "../connections.js";
import type { Connection, ConnectionBody } from "../connections.js";
import {
  AccessControlException,
  ConflictException,
  DataNotFoundException,
  ValidationFailed,
} from "../errors.js";
import { stampNew, stampUpdate, toUpdated } from "../ownership.js";
import type { Caller, Platform } from "../platform.js";
import { registerReading } from "../reading.js";
import { idParamsSchema, readId, type ById } from "../request.js";

/** These credential types carry no credential of their own. */
const NEEDS_NO_CREDENTIALS = new Set(["noAuth", "conf", "iamRoleArn"]);

/** `/v4/connections`: credentials go in and never come out. */
export function registerConnections(app: FastifyInstance, platform: Platform): void {
  registerReading(app, {
    path: "/v4/connections",
    noun: "connection",
    collection: createConnections(platform.database),
    select: (caller) => selectVisible(platform, caller),
    find: (caller, id) => findConnection(platform, caller, id),
  });

  app.post<{ Body: ConnectionBody }>(
    "/v4/connections",
    { schema: { body: newConnectionSchema }, config: { summary: "Create a connection", status: 201 } },
    async (request) => toConnection(await createConnection(platform, request.caller, request.body)),
  );

  app.post<{ Body: ConnectionBody }>(
    "/v4/connections/dryRun",
    { schema: { body: newConnectionSchema }, config: { summary: "Test a connection without creating it" } },
    async (request) => toTestResult(request.body.credentialType, request.body.credentials?.length ?? 0),
  );

  app.patch<ById & { Body: Partial<ConnectionBody> }>(
    "/v4/connections/:id",
    {
      schema: { params: idParamsSchema, body: updateConnectionSchema },
      config: { summary: "Change a connection; members not given stay" },
    },
    (request) => updateConnection(platform, request.caller, readId(request), request.body),
  );

  app.delete<ById>(
    "/v4/connections/:id",
    { schema: { params: idParamsSchema }, config: { summary: "Delete a connection", status: 204 } },
    async (request, reply) => {
      const connection = await findOwnConnection(platform, request.caller, readId(request));
      await platform.database.deleteFrom("connections").where("id", "=", connection.id).execute();
      return reply.send();
    },
  );

  app.get<ById>(
    "/v4/connections/:id/status",
    { schema: { params: idParamsSchema }, config: { summary: "Whether a connection works" } },
    async (request) => {
      const connection = await findConnection(platform, request.caller, readId(request));
      return toTestResult(connection.credentialType, connection.credentials === null ? 0 : 1);
    },
  );
}

/** Rows of the connections that a caller may use: their own, global and shared ones; administrators see all. */
function selectVisible(platform: Platform, caller: Caller) {
  const all = platform.database
    .selectFrom("connections")
    .selectAll()
    .where("environmentId", "=", caller.environmentId);
  if (caller.isAdmin) return all;
  return all.where(
    sql<boolean>`("creatorId" = ${caller.personId} or "isGlobal" = 1 or id in
      (select "connectionId" from "connectionPermissions" where "personId" = ${caller.personId}))`,
  );
}

/** A connection that the caller may use, or 404. */
export async function findConnection(platform: Platform, caller: Caller, id: number): Promise<Connection> {
  const connection = await selectVisible(platform, caller).where("id", "=", id).executeTakeFirst();
  if (connection) return connection;
  throw new DataNotFoundException(`There is no connection ${id} in this environment that you may use`);
}

/** A connection that the caller may change: the creator's own, or any for an administrator. */
export async function findOwnConnection(platform: Platform, caller: Caller, id: number): Promise<Connection> {
  const connection = await findConnection(platform, caller, id);
  if (caller.isAdmin || connection.creatorId === caller.personId) return connection;
  throw new AccessControlException(
    `Connection ${id} belongs to person ${connection.creatorId}; only they may change it`,
  );
}

async function createConnection(
  platform: Platform,
  caller: Caller,
  body: ConnectionBody,
): Promise<Connection> {
  const connection = await platform.database
    .insertInto("connections")
    .values({
      ...stampNew(caller),
      uuid: body.uuid?.toLowerCase() ?? randomUUID(),
      ...toNewColumns(platform.sealer, body),
    })
    .onConflict((conflict) => conflict.columns(["environmentId", "uuid"]).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!connection)
    throw new ConflictException(`There is already a connection with the uuid ${body.uuid ?? ""} here`);
  return connection;
}

async function updateConnection(
  platform: Platform,
  caller: Caller,
  id: number,
  body: Partial<ConnectionBody>,
) {
  const connection = await findOwnConnection(platform, caller, id);
  if (connection.isGlobal === 1 && body.isGlobal === false) {
    throw new ValidationFailed(
      `Connection ${id} is global, which cannot be undone; delete it and create another`,
    );
  }
  const stamp = stampUpdate(caller);
  await platform.database
    .updateTable("connections")
    .set({ ...stamp, ...toGivenColumns(platform.sealer, body) })
    .where("id", "=", id)
    .execute();
  return toUpdated(id, stamp);
}

/** Nothing is connected to: only a job does that. The test sees whether a credential is there where the type needs one. */
function toTestResult(credentialType: string, credentials: number) {
  if (credentials > 0 || NEEDS_NO_CREDENTIALS.has(credentialType)) return { result: "SUCCESS" };
  return { result: "FAILURE", message: `The connection has no credentials, which ${credentialType} needs` };
}
