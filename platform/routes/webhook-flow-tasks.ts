import type { FastifyInstance } from "fastify";
import { ValidationFailed } from "../errors.js";
import { findFlow, selectAccessibleFlowIds, touchFlow } from "../flows/access.js";
import { toWebhookObject } from "../flows/answers.js";
import { stampNew, stampUpdate } from "../ownership.js";
import type { Caller, Platform } from "../platform.js";
import { toNotFound } from "../reading.js";
import { idParamsSchema, idSchema, readId, toId, type ById, type IdValue } from "../request.js";
import type { Database } from "../store/database.js";

interface NewWebhook {
  name: string;
  flowId: IdValue;
  url: string;
  method: string;
  triggerEvent: string;
  triggerObject: "any" | "some";
  flowNodeIds?: IdValue[];
  body?: string | null;
  headers?: Record<string, string>;
  secretKey?: string | null;
  sslVerification?: boolean;
  retryOnFailure?: boolean;
}

const newWebhookSchema = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, maxLength: 255 },
    flowId: idSchema,
    url: { type: "string", pattern: "^https?://", maxLength: 4000 },
    method: { type: "string", enum: ["delete", "get", "patch", "post", "put"] },
    triggerEvent: { type: "string", enum: ["onJobFailure", "onJobSuccess", "onJobDone"] },
    triggerObject: { type: "string", enum: ["any", "some"], description: "some: the recipes in flowNodeIds" },
    flowNodeIds: { type: "array", maxItems: 1000, items: idSchema },
    body: { type: "string", maxLength: 100_000, nullable: true },
    headers: {
      type: "object",
      additionalProperties: { type: "string", maxLength: 10_000 },
      maxProperties: 100,
    },
    secretKey: { type: "string", maxLength: 1000, nullable: true },
    sslVerification: { type: "boolean", description: "true when not given" },
    retryOnFailure: { type: "boolean", description: "false when not given" },
  },
  required: ["name", "flowId", "url", "method", "triggerEvent", "triggerObject"],
  additionalProperties: false,
} as const;

/** `/v4/webhookFlowTasks`: calls after a run. The API has no list and no change; headers and key are never answered. */
export function registerWebhookFlowTasks(app: FastifyInstance, platform: Platform): void {
  const { database } = platform;

  app.get<ById>(
    "/v4/webhookFlowTasks/:id",
    { schema: { params: idParamsSchema }, config: { summary: "One webhook" } },
    async (request) => toWebhookObject(await findWebhook(database, request.caller, readId(request))),
  );

  app.post<{ Body: NewWebhook }>(
    "/v4/webhookFlowTasks",
    { schema: { body: newWebhookSchema }, config: { summary: "Add a webhook to a flow", status: 201 } },
    (request) =>
      database
        .transaction()
        .execute((transaction) => createWebhook(transaction, platform, request.caller, request.body)),
  );

  app.delete<ById>(
    "/v4/webhookFlowTasks/:id",
    { schema: { params: idParamsSchema }, config: { summary: "Delete a webhook", status: 204 } },
    async (request, reply) => {
      await database.transaction().execute(async (transaction) => {
        const webhook = await findWebhook(transaction, request.caller, readId(request));
        await transaction.deleteFrom("webhookFlowTasks").where("id", "=", webhook.id).execute();
        await touchFlow(transaction, webhook.flowId, stampUpdate(request.caller));
      });
      return reply.send();
    },
  );
}

async function createWebhook(database: Database, { sealer }: Platform, caller: Caller, body: NewWebhook) {
  const flow = await findFlow(database, caller, toId(body.flowId));
  const nodeIds = (body.flowNodeIds ?? []).map(toId);
  await checkNodes(database, flow.id, body.triggerObject, nodeIds);
  const secretKey = body.secretKey ?? null;
  const row = await database
    .insertInto("webhookFlowTasks")
    .values({
      ...stampNew(caller),
      flowId: flow.id,
      name: body.name,
      url: body.url,
      method: body.method,
      triggerEvent: body.triggerEvent,
      triggerObject: body.triggerObject,
      body: body.body ?? null,
      headers: sealer.seal(JSON.stringify(body.headers ?? {})),
      secretKey: secretKey === null ? null : sealer.seal(secretKey),
      sslVerification: (body.sslVerification ?? true) ? 1 : 0,
      retryOnFailure: (body.retryOnFailure ?? false) ? 1 : 0,
      flowNodeIds: JSON.stringify(nodeIds),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await touchFlow(database, flow.id, stampUpdate(caller));
  return toWebhookObject(row);
}

async function checkNodes(
  database: Database,
  flowId: number,
  triggerObject: NewWebhook["triggerObject"],
  nodeIds: readonly number[],
): Promise<void> {
  if (triggerObject === "some" && nodeIds.length === 0) {
    throw new ValidationFailed(
      'flowNodeIds: with triggerObject "some", name the recipes whose runs call the webhook',
    );
  }
  if (nodeIds.length === 0) return;
  const known = await database
    .selectFrom("flowNodes")
    .select("id")
    .where("flowId", "=", flowId)
    .where("id", "in", nodeIds)
    .execute();
  const ids = new Set(known.map((row) => row.id));
  const foreign = nodeIds.filter((id) => !ids.has(id));
  if (foreign.length === 0) return;
  throw new ValidationFailed(`flowNodeIds: ${foreign.join(", ")} are not recipes of flow ${flowId}`);
}

async function findWebhook(database: Database, caller: Caller, id: number) {
  const row = await database
    .selectFrom("webhookFlowTasks")
    .selectAll()
    .where("id", "=", id)
    .where("flowId", "in", selectAccessibleFlowIds(database, caller))
    .executeTakeFirst();
  if (row) return row;
  throw toNotFound("webhook", id);
}
