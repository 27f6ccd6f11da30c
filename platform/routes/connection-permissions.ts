import type { FastifyInstance } from "fastify";
import { loadPermissions } from "../connection-permissions.js";
import { DataNotFoundException, ValidationFailed } from "../errors.js";
import type { Caller, Platform } from "../platform.js";
import { idParamsSchema, readId, referenceSchema, toId, type ById, type IdValue } from "../request.js";
import type { Database } from "../store/database.js";
import { findConnection, findOwnConnection } from "./connections.js";

interface PermissionsBody {
  data: { person: { id: IdValue }; role: string; policyTag?: string }[];
}

interface ByPerson {
  Params: { id: string; personId: string };
}

const permissionsSchema = {
  type: "object",
  properties: {
    data: {
      type: "array",
      minItems: 1,
      maxItems: 1000,
      items: {
        type: "object",
        properties: {
          person: referenceSchema,
          role: { type: "string", enum: ["readOnly"], description: "The owner is always the creator" },
          policyTag: { type: "string", maxLength: 100 },
        },
        required: ["person", "role"],
        additionalProperties: false,
      },
    },
  },
  required: ["data"],
  additionalProperties: false,
} as const;

/** `/v4/connections/{id}/permissions`: with whom a connection is shared. Taking a share back is an extension. */
export function registerConnectionPermissions(app: FastifyInstance, platform: Platform): void {
  const { database } = platform;

  app.get<ById>(
    "/v4/connections/:id/permissions",
    { schema: { params: idParamsSchema }, config: { summary: "Who may use a connection" } },
    async (request) => {
      const connection = await findConnection(platform, request.caller, readId(request));
      return { data: (await loadPermissions(database, [connection])).get(connection.id) ?? [] };
    },
  );

  app.post<ById & { Body: PermissionsBody }>(
    "/v4/connections/:id/permissions",
    {
      schema: { params: idParamsSchema, body: permissionsSchema },
      config: { summary: "Share a connection with people", status: 201 },
    },
    async (request) => {
      const { id } = await findOwnConnection(platform, request.caller, readId(request));
      return database
        .transaction()
        .execute((transaction) => share(transaction, request.caller, id, request.body.data));
    },
  );

  app.delete<ByPerson>(
    "/v4/connections/:id/permissions/:personId",
    {
      schema: {
        params: {
          ...idParamsSchema,
          properties: { ...idParamsSchema.properties, personId: idParamsSchema.properties.id },
        },
      },
      config: { summary: "Stop sharing a connection with a person", status: 204, isExtension: true },
    },
    async (request, reply) => {
      const { id } = await findOwnConnection(platform, request.caller, readId(request));
      const { numDeletedRows } = await database
        .deleteFrom("connectionPermissions")
        .where("connectionId", "=", id)
        .where("personId", "=", Number(request.params.personId))
        .executeTakeFirst();
      if (numDeletedRows === 0n) {
        throw new DataNotFoundException(
          `Connection ${id} is not shared with person ${request.params.personId}`,
        );
      }
      return reply.send();
    },
  );
}

async function share(
  database: Database,
  caller: Caller,
  connectionId: number,
  given: PermissionsBody["data"],
) {
  const ids = given.map(({ person }) => toId(person.id));
  const people = await database
    .selectFrom("people")
    .select("id")
    .where("environmentId", "=", caller.environmentId)
    .where("id", "in", ids)
    .execute();
  const known = new Set(people.map((person) => person.id));
  const problems = ids.flatMap((id, index) =>
    known.has(id) ? [] : [`data[${index}].person.id: person ${id} does not exist in this environment`],
  );
  if (problems.length > 0) throw new ValidationFailed(problems);
  const now = new Date().toISOString();
  for (const { person, role, policyTag } of given) {
    await database
      .insertInto("connectionPermissions")
      .values({
        connectionId,
        personId: toId(person.id),
        role,
        policyTag: policyTag ?? null,
        createdAt: now,
        updatedAt: now,
      })
      .onConflict((conflict) =>
        conflict
          .columns(["connectionId", "personId"])
          .doUpdateSet({ role, policyTag: policyTag ?? null, updatedAt: now }),
      )
      .execute();
  }
  return {
    data: given.map(({ person, role }) => ({
      role,
      createdAt: now,
      updatedAt: now,
      person: { id: toId(person.id) },
      connection: { id: connectionId },
    })),
  };
}
