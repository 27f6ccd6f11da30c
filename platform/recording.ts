import type { JsonValue } from "../flow/model.js";

/** What a test can ask about a request that the platform answered. Never holds a credential. */
export interface RequestRecord {
  readonly method: string;
  /** Path and query inside the environment, for example `/v4/releases?deploymentId=1`. */
  readonly path: string;
  /** 0 when a fault rule left the request unanswered before anything was done. */
  readonly status: number;
  /** Null when the path named no environment. */
  readonly environment: string | null;
  /** The JSON body with credentials replaced; null when there was none or it was no JSON. */
  readonly body: JsonValue;
  readonly requestId: string;
}

const SECRET_NAMES = /^(credentials|advancedCredentials|headers|authorization)$|password|secret|token/i;

/** A copy of a JSON value in which members whose names speak of secrets are replaced. */
export function redact(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        SECRET_NAMES.test(name) ? "[redacted]" : redact(member),
      ]),
    );
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return null;
}
