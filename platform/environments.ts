import { randomUUID } from "node:crypto";
import type { Kysely } from "kysely";
import { hashToken, makeTokenValue } from "./auth.js";
import type { Database } from "./store/database.js";
import type { Tables } from "./store/schema.js";

/** Address of the administrator that every environment has from its start. */
const DEFAULT_PERSON_EMAIL = "admin@sluice.local";

/**
 * Makes the environments, their default administrators and the start token where they are missing, in one
 * transaction. A given token replaces the start token of every environment; without one, a token is made on the first
 * start and kept afterwards. Answers the token's value when this start knows it.
 */
export async function prepareEnvironments(
  database: Kysely<Tables>,
  names: readonly string[],
  givenToken: string | null,
): Promise<{ environments: ReadonlyMap<string, number>; token: string | null }> {
  return database.transaction().execute(async (transaction) => {
    const environments = new Map<string, number>();
    for (const name of names) environments.set(name, await ensureEnvironment(transaction, name));
    const token = await ensureStartToken(transaction, [...environments.values()], givenToken);
    return { environments, token };
  });
}

async function ensureEnvironment(database: Database, name: string): Promise<number> {
  const now = new Date().toISOString();
  const known = await database
    .selectFrom("environments")
    .select("id")
    .where("name", "=", name)
    .executeTakeFirst();
  if (known) return known.id;
  const { id } = await database
    .insertInto("environments")
    .values({ name, createdAt: now })
    .returning("id")
    .executeTakeFirstOrThrow();
  await database
    .insertInto("people")
    .values({
      environmentId: id,
      email: DEFAULT_PERSON_EMAIL,
      name: "Administrator",
      isAdmin: 1,
      isDisabled: 0,
      passwordHash: null,
      lastLoginTime: null,
      createdAt: now,
      updatedAt: now,
    })
    .execute();
  return id;
}

async function ensureStartToken(
  database: Database,
  environmentIds: readonly number[],
  givenToken: string | null,
): Promise<string | null> {
  const stored = await database
    .selectFrom("apiAccessTokens")
    .select(["environmentId", "tokenHash"])
    .where("isStartToken", "=", 1)
    .execute();
  const value = givenToken ?? (stored.length === 0 ? makeTokenValue() : null);
  // A new environment on an old store shares the token that the others already have.
  const tokenHash = value === null ? stored[0]?.tokenHash : hashToken(value);
  if (tokenHash === undefined) throw new Error("a start token is neither given nor stored");
  for (const environmentId of environmentIds) {
    if (stored.some((token) => token.environmentId === environmentId && token.tokenHash === tokenHash))
      continue;
    await replaceStartToken(database, environmentId, tokenHash);
  }
  return value;
}

async function replaceStartToken(
  database: Database,
  environmentId: number,
  tokenHash: string,
): Promise<void> {
  const person = await database
    .selectFrom("people")
    .select("id")
    .where("environmentId", "=", environmentId)
    .where("email", "=", DEFAULT_PERSON_EMAIL)
    .executeTakeFirstOrThrow();
  await database
    .deleteFrom("apiAccessTokens")
    .where("environmentId", "=", environmentId)
    .where((where) => where.or([where("isStartToken", "=", 1), where("tokenHash", "=", tokenHash)]))
    .execute();
  await database
    .insertInto("apiAccessTokens")
    .values({
      tokenId: randomUUID(),
      environmentId,
      personId: person.id,
      tokenHash,
      description: "start token",
      isStartToken: 1,
      expiredAt: null,
      lastUsed: null,
      createdAt: new Date().toISOString(),
    })
    .execute();
}
