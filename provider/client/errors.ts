/** What the platform refused or could not do. Subclasses exist only where a caller branches on them. */
export class PlatformError extends Error {
  override readonly name: string = "PlatformError";
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The exception's name in the platform's envelope, for example `ValidationFailed`; empty without one. */
  readonly code: string;
  readonly method: string;
  readonly url: string;
  readonly requestId: string | undefined;

  constructor(message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.status = facts.status;
    this.code = facts.code ?? "";
    this.method = facts.method;
    this.url = facts.url;
    this.requestId = facts.requestId;
  }
}

export interface ErrorFacts {
  status: number;
  method: string;
  url: string;
  code?: string;
  requestId?: string | undefined;
  cause?: unknown;
}

/** The object is gone: 404 or 410 *with* the platform's error envelope. A 403 is never this. */
export class NotFound extends PlatformError {
  override readonly name = "NotFound";
}

/** 404 for the path itself: this platform does not offer the operation. */
export class RouteNotFound extends PlatformError {
  override readonly name = "RouteNotFound";
}

/** 400 and its kin: the request can never succeed as it is. */
export class InvalidRequest extends PlatformError {
  override readonly name = "InvalidRequest";
}

/** 401 or 403. */
export class Unauthorized extends PlatformError {
  override readonly name = "Unauthorized";
}

/** 409, or our own finding that somebody else holds the name. */
export class Conflict extends PlatformError {
  override readonly name = "Conflict";
}

/** 429, 5xx, a cut connection or a time-out: the retryable one. */
export class Unavailable extends PlatformError {
  override readonly name = "Unavailable";
  /** Seconds to wait as the platform asked; undefined when it did not say. */
  readonly retryAfter: number | undefined;
  /** True when the platform cannot have carried the request out (429, connection refused). */
  readonly notExecuted: boolean;

  constructor(
    message: string,
    facts: ErrorFacts & { retryAfter?: number | undefined; notExecuted: boolean },
  ) {
    super(message, facts);
    this.retryAfter = facts.retryAfter;
    this.notExecuted = facts.notExecuted;
  }
}

/** The user interrupted the engine: the request was not sent, or its answer not waited for. Never a reason to repeat it. */
export class Interrupted extends PlatformError {
  override readonly name = "Interrupted";

  constructor(method: string, url: string, cause?: unknown) {
    super(`${method} ${url} was interrupted; run \`pulumi up\` again`, { status: 0, method, url, cause });
  }
}

/** The operation used up the time that the program allows it: the request was not sent, or its answer not waited for. */
export class OutOfTime extends PlatformError {
  override readonly name = "OutOfTime";

  constructor(method: string, url: string, cause?: unknown) {
    super(
      `${method} ${url} would take longer than \`customTimeouts\` of the resource allows; allow more, or run \`pulumi up\` again when the platform is quicker`,
      { status: 0, method, url, cause },
    );
  }
}

/** The answer is not what a platform with the v4 API says; `endpoint` points somewhere else, or a proxy answers for it. */
export class UnexpectedAnswer extends PlatformError {
  override readonly name = "UnexpectedAnswer";
}
