import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import type { Selectable } from "kysely";
import { hashToken, makeTokenValue } from "../auth.js";
import { DataNotFoundException, ValidationFailed } from "../errors.js";
import type { Caller, Platform } from "../platform.js";
import type { ApiAccessTokenRow } from "../store/schema.js";

interface NewToken {
  lifetimeSeconds: number;
  description?: string;
}

interface ByTokenId {
  Params: { tokenId: string };
}

const newTokenSchema = {
  type: "object",
  properties: {
    lifetimeSeconds: {
      type: "integer",
      minimum: -1,
      maximum: 10_000_000_000,
      description: "-1: never expires",
    },
    description: { type: "string", maxLength: 1000 },
  },
  required: ["lifetimeSeconds"],
  additionalProperties: false,
} as const;

const tokenParamsSchema = {
  type: "object",
  properties: { tokenId: { type: "string", maxLength: 100, description: "UUID of the token" } },
  required: ["tokenId"],
} as const;

/** `/v4/apiAccessTokens`: a person's own tokens; a value is answered once and never stored. */
export function registerApiAccessTokens(app: FastifyInstance, platform: Platform): void {
  const own = (caller: Caller) =>
    platform.database
      .selectFrom("apiAccessTokens")
      .selectAll()
      .where("environmentId", "=", caller.environmentId)
      .where("personId", "=", caller.personId);

  app.post<{ Body: NewToken }>(
    "/v4/apiAccessTokens",
    { schema: { body: newTokenSchema }, config: { summary: "Make a token", status: 201 } },
    async (request) => makeToken(platform, request.caller, request.body),
  );

  app.get("/v4/apiAccessTokens", { config: { summary: "List the caller's tokens" } }, async (request) => ({
    data: (await own(request.caller).orderBy("createdAt", "desc").execute()).map(toTokenInfo),
  }));

  app.get<ByTokenId>(
    "/v4/apiAccessTokens/:tokenId",
    { schema: { params: tokenParamsSchema }, config: { summary: "One token" } },
    async (request) => {
      const token = await own(request.caller)
        .where("tokenId", "=", request.params.tokenId)
        .executeTakeFirst();
      if (!token) throw toNotFound(request.params.tokenId);
      return toTokenInfo(token);
    },
  );

  app.delete<ByTokenId>(
    "/v4/apiAccessTokens/:tokenId",
    { schema: { params: tokenParamsSchema }, config: { summary: "Revoke a token", status: 204 } },
    async (request, reply) => {
      const { numDeletedRows } = await platform.database
        .deleteFrom("apiAccessTokens")
        .where("environmentId", "=", request.caller.environmentId)
        .where("personId", "=", request.caller.personId)
        .where("tokenId", "=", request.params.tokenId)
        .executeTakeFirst();
      if (numDeletedRows === 0n) throw toNotFound(request.params.tokenId);
      return reply.send();
    },
  );
}

async function makeToken(platform: Platform, caller: Caller, body: NewToken) {
  if (body.lifetimeSeconds === 0) {
    throw new ValidationFailed("lifetimeSeconds must be -1 (never expires) or 1 or more");
  }
  const tokenValue = makeTokenValue();
  const now = Date.now();
  const token = await platform.database
    .insertInto("apiAccessTokens")
    .values({
      tokenId: randomUUID(),
      environmentId: caller.environmentId,
      personId: caller.personId,
      tokenHash: hashToken(tokenValue),
      description: body.description ?? "",
      isStartToken: 0,
      expiredAt: body.lifetimeSeconds < 0 ? null : new Date(now + body.lifetimeSeconds * 1000).toISOString(),
      lastUsed: null,
      createdAt: new Date(now).toISOString(),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return { tokenValue, tokenInfo: toTokenInfo(token) };
}

function toTokenInfo(row: Selectable<ApiAccessTokenRow>) {
  return {
    tokenId: row.tokenId,
    description: row.description,
    expiredAt: row.expiredAt,
    lastUsed: row.lastUsed,
    createdAt: row.createdAt,
  };
}

function toNotFound(tokenId: string): DataNotFoundException {
  return new DataNotFoundException(`The caller has no token ${tokenId}`);
}
