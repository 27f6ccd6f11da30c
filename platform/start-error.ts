export type StartErrorCode =
  | "port-taken"
  | "port-refused"
  | "data-not-writable"
  | "data-locked"
  | "store-too-new"
  | "store-unreadable"
  | "key-unusable"
  | "invalid-option";

/** Why a platform did not start. The message names the port, file or option and what to do. */
export class StartError extends Error {
  constructor(
    readonly code: StartErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "StartError";
  }
}
