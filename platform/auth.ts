import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { FastifyRequest } from "fastify";
import { isDiskError } from "./disk-error.js";
import { UnauthorizedException } from "./errors.js";
import type { AuthenticatedCaller, Platform } from "./platform.js";

const scryptAsync = promisify<string, Buffer, number, Buffer>(scrypt);
const PASSWORD_KEY_BYTES = 32;
/** A token's last use is written at most this often, so that reading does not cost a write each time. */
const LAST_USED_MILLISECONDS = 60_000;
/** Characters from which on nobody guesses a token. Those that the platform makes are longer; a chosen one may be shorter. */
const UNGUESSABLE_CHARACTERS = 16;

/** A hash as the store keeps them, of no password that anybody knows. */
const NOBODYS_PASSWORD = [16, PASSWORD_KEY_BYTES]
  .map((size) => randomBytes(size).toString("base64"))
  .join(":");

/** A new token value: 256 random bits. */
export function makeTokenValue(): string {
  return randomBytes(32).toString("base64url");
}

/** What the store keeps of a token. */
export function hashToken(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}

/** What the store keeps of a password: salt and scrypt key. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await scryptAsync(password, salt, PASSWORD_KEY_BYTES);
  return `${salt.toString("base64")}:${key.toString("base64")}`;
}

/**
 * Finds who asks, by `Authorization: Bearer <token>` or `Basic <email>:<password or token>`. Throws
 * `UnauthorizedException` without saying which part was wrong, and `TooManyRequestsException` to who guesses.
 */
export async function authenticate(
  platform: Platform,
  environment: { readonly id: number; readonly name: string },
  request: FastifyRequest,
): Promise<AuthenticatedCaller> {
  const [scheme = "", credentials = ""] = (request.headers.authorization ?? "").split(/\s+/, 2);
  const personId = await findPerson(platform, environment.id, scheme.toLowerCase(), credentials, request.ip);
  const person =
    personId === null
      ? undefined
      : await platform.database
          .selectFrom("people")
          .select(["id", "isAdmin", "isDisabled", "isReadOnly", "isDeployer"])
          .where("id", "=", personId)
          .executeTakeFirst();
  if (!person || person.isDisabled) {
    throw new UnauthorizedException(
      `No access to environment "${environment.name}": send "Authorization: Bearer <token>" with a valid token of this environment`,
    );
  }
  return {
    environmentId: environment.id,
    environment: environment.name,
    personId: person.id,
    isAdmin: person.isAdmin === 1,
    isReadOnly: person.isReadOnly === 1,
    isDeployer: person.isDeployer === 1,
  };
}

async function findPerson(
  platform: Platform,
  environmentId: number,
  scheme: string,
  credentials: string,
  address: string,
): Promise<number | null> {
  if (credentials === "") return null;
  if (scheme === "bearer") {
    const byToken = () => findByToken(platform, environmentId, credentials);
    if (credentials.length >= UNGUESSABLE_CHARACTERS) return byToken();
    return platform.signInLimit.attempt(JSON.stringify([address]), byToken);
  }
  if (scheme !== "basic") return null;
  const text = Buffer.from(credentials, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return null;
  const [email, password] = [text.slice(0, colon), text.slice(colon + 1)];
  return platform.signInLimit.attempt(JSON.stringify([address, environmentId, email]), () =>
    findByPassword(platform, environmentId, email, password),
  );
}

async function findByToken(platform: Platform, environmentId: number, value: string): Promise<number | null> {
  const hash = hashToken(value);
  const token = await platform.database
    .selectFrom("apiAccessTokens")
    .select(["tokenId", "tokenHash", "personId", "expiredAt", "lastUsed"])
    .where("environmentId", "=", environmentId)
    .where("tokenHash", "=", hash)
    .executeTakeFirst();
  if (!token || !isEqual(token.tokenHash, hash)) return null;
  const now = new Date();
  if (token.expiredAt !== null && Date.parse(token.expiredAt) <= now.getTime()) return null;
  if (token.lastUsed === null || now.getTime() - Date.parse(token.lastUsed) > LAST_USED_MILLISECONDS) {
    await platform.database
      .updateTable("apiAccessTokens")
      .set({ lastUsed: now.toISOString() })
      .where("tokenId", "=", token.tokenId)
      .execute()
      .catch(passDiskError);
  }
  return token.personId;
}

/** Who only reads is served on a full disk, too. */
function passDiskError(error: unknown): void {
  if (!isDiskError(error)) throw error;
}

/** A person without a password of their own signs in with one of their tokens in its place. */
async function findByPassword(
  platform: Platform,
  environmentId: number,
  email: string,
  password: string,
): Promise<number | null> {
  const person = await platform.database
    .selectFrom("people")
    .select(["id", "passwordHash"])
    .where("environmentId", "=", environmentId)
    .where("email", "=", email)
    .executeTakeFirst();
  // The same work for everybody: how long an answer takes must not tell who is known here, and who has a password.
  const [salt = "", key = ""] = (person?.passwordHash ?? NOBODYS_PASSWORD).split(":");
  const given = await scryptAsync(password, Buffer.from(salt, "base64"), PASSWORD_KEY_BYTES);
  const isRight = timingSafeEqual(given, Buffer.from(key, "base64"));
  if (!person) return null;
  if (isRight && person.passwordHash !== null) return person.id;
  return (await findByToken(platform, environmentId, password)) === person.id ? person.id : null;
}

function isEqual(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(left), Buffer.from(right));
}
