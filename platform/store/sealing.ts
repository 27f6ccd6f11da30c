import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Kysely } from "kysely";
import { StartError } from "../start-error.js";
import type { Tables } from "./schema.js";
import { STORED_NAMES } from "./stored-names.js";

/** Encrypts what must never be read from the database file: credentials and webhook headers. */
export interface Sealer {
  seal(plain: string): string;
  /** Throws for a text that another key sealed, or that was changed since. */
  unseal(sealed: string): string;
}

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Permissions of anybody but the owner. */
const OTHERS = 0o077;

/**
 * A sealer with the key of a data directory, which is made (mode 0600) on the first start. Throws `StartError` when other users
 * can read the key, and when it is not there or another one although `sealed`, something of the store, was sealed before.
 */
export function openSealer(directory: string, sealed?: string): Sealer {
  const file = join(directory, STORED_NAMES.key);
  if (!existsSync(file)) {
    if (sealed !== undefined)
      throw keyError(`${file} is missing, and the store holds what it encrypted: put it back`);
    writeFileSync(file, randomBytes(KEY_BYTES), { mode: 0o600, flag: "wx", flush: true });
  }
  // Windows has no such modes.
  const mode = process.platform === "win32" ? 0 : statSync(file).mode & 0o777;
  if ((mode & OTHERS) !== 0)
    throw keyError(`${file} can be read by other users (mode ${mode.toString(8)}): run chmod 600 on it`);
  const key = readFileSync(file);
  if (key.length !== KEY_BYTES)
    throw keyError(`${file} is no key: it has ${key.length} bytes in place of ${KEY_BYTES}`);
  const sealer = sealerWith(key);
  if (sealed !== undefined && !isOwn(sealer, sealed))
    throw keyError(`${file} is not the key that the store was encrypted with: put the right one back`);
  return sealer;
}

function sealerWith(key: Buffer): Sealer {
  return {
    seal: (plain) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, iv);
      const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64");
    },
    unseal: (sealed) => {
      const bytes = Buffer.from(sealed, "base64");
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)).toString("utf8") + decipher.final("utf8");
    },
  };
}

/** Something that was sealed at an earlier start, if there is anything. */
export async function findSealed(database: Kysely<Tables>): Promise<string | undefined> {
  const connection = await database
    .selectFrom("connections")
    .select("credentials as sealed")
    .where("credentials", "is not", null)
    .limit(1)
    .executeTakeFirst();
  const found =
    connection ??
    (await database.selectFrom("webhookFlowTasks").select("headers as sealed").limit(1).executeTakeFirst());
  return found?.sealed ?? undefined;
}

function isOwn(sealer: Sealer, sealed: string): boolean {
  try {
    sealer.unseal(sealed);
    return true;
  } catch {
    return false;
  }
}

function keyError(message: string): StartError {
  return new StartError("key-unusable", message);
}
