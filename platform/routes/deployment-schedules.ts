import type { FastifyInstance } from "fastify";
import type { Selectable } from "kysely";
import type { JsonObject } from "../../flow/model.js";
import { findDeployment } from "../deployments.js";
import { ApiException, DataNotFoundException, ValidationFailed } from "../errors.js";
import { toOwnership } from "../ownership.js";
import type { Caller, Platform } from "../platform.js";
import { referenceSchema, toId, type IdValue } from "../request.js";
import { registerScheduleRoutes, scheduleMembers, type ScheduleBody } from "../schedule-routes.js";
import type { Database } from "../store/database.js";
import type { DeploymentScheduleRow } from "../store/schema.js";
import { parseStored } from "../store/stored-json.js";

type DeploymentSchedule = Selectable<DeploymentScheduleRow>;

interface DeploymentScheduleBody extends ScheduleBody {
  deployment: { id: IdValue };
  runParameters?: JsonObject | null;
}

const deploymentScheduleSchema = {
  type: "object",
  properties: {
    name: scheduleMembers.name,
    deployment: referenceSchema,
    triggers: scheduleMembers.triggers,
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
    enabled: scheduleMembers.enabled,
  },
  required: ["name", "deployment", "triggers"],
  additionalProperties: false,
} as const;

/**
 * `/v4/deploymentSchedules`, an extension: a schedule runs whatever release is active in its deployment, so a new
 * release needs no new schedule.
 */
export function registerDeploymentSchedules(app: FastifyInstance, platform: Platform): void {
  const { database, settings } = platform;
  if (!settings.deploymentSchedules) return;
  registerScheduleRoutes<"deploymentSchedules", DeploymentSchedule, DeploymentScheduleBody>(app, platform, {
    table: "deploymentSchedules",
    noun: "deployment schedule",
    schema: deploymentScheduleSchema,
    isExtension: true,
    filters: { deploymentId: { column: "deploymentId", description: "Only of this deployment" } },
    select: (caller) => selectAll(database, caller),
    find: (caller, id) => findSchedule(database, caller, id),
    toObject,
    toColumns: (caller, body) => toColumns(database, caller, body),
  });
}

function toObject(row: DeploymentSchedule): JsonObject {
  return {
    id: row.id,
    name: row.name,
    deployment: { id: row.deploymentId },
    triggers: parseStored(row.triggers),
    runParameters: parseStored(row.runParameters),
    enabled: row.enabled === 1,
    lastRun: parseStored(row.lastRun),
    ...toOwnership(row),
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
