import type { FastifyInstance } from "fastify";
import type { JsonObject } from "../../flow/model.js";
import { ConflictException } from "../errors.js";
import { findFlow, selectAccessibleFlowIds, touchFlow } from "../flows/access.js";
import { toOverrideObject } from "../flows/answers.js";
import { stampNew, stampUpdate, toUpdated } from "../ownership.js";
import type { Caller, Platform } from "../platform.js";
import { toNotFound } from "../reading.js";
import { idParamsSchema, idSchema, readId, toId, type ById, type IdValue } from "../request.js";
import type { Database } from "../store/database.js";

interface NewOverride {
  flowId: IdValue;
  overrideKey: string;
  value: JsonObject;
}

const overrideKeySchema = { type: "string", minLength: 1, maxLength: 255 } as const;
const valueSchema = {
  type: "object",
  minProperties: 1,
  maxProperties: 1,
  properties: {
    variable: { type: "object", properties: { value: {} }, required: ["value"] },
    timestamp: { type: "object" },
    pattern: { type: "object" },
    selector: { type: "object" },
    dateRange: { type: "object" },
  },
  additionalProperties: false,
  description: 'For example {"variable":{"value":"02"}}',
} as const;

const newOverrideSchema = {
  type: "object",
  properties: { flowId: idSchema, overrideKey: overrideKeySchema, value: valueSchema },
  required: ["flowId", "overrideKey", "value"],
  additionalProperties: false,
} as const;

const changedOverrideSchema = {
  type: "object",
  properties: { overrideKey: overrideKeySchema, value: valueSchema },
  minProperties: 1,
  additionalProperties: false,
} as const;

/** `/v4/flowRunParameterOverrides`: values of a flow that win over its parameters' defaults. Listed as an embed of flows. */
export function registerFlowRunParameterOverrides(app: FastifyInstance, platform: Platform): void {
  const { database } = platform;

  app.get<ById>(
    "/v4/flowRunParameterOverrides/:id",
    { schema: { params: idParamsSchema }, config: { summary: "One parameter override" } },
    async (request) => toOverrideObject(await findOverride(database, request.caller, readId(request))),
  );

  app.post<{ Body: NewOverride }>(
    "/v4/flowRunParameterOverrides",
    {
      schema: { body: newOverrideSchema },
      config: { summary: "Override a parameter of a flow", status: 201 },
    },
    (request) =>
      database.transaction().execute(async (transaction) => {
        const { overrideKey, value } = request.body;
        const flow = await findFlow(transaction, request.caller, toId(request.body.flowId));
        await refuseSecond(transaction, flow.id, overrideKey);
        const row = await transaction
          .insertInto("flowRunParameterOverrides")
          .values({ ...stampNew(request.caller), flowId: flow.id, overrideKey, value: JSON.stringify(value) })
          .returningAll()
          .executeTakeFirstOrThrow();
        await touchFlow(transaction, flow.id, stampUpdate(request.caller));
        return toOverrideObject(row);
      }),
  );

  app.patch<ById & { Body: { overrideKey?: string; value?: JsonObject } }>(
    "/v4/flowRunParameterOverrides/:id",
    {
      schema: { params: idParamsSchema, body: changedOverrideSchema },
      config: { summary: "Change a parameter override; members not given stay" },
    },
    (request) =>
      database.transaction().execute(async (transaction) => {
        const row = await findOverride(transaction, request.caller, readId(request));
        const { overrideKey, value } = request.body;
        if (overrideKey !== undefined && overrideKey !== row.overrideKey) {
          await refuseSecond(transaction, row.flowId, overrideKey);
        }
        const stamp = stampUpdate(request.caller);
        await transaction
          .updateTable("flowRunParameterOverrides")
          .set({ ...stamp, overrideKey, value: value && JSON.stringify(value) })
          .where("id", "=", row.id)
          .execute();
        await touchFlow(transaction, row.flowId, stamp);
        return toUpdated(row.id, stamp);
      }),
  );

  app.delete<ById>(
    "/v4/flowRunParameterOverrides/:id",
    { schema: { params: idParamsSchema }, config: { summary: "Delete a parameter override", status: 204 } },
    async (request, reply) => {
      await database.transaction().execute(async (transaction) => {
        const row = await findOverride(transaction, request.caller, readId(request));
        await transaction.deleteFrom("flowRunParameterOverrides").where("id", "=", row.id).execute();
        await touchFlow(transaction, row.flowId, stampUpdate(request.caller));
      });
      return reply.send();
    },
  );
}

async function findOverride(database: Database, caller: Caller, id: number) {
  const row = await database
    .selectFrom("flowRunParameterOverrides")
    .selectAll()
    .where("id", "=", id)
    .where("flowId", "in", selectAccessibleFlowIds(database, caller))
    .executeTakeFirst();
  if (row) return row;
  throw toNotFound("parameter override", id);
}

async function refuseSecond(database: Database, flowId: number, overrideKey: string): Promise<void> {
  const other = await database
    .selectFrom("flowRunParameterOverrides")
    .select("id")
    .where("flowId", "=", flowId)
    .where("overrideKey", "=", overrideKey)
    .executeTakeFirst();
  if (!other) return;
  throw new ConflictException(
    `Flow ${flowId} already overrides "${overrideKey}", by override ${other.id}; change that one`,
  );
}
