import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { decodeUtf8, describeUnstorable } from "../../flow/storable-text.js";
import { canonical } from "./canonical.js";

/**
 * A fingerprint of a secret for state: `<salt>.<mac>`, HMAC-SHA-256 under a random key of its own. It tells
 * whether a value changed and cannot be compared between resources. Stored encrypted, as the salt stands beside it.
 */
export function fingerprint(value: unknown): string {
  const salt = randomBytes(16).toString("hex");
  return `${salt}.${mac(salt, value)}`;
}

/** Whether `value` is the one that the fingerprint was made of. */
export function matchesFingerprint(value: unknown, known: unknown): boolean {
  if (typeof known !== "string") return false;
  const [salt = "", expected = ""] = known.split(".");
  const actual = Buffer.from(mac(salt, value));
  return actual.length === expected.length && timingSafeEqual(actual, Buffer.from(expected));
}

function mac(salt: string, value: unknown): string {
  return createHmac("sha256", Buffer.from(salt, "hex")).update(canonical(value)).digest("hex");
}

/** A secret by reference: the value stays outside state and is read whenever it is needed. */
export interface SecretReference {
  fromEnv?: string;
  fromFile?: string;
}

/** A reference points at nothing. Names the variable or file, never a value. */
export class SecretUnavailable extends Error {
  override readonly name = "SecretUnavailable";
}

/** The value with every `{fromEnv}` and `{fromFile}` inside replaced by what it points at. Throws {@link SecretUnavailable}. */
export function resolveReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolveReferences);
  if (typeof value !== "object" || value === null) return value;
  return (
    resolveReference(value) ??
    Object.fromEntries(Object.entries(value).map(([key, member]) => [key, resolveReferences(member)]))
  );
}

/** What a reference points at; undefined for an object that is none. Throws {@link SecretUnavailable}. */
export function resolveReference(value: object): string | undefined {
  const { fromEnv, fromFile } = value as SecretReference;
  if (typeof fromEnv === "string") return fromEnvironment(fromEnv);
  return typeof fromFile === "string" ? fromDisk(fromFile) : undefined;
}

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "")
    throw new SecretUnavailable(`the environment variable ${name} is not set`);
  return value;
}

function fromDisk(path: string): string {
  const text = decodeUtf8(readBytes(path));
  if (text === undefined) throw new SecretUnavailable(`the file ${path} is not text in UTF-8`);
  const problem = describeUnstorable(text);
  if (problem !== undefined) throw new SecretUnavailable(`the file ${path} ${problem}`);
  return text.replace(/\r?\n$/, "");
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SecretUnavailable(`the file ${path} cannot be read`, { cause });
  }
}
