import type { FastifyInstance } from "fastify";
import type { Selectable } from "kysely";
import { AccessControlException, DataNotFoundException, ValidationFailed } from "../errors.js";
import type { Collection } from "../listing.js";
import { stampNew, stampUpdate, toOwnership, toUpdated } from "../ownership.js";
import { embedPeople } from "../person-embeds.js";
import type { Caller, Platform } from "../platform.js";
import { registerReading } from "../reading.js";
import { idParamsSchema, idSchema, readId, toId, type ById, type IdValue } from "../request.js";
import type { Database } from "../store/database.js";
import type { ScheduleRow } from "../store/schema.js";
import { checkTriggers, parseStored, triggersSchema, type Trigger } from "../triggers.js";

type Schedule = Selectable<ScheduleRow>;

interface ScheduleBody {
  name: string;
  triggers: Trigger[];
  tasks: { runFlow: { flowId: IdValue } }[];
  enabled?: boolean;
}

const scheduleSchema = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, maxLength: 255 },
    triggers: triggersSchema,
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
    enabled: {
      type: "boolean",
      description: "true when a create does not say; as it was when a change does not",
    },
  },
  required: ["name", "triggers", "tasks"],
  additionalProperties: false,
} as const;

/** `/v4/schedules`: schedules of flows. They are stored and do not fire yet. Everybody sees their own only. */
export function registerSchedules(app: FastifyInstance, platform: Platform): void {
  const { database } = platform;
  const collection = createCollection(database);
  registerReading(app, {
    path: "/v4/schedules",
    noun: "schedule",
    collection,
    select: (caller) => selectOwn(database, caller),
    find: (caller, id) => findSchedule(database, caller, id),
  });

  app.post<{ Body: ScheduleBody }>(
    "/v4/schedules",
    { schema: { body: scheduleSchema }, config: { summary: "Create a schedule", status: 201 } },
    async (request) => {
      const { caller, body } = request;
      checkTriggers(body.triggers, []);
      const schedule = await database
        .insertInto("schedules")
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

  app.put<ById & { Body: ScheduleBody }>(
    "/v4/schedules/:id",
    { schema: { params: idParamsSchema, body: scheduleSchema }, config: { summary: "Replace a schedule" } },
    async (request) => {
      const { caller, body } = request;
      const schedule = await findSchedule(database, caller, readId(request));
      checkTriggers(body.triggers, JSON.parse(schedule.triggers) as Trigger[]);
      const stamp = stampUpdate(caller);
      const enabled = body.enabled === undefined ? schedule.enabled : body.enabled ? 1 : 0;
      await database
        .updateTable("schedules")
        .set({ ...stamp, ...(await toColumns(database, caller, body)), enabled })
        .where("id", "=", schedule.id)
        .execute();
      return toUpdated(schedule.id, stamp);
    },
  );

  for (const action of ["enable", "disable"] as const) {
    app.post<ById>(
      `/v4/schedules/:id/${action}`,
      { schema: { params: idParamsSchema }, config: { summary: `${action} a schedule` } },
      async (request) => {
        const { id } = await findSchedule(database, request.caller, readId(request));
        const schedule = await database
          .updateTable("schedules")
          .set({ ...stampUpdate(request.caller), enabled: action === "enable" ? 1 : 0 })
          .where("id", "=", id)
          .returningAll()
          .executeTakeFirstOrThrow();
        return collection.toObject(schedule);
      },
    );
  }

  app.delete<ById>(
    "/v4/schedules/:id",
    { schema: { params: idParamsSchema }, config: { summary: "Delete a schedule", status: 204 } },
    async (request, reply) => {
      const { id } = await findSchedule(database, request.caller, readId(request));
      await database.deleteFrom("schedules").where("id", "=", id).execute();
      return reply.send();
    },
  );
}

function createCollection(database: Database): Collection<Schedule> {
  return {
    name: "schedules",
    columns: Object.fromEntries(
      ["id", "name", "createdAt", "updatedAt"].map((field) => [field, `schedules.${field}`]),
    ),
    embeds: embedPeople<Schedule>(database),
    toObject: (row) => ({
      id: row.id,
      name: row.name,
      triggers: parseStored(row.triggers),
      tasks: parseStored(row.tasks),
      enabled: row.enabled === 1,
      disableReason: null,
      ...toOwnership(row),
    }),
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

async function toColumns(database: Database, caller: Caller, { name, triggers, tasks }: ScheduleBody) {
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
