import type { FastifyInstance } from "fastify";
import type { Selectable } from "kysely";
import type { JsonObject } from "../flow/model.js";
import type { Collection } from "./listing.js";
import { stampNew, stampUpdate, toUpdated } from "./ownership.js";
import { embedPeople } from "./person-embeds.js";
import type { Caller, Platform } from "./platform.js";
import { registerReading, type Readable } from "./reading.js";
import { idParamsSchema, readId, type ById } from "./request.js";
import type { Flag, JsonText, MomentColumns, OwnedColumns } from "./store/schema.js";
import { checkTriggers, triggersSchema, type Trigger } from "./triggers.js";

/** Tables whose rows are schedules. */
export type ScheduleTable = "schedules" | "deploymentSchedules";

/** Members that the body of every schedule has. */
export interface ScheduleBody {
  name: string;
  triggers: Trigger[];
  enabled?: boolean;
}

/** Schemas of the members of `ScheduleBody`. */
export const scheduleMembers = {
  name: { type: "string", minLength: 1, maxLength: 255 },
  triggers: triggersSchema,
  enabled: {
    type: "boolean",
    description: "true when a create does not say; as it was when a change does not",
  },
} as const;

/** Columns that every table of schedules has. */
export interface StoredSchedule extends Selectable<OwnedColumns & MomentColumns> {
  name: string;
  triggers: JsonText;
  enabled: Flag;
}

/** What the schedules of one kind are: everything but the routes, which are the same for all. */
export interface ScheduleDefinition<
  Table extends ScheduleTable,
  Row extends StoredSchedule,
  Body extends ScheduleBody,
> extends Pick<Readable<Table, Row>, "noun" | "filters" | "isExtension" | "select"> {
  readonly table: Table;
  /** Schema of a new one and of a changed one. */
  readonly schema: object;
  /** The schedule of an id that the caller may use; throws when there is none. */
  readonly find: (caller: Caller, id: number) => Promise<Row>;
  readonly toObject: (row: Row) => JsonObject;
  /** What a body sets, but for `enabled`; throws `ValidationFailed` when it names what is not there. */
  readonly toColumns: (
    caller: Caller,
    body: Body,
  ) => Promise<
    Pick<StoredSchedule, "name" | "triggers"> &
      Omit<Row, keyof OwnedColumns | keyof MomentColumns | "enabled">
  >;
}

/** Registers list, count, read, create, replace, enable, disable and delete of schedules under `/v4/<table>`. */
export function registerScheduleRoutes<
  Table extends ScheduleTable,
  Row extends StoredSchedule,
  Body extends ScheduleBody,
>(app: FastifyInstance, { database }: Platform, definition: ScheduleDefinition<Table, Row, Body>): void {
  const { noun, find, toColumns } = definition;
  const table: ScheduleTable = definition.table;
  const path = `/v4/${table}`;
  const extension = definition.isExtension === true ? { isExtension: true } : {};
  const collection: Collection<Row> = {
    name: table,
    columns: Object.fromEntries(
      ["id", "name", "createdAt", "updatedAt"].map((field) => [field, `${table}.${field}`]),
    ),
    embeds: embedPeople<Row>(database),
    toObject: definition.toObject,
  };
  registerReading(app, { ...definition, path, collection });

  app.post(
    path,
    {
      schema: { body: definition.schema },
      config: { summary: `Create a ${noun}`, status: 201, ...extension },
    },
    async (request) => {
      const { caller } = request;
      const body = request.body as Body;
      checkTriggers(body.triggers, []);
      const schedule = await database
        .insertInto(table)
        .values({
          ...stampNew(caller),
          ...(await toColumns(caller, body)),
          enabled: body.enabled === false ? 0 : 1,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return collection.toObject(schedule as Row);
    },
  );

  app.put<ById>(
    `${path}/:id`,
    {
      schema: { params: idParamsSchema, body: definition.schema },
      config: { summary: `Replace a ${noun}`, ...extension },
    },
    async (request) => {
      const { caller } = request;
      const body = request.body as Body;
      const schedule = await find(caller, readId(request));
      checkTriggers(body.triggers, JSON.parse(schedule.triggers) as Trigger[]);
      const stamp = stampUpdate(caller);
      const enabled = body.enabled === undefined ? schedule.enabled : body.enabled ? 1 : 0;
      await database
        .updateTable(table)
        .set({ ...stamp, ...(await toColumns(caller, body)), enabled, nextMoment: null })
        .where("id", "=", schedule.id)
        .execute();
      return toUpdated(schedule.id, stamp);
    },
  );

  for (const action of ["enable", "disable"] as const) {
    app.post<ById>(
      `${path}/:id/${action}`,
      { schema: { params: idParamsSchema }, config: { summary: `${action} a ${noun}`, ...extension } },
      async (request) => {
        const { id } = await find(request.caller, readId(request));
        const schedule = await database
          .updateTable(table)
          .set({ ...stampUpdate(request.caller), enabled: action === "enable" ? 1 : 0, nextMoment: null })
          .where("id", "=", id)
          .returningAll()
          .executeTakeFirstOrThrow();
        return collection.toObject(schedule as Row);
      },
    );
  }

  app.delete<ById>(
    `${path}/:id`,
    {
      schema: { params: idParamsSchema },
      config: { summary: `Delete a ${noun}`, status: 204, ...extension },
    },
    async (request, reply) => {
      const { id } = await find(request.caller, readId(request));
      await database.deleteFrom(table).where("id", "=", id).execute();
      return reply.send();
    },
  );
}
