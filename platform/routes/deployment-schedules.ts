import type { FastifyInstance } from "fastify";
import type { Selectable } from "kysely";
import type { JsonObject } from "../../flow/model.js";
import { findDeployment } from "../deployments.js";
import { ApiException, DataNotFoundException, ValidationFailed } from "../errors.js";
import type { Collection } from "../listing.js";
import { stampNew, stampUpdate, toOwnership, toUpdated } from "../ownership.js";
import { embedPeople } from "../person-embeds.js";
import type { Caller, Platform } from "../platform.js";
import { registerReading } from "../reading.js";
import { idParamsSchema, readId, referenceSchema, toId, type ById, type IdValue } from "../request.js";
import type { Database } from "../store/database.js";
import type { DeploymentScheduleRow } from "../store/schema.js";
import { checkTriggers, parseStored, triggersSchema, type Trigger } from "../triggers.js";

type DeploymentSchedule = Selectable<DeploymentScheduleRow>;

interface DeploymentScheduleBody {
  name: string;
  deployment: { id: IdValue };
  triggers: Trigger[];
  runParameters?: JsonObject | null;
  enabled?: boolean;
}

const deploymentScheduleSchema = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, maxLength: 255 },
    deployment: referenceSchema,
    triggers: triggersSchema,
    runParameters: {
      type: "object",
      nullable: true,
      properties: {
        overrides: {
          type: "object",
          properties: {
            data: {
              type: "array",
              maxItems: 1000,
              items: {
                type: "object",
                properties: { key: { type: "string", minLength: 1 }, value: {} },
                required: ["key", "value"],
                additionalProperties: false,
              },
            },
          },
          required: ["data"],
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
    enabled: {
      type: "boolean",
      description: "true when a create does not say; as it was when a change does not",
    },
  },
  required: ["name", "deployment", "triggers"],
  additionalProperties: false,
} as const;

/**
 * `/v4/deploymentSchedules`, an extension: a schedule runs whatever release is active in its deployment, so a new
 * release needs no new schedule. They are stored and do not fire yet.
 */
export function registerDeploymentSchedules(app: FastifyInstance, platform: Platform): void {
  const { database, settings } = platform;
  if (!settings.deploymentSchedules) return;
  const collection = createCollection(database);
  registerReading(app, {
    path: "/v4/deploymentSchedules",
    noun: "deployment schedule",
    collection,
    isExtension: true,
    filters: { deploymentId: { column: "deploymentId", description: "Only of this deployment" } },
    select: (caller) => selectAll(database, caller),
    find: (caller, id) => findSchedule(database, caller, id),
  });

  app.post<{ Body: DeploymentScheduleBody }>(
    "/v4/deploymentSchedules",
    {
      schema: { body: deploymentScheduleSchema },
      config: { summary: "Create a deployment schedule", status: 201, isExtension: true },
    },
    async (request) => {
      const { caller, body } = request;
      checkTriggers(body.triggers, []);
      const schedule = await database
        .insertInto("deploymentSchedules")
        .values({
          ...stampNew(caller),
          ...(await toColumns(database, caller, body)),
          enabled: body.enabled === false ? 0 : 1,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return collection.toObject(schedule);
    },
  );

  app.put<ById & { Body: DeploymentScheduleBody }>(
    "/v4/deploymentSchedules/:id",
    {
      schema: { params: idParamsSchema, body: deploymentScheduleSchema },
      config: { summary: "Replace a deployment schedule", isExtension: true },
    },
    async (request) => {
      const { caller, body } = request;
      const schedule = await findSchedule(database, caller, readId(request));
      checkTriggers(body.triggers, JSON.parse(schedule.triggers) as Trigger[]);
      const stamp = stampUpdate(caller);
      const enabled = body.enabled === undefined ? schedule.enabled : body.enabled ? 1 : 0;
      await database
        .updateTable("deploymentSchedules")
        .set({ ...stamp, ...(await toColumns(database, caller, body)), enabled })
        .where("id", "=", schedule.id)
        .execute();
      return toUpdated(schedule.id, stamp);
    },
  );

  for (const action of ["enable", "disable"] as const) {
    app.post<ById>(
      `/v4/deploymentSchedules/:id/${action}`,
      {
        schema: { params: idParamsSchema },
        config: { summary: `${action} a deployment schedule`, isExtension: true },
      },
      async (request) => {
        const { id } = await findSchedule(database, request.caller, readId(request));
        const schedule = await database
          .updateTable("deploymentSchedules")
          .set({ ...stampUpdate(request.caller), enabled: action === "enable" ? 1 : 0 })
          .where("id", "=", id)
          .returningAll()
          .executeTakeFirstOrThrow();
        return collection.toObject(schedule);
      },
    );
  }

  app.delete<ById>(
    "/v4/deploymentSchedules/:id",
    {
      schema: { params: idParamsSchema },
      config: { summary: "Delete a deployment schedule", status: 204, isExtension: true },
    },
    async (request, reply) => {
      const { id } = await findSchedule(database, request.caller, readId(request));
      await database.deleteFrom("deploymentSchedules").where("id", "=", id).execute();
      return reply.send();
    },
  );
}

function createCollection(database: Database): Collection<DeploymentSchedule> {
  return {
    name: "deploymentSchedules",
    columns: Object.fromEntries(
      ["id", "name", "createdAt", "updatedAt"].map((field) => [field, `deploymentSchedules.${field}`]),
    ),
    embeds: embedPeople<DeploymentSchedule>(database),
    toObject: (row) => ({
      id: row.id,
      name: row.name,
      deployment: { id: row.deploymentId },
      triggers: parseStored(row.triggers),
      runParameters: parseStored(row.runParameters),
      enabled: row.enabled === 1,
      ...toOwnership(row),
    }),
  };
}

function selectAll(database: Database, caller: Caller) {
  return database
    .selectFrom("deploymentSchedules")
    .selectAll()
    .where("environmentId", "=", caller.environmentId);
}

async function findSchedule(database: Database, caller: Caller, id: number): Promise<DeploymentSchedule> {
  const schedule = await selectAll(database, caller).where("id", "=", id).executeTakeFirst();
  if (schedule) return schedule;
  throw new DataNotFoundException(`There is no deployment schedule ${id} in this environment`);
}

async function toColumns(database: Database, caller: Caller, body: DeploymentScheduleBody) {
  return {
    name: body.name,
    deploymentId: await resolveDeployment(database, caller, toId(body.deployment.id)),
    triggers: JSON.stringify(body.triggers),
    runParameters: body.runParameters ? JSON.stringify(body.runParameters) : null,
  };
}

/** A wrong id in a body is the body's fault: 400, not 404. */
async function resolveDeployment(database: Database, caller: Caller, id: number): Promise<number> {
  try {
    return (await findDeployment(database, caller, id)).id;
  } catch (error) {
    if (error instanceof ApiException) throw new ValidationFailed(`deployment.id: ${error.message}`);
    throw error;
  }
}
