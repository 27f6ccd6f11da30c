import { DataNotFoundException, ValidationFailed } from "../errors.js";
import type { Caller, Platform } from "../platform.js";
import { toId, type IdValue } from "../request.js";
import { findConnection } from "../routes/connections.js";

/**
 * The connection id of a request body. Throws `ValidationFailed` when the caller may use no such connection. Not for
 * use inside a transaction: it reads through the platform's own connection to the store.
 */
export async function checkConnectionId(
  platform: Platform,
  caller: Caller,
  id: IdValue | null | undefined,
): Promise<number | null> {
  if (id === null || id === undefined) return null;
  try {
    return (await findConnection(platform, caller, toId(id))).id;
  } catch (error) {
    if (!(error instanceof DataNotFoundException)) throw error;
    throw new ValidationFailed(`connectionId: ${error.message}`);
  }
}
