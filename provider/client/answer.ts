import type { z } from "zod";
import { printable } from "../../flow/printable.js";
import type { PlatformError } from "./errors.js";
import {
  Conflict,
  InvalidRequest,
  NotFound,
  RouteNotFound,
  Unauthorized,
  Unavailable,
  UnexpectedAnswer,
} from "./errors.js";

/** One exchange, as far as errors need it. */
export interface Exchange {
  method: string;
  url: string;
  status: number;
  headers: Headers;
}

interface Exception {
  name: string;
  message: string;
  details: string;
}

/** Parses a successful answer's body and holds it against what we rely on. Throws {@link UnexpectedAnswer}. */
export function parseAnswer<T>(exchange: Exchange, body: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    // Not every platform version answers a change with a body; whoever needs one says so in the schema.
    value = body === "" ? undefined : JSON.parse(body);
  } catch (cause) {
    throw new UnexpectedAnswer(
      `${where(exchange)} answered ${exchange.status} with something that is not JSON (${kindOf(exchange, body)}); check that the endpoint is the base URL of a platform, without /v4`,
      facts(exchange, { cause }),
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  if (value === undefined)
    throw new UnexpectedAnswer(
      `${where(exchange)} answered ${exchange.status} with an empty body where the v4 API has one`,
      facts(exchange),
    );
  const [issue] = parsed.error.issues;
  throw new UnexpectedAnswer(
    `${where(exchange)} answered ${exchange.status}, but ${issue?.path.join(".") || "the body"} is not as the v4 API says: ${issue?.message ?? "unknown"}`,
    facts(exchange),
  );
}

/** Throws {@link UnexpectedAnswer} for a page of HTML in place of a package: a proxy or a sign-in answered. */
export function refusePage(exchange: Exchange, bytes: number): void {
  if (exchange.headers.get("content-type")?.startsWith("text/html") !== true) return;
  throw new UnexpectedAnswer(
    `${where(exchange)} answered ${exchange.status} with a page of HTML (${bytes} bytes) in place of a package; check that the endpoint is the base URL of a platform, without /v4`,
    facts(exchange),
  );
}

/** The error that an unsuccessful answer stands for. */
export function toError(exchange: Exchange, body: string): PlatformError {
  const { status } = exchange;
  const exception = parseException(body);
  const said = exception
    ? printable(`${exception.name}: ${[exception.message, exception.details].filter(Boolean).join(" - ")}`)
    : kindOf(exchange, body);
  const message = `${where(exchange)} answered ${status} ${said}`;
  const base = facts(exchange, exception ? { code: exception.name } : {});

  if (status === 429)
    return new Unavailable(message, { ...base, retryAfter: retryAfter(exchange.headers), notExecuted: true });
  if (status >= 500)
    return new Unavailable(message, {
      ...base,
      retryAfter: retryAfter(exchange.headers),
      notExecuted: false,
    });
  if (status === 401)
    return new Unauthorized(
      `${message}; check sluice:token (or SLUICE_TOKEN): it is missing, wrong or expired`,
      base,
    );
  if (status === 403)
    return new Unauthorized(
      `${message}; the account of this token may not do this (or see this object)`,
      base,
    );
  // Without the envelope the answer is a proxy's or a stranger's: it says nothing about the object.
  if (!exception)
    return new UnexpectedAnswer(
      `${message}; check that the endpoint is the base URL of a platform, without /v4`,
      base,
    );
  if (exception.name === "RouteNotFoundException") return new RouteNotFound(message, base);
  if (status === 404 || status === 410) return new NotFound(message, base);
  if (status === 409) return new Conflict(message, base);
  if (status >= 400) return new InvalidRequest(message, base);
  return new UnexpectedAnswer(message, base);
}

/** The error for an exchange that never got an answer. */
export function toNetworkError(
  method: string,
  url: string,
  cause: unknown,
  timeoutSeconds: number,
): Unavailable {
  const code = networkCode(cause);
  return new Unavailable(`${method} ${url}: ${networkReason(code, timeoutSeconds)}`, {
    status: 0,
    method,
    url,
    code,
    cause,
    notExecuted: code in UNREACHED,
  });
}

/** Why an exchange with this code never got an answer, and what to look at. */
export function networkReason(code: string, timeoutSeconds: number): string {
  const unreached = UNREACHED[code];
  if (unreached !== undefined) return unreached;
  if (code === "TimeoutError") return `no answer within ${timeoutSeconds} s (sluice:timeoutSeconds)`;
  return code.startsWith("ERR_SSL")
    ? `what listens there does not speak TLS as the endpoint says (${code}); is it http:// in sluice:endpoint?`
    : `the connection failed (${code})`;
}

const NO_WAY = "no connection is made from here; is sluice:endpoint right, and is the network there?";

/** Codes of a connection that was never made, so that nothing can have been carried out, and what they stand for. */
const UNREACHED: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there; is the platform running, and sluice:endpoint right?",
  ENOTFOUND: "there is no host of this name; is sluice:endpoint right?",
  EAI_AGAIN: "the host's name cannot be looked up; is the network there?",
  EHOSTUNREACH: NO_WAY,
  ENETUNREACH: NO_WAY,
  UND_ERR_CONNECT_TIMEOUT: NO_WAY,
};

function networkCode(cause: unknown): string {
  for (let error = cause; error instanceof Error; error = error.cause) {
    if (error.name === "TimeoutError") return "TimeoutError";
    if ("code" in error && typeof error.code === "string") return error.code;
    if (error instanceof AggregateError && error.errors[0] instanceof Error)
      return networkCode(error.errors[0]);
  }
  // Not the message: one about a header or an address would quote it.
  return cause instanceof Error ? cause.name : "unknown";
}

function parseException(body: string): Exception | undefined {
  try {
    const value = JSON.parse(body) as { exception?: Record<string, unknown> } | null;
    const exception = value?.exception;
    if (typeof exception !== "object" || typeof exception.name !== "string") return undefined;
    return { name: exception.name, message: asText(exception.message), details: asText(exception.details) };
  } catch {
    return undefined;
  }
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Delay in seconds: `x-retry-after` is the platform's own header, `Retry-After` a proxy's (seconds or a date). */
function retryAfter(headers: Headers): number | undefined {
  const value = headers.get("x-retry-after") ?? headers.get("retry-after");
  if (value === null) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}

function where(exchange: Exchange): string {
  return `${exchange.method} ${exchange.url}`;
}

function kindOf(exchange: Exchange, body: string): string {
  const type = exchange.headers.get("content-type")?.split(";")[0] ?? "no content type";
  return body.length === 0 ? "an empty body" : `${type}, ${body.length} characters`;
}

function facts(exchange: Exchange, more: { code?: string; cause?: unknown } = {}) {
  return {
    status: exchange.status,
    method: exchange.method,
    url: exchange.url,
    requestId:
      exchange.headers.get("x-trifacta-request-id") ?? exchange.headers.get("x-request-id") ?? undefined,
    ...more,
  };
}
