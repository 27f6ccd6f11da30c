import type { FastifyInstance } from "fastify";
import { findDeployment } from "../deployments.js";
import {
  checkObjectRules,
  checkValueRules,
  mergeRules,
  objectRuleKey,
  readObjectRules,
  readValueRules,
  valueRuleKey,
  writeObjectRules,
  writeValueRules,
  type ObjectRule,
  type ValueRuleBody,
} from "../import-rules.js";
import type { Platform } from "../platform.js";
import { idParamsSchema, idSchema, readId, type ById } from "../request.js";

const MOST_RULES = 1000;

const objectRulesSchema = {
  type: "array",
  maxItems: MOST_RULES,
  items: {
    type: "object",
    properties: {
      tableName: { type: "string", enum: ["connections"] },
      onCondition: {
        type: "object",
        properties: {
          uuid: { type: "string", minLength: 1, maxLength: 100 },
          id: idSchema,
          name: { type: "string", minLength: 1, maxLength: 255 },
        },
        minProperties: 1,
        additionalProperties: false,
      },
      withCondition: {
        type: "object",
        properties: { id: idSchema },
        required: ["id"],
        additionalProperties: false,
      },
    },
    required: ["tableName", "onCondition", "withCondition"],
    additionalProperties: false,
  },
} as const;

const valueRulesSchema = {
  type: "array",
  maxItems: MOST_RULES,
  items: {
    type: "object",
    properties: {
      type: { type: "string", maxLength: 50 },
      on: { type: "string", maxLength: 4000 },
      with: { type: "string", maxLength: 4000 },
    },
    required: ["type", "on", "with"],
    additionalProperties: false,
  },
} as const;

/**
 * The import rules of a deployment. They act on later imports only. PATCH answers the rules that it deleted, as the
 * product does, and in `data` the rules that are now in force, which is our addition.
 */
export function registerImportRules(app: FastifyInstance, platform: Platform): void {
  const { database, settings } = platform;

  app.get<ById>(
    "/v4/deployments/:id/objectImportRules",
    { schema: { params: idParamsSchema }, config: { summary: "The rules for connections, in order" } },
    async (request) => {
      const { id } = await findDeployment(database, request.caller, readId(request));
      return { data: await readObjectRules(database, id) };
    },
  );

  app.patch<ById & { Body: ObjectRule[] }>(
    "/v4/deployments/:id/objectImportRules",
    {
      schema: { params: idParamsSchema, body: objectRulesSchema },
      config: { summary: "Set rules for connections" },
    },
    (request) =>
      database.transaction().execute(async (transaction) => {
        const { id } = await findDeployment(transaction, request.caller, readId(request));
        await checkObjectRules(transaction, request.caller.environmentId, request.body);
        const present = await readObjectRules(transaction, id);
        const { deleted, inForce } = mergeRules(settings.importRules, present, request.body, objectRuleKey);
        await writeObjectRules(transaction, id, inForce);
        return { deleted, data: inForce };
      }),
  );

  app.get<ById>(
    "/v4/deployments/:id/valueImportRules",
    { schema: { params: idParamsSchema }, config: { summary: "The rules for values, in order" } },
    async (request) => {
      const { id } = await findDeployment(database, request.caller, readId(request));
      return { data: await readValueRules(database, id) };
    },
  );

  app.patch<ById & { Body: ValueRuleBody[] }>(
    "/v4/deployments/:id/valueImportRules",
    {
      schema: { params: idParamsSchema, body: valueRulesSchema },
      config: { summary: "Set rules for values" },
    },
    (request) =>
      database.transaction().execute(async (transaction) => {
        const { id } = await findDeployment(transaction, request.caller, readId(request));
        checkValueRules(request.body);
        const present = await readValueRules(transaction, id);
        const { deleted, inForce } = mergeRules(settings.importRules, present, request.body, valueRuleKey);
        await writeValueRules(transaction, id, inForce);
        return { deleted, data: inForce };
      }),
  );
}
