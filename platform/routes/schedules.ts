import type { FastifyInstance } from "fastify";
import type { Selectable } from "kysely";
import type { JsonObject } from "../../flow/model.js";
import { AccessControlException, DataNotFoundException, ValidationFailed } from "../errors.js";
import { toOwnership } from "../ownership.js";
import type { Caller, Platform } from "../platform.js";
import { idSchema, toId, type IdValue } from "../request.js";
import { registerScheduleRoutes, scheduleMembers, type ScheduleBody } from "../schedule-routes.js";
import type { Database } from "../store/database.js";
import type { ScheduleRow } from "../store/schema.js";
import { parseStored } from "../store/stored-json.js";

type Schedule = Selectable<ScheduleRow>;

interface FlowScheduleBody extends ScheduleBody {
  tasks: { runFlow: { flowId: IdValue } }[];
}

const scheduleSchema = {
  type: "object",
  properties: {
    name: scheduleMembers.name,
    triggers: scheduleMembers.triggers,
    tasks: {
      type: "array",
      minItems: 1,
      maxItems: 20,
      items: {
        type: "object",
        properties: {
          runFlow: {
            type: "object",
            properties: { flowId: idSchema },
            required: ["flowId"],
            additionalProperties: false,
          },
        },
        required: ["runFlow"],
        additionalProperties: false,
      },
    },
    enabled: scheduleMembers.enabled,
  },
  required: ["name", "triggers", "tasks"],
  additionalProperties: false,
} as const;

/** `/v4/schedules`: schedules of flows. Everybody sees their own only. */
export function registerSchedules(app: FastifyInstance, platform: Platform): void {
  const { database } = platform;
  registerScheduleRoutes<"schedules", Schedule, FlowScheduleBody>(app, platform, {
    table: "schedules",
    noun: "schedule",
    schema: scheduleSchema,
    select: (caller) => selectOwn(database, caller),
    find: (caller, id) => findSchedule(database, caller, id),
    toObject,
    toColumns: (caller, body) => toColumns(database, caller, body),
  });
}

function toObject(row: Schedule): JsonObject {
  return {
    id: row.id,
    name: row.name,
    triggers: parseStored(row.triggers),
    tasks: parseStored(row.tasks),
    enabled: row.enabled === 1,
    disableReason: null,
    lastRun: parseStored(row.lastRun),
    ...toOwnership(row),
  };
}

function selectOwn(database: Database, caller: Caller) {
  return database
    .selectFrom("schedules")
    .selectAll()
    .where("environmentId", "=", caller.environmentId)
    .where("creatorId", "=", caller.personId);
}

async function findSchedule(database: Database, caller: Caller, id: number): Promise<Schedule> {
  const schedule = await database
    .selectFrom("schedules")
    .selectAll()
    .where("environmentId", "=", caller.environmentId)
    .where("id", "=", id)
    .executeTakeFirst();
  if (!schedule) throw new DataNotFoundException(`There is no schedule ${id} in this environment`);
  if (schedule.creatorId === caller.personId || caller.isAdmin) return schedule;
  throw new AccessControlException(
    `Schedule ${id} belongs to person ${schedule.creatorId}; only they may use it`,
  );
}

async function toColumns(database: Database, caller: Caller, { name, triggers, tasks }: FlowScheduleBody) {
  const stored = tasks.map(({ runFlow }) => ({ runFlow: { flowId: toId(runFlow.flowId) } }));
  const known = await database
    .selectFrom("flows")
    .select("id")
    .where("environmentId", "=", caller.environmentId)
    .where("deletedAt", "is", null)
    .where(
      "id",
      "in",
      stored.map(({ runFlow }) => runFlow.flowId),
    )
    .execute();
  const ids = new Set(known.map((flow) => flow.id));
  const problems = stored.flatMap(({ runFlow: { flowId } }, index) =>
    ids.has(flowId)
      ? []
      : [`tasks[${index}].runFlow.flowId: flow ${flowId} does not exist in this environment`],
  );
  if (problems.length > 0) throw new ValidationFailed(problems);
  return { name, triggers: JSON.stringify(triggers), tasks: JSON.stringify(stored) };
}
