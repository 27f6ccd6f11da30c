import { PlatformError } from "../client/errors.js";
import { ConfigurationError } from "../config.js";
import { SecretUnavailable } from "../framework/secrets.js";

/** Whether the message alone says what is wrong: with the platform, the settings or a secret, not with this code. */
export function isForUsers(error: unknown): error is Error {
  return (
    error instanceof PlatformError ||
    error instanceof ConfigurationError ||
    error instanceof SecretUnavailable
  );
}
