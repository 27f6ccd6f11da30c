import { PlatformError } from "../client/errors.js";
import { ConfigurationError } from "../config.js";
import { ImportIdRefused } from "../framework/import-id.js";
import { SecretUnavailable } from "../framework/secrets.js";
import { NewerState } from "../framework/state.js";

/** Whether the message alone says what is wrong: with the platform, the settings, a secret or state, not with this code. */
export function isForUsers(error: unknown): error is Error {
  return (
    error instanceof PlatformError ||
    error instanceof ConfigurationError ||
    error instanceof ImportIdRefused ||
    error instanceof NewerState ||
    error instanceof SecretUnavailable
  );
}
