import type { Fault } from "../../platform/index.js";

/** What the client must make of a fault. */
export type Effect =
  /** The answer is whole and in time. */
  | "harmless"
  /** No answer, or one that says nothing of the request: what is safe to repeat is repeated. */
  | "transient"
  /** The platform says that it did nothing: everything is repeated. */
  | "postponed"
  /** An answer that another attempt would not change: nothing is repeated. */
  | "final"
  /** Depends on what is asked next, and when. */
  | "any";

/** One way in which a request goes wrong. */
export interface NamedFault {
  readonly name: string;
  readonly fault: Fault;
  readonly effect: Effect;
  /** Strikes every such request, and not the first only. */
  readonly isForEver?: true;
  /** Keeps the answer for longer than the client waits. */
  readonly isLate?: true;
  /** Makes no sense for a GET, because the client is right to ask in another way. */
  readonly isForWrites?: true;
  /** Is about reads only. */
  readonly isForReads?: true;
  /** True: the request was carried out. */
  readonly isDone: boolean;
}

/** Text that stands for a secret of the request, in the answer of a platform that quotes it. */
export const QUOTED = "%quoted%";

/** Seconds that the client waits where a fault is late; the others have no need to hurry. */
export const SHORT_TIMEOUT = 2;
const TOO_LATE = 2300;

const page = { contentType: "text/html", body: "<html><body>Sign in to continue</body></html>" };
const refusal = (name: string, message: string) =>
  JSON.stringify({ exception: { name, message, details: null } });

/** A platform that asks for more than the client waits at once; each case of it takes a minute. */
export const hourLong: readonly NamedFault[] = [
  {
    name: "429 with Retry-After of an hour",
    fault: { kind: "status", status: 429, retryAfter: 3600 },
    effect: "postponed",
    isDone: false,
  },
  {
    name: "503 with x-retry-after of an hour",
    fault: { kind: "status", status: 503, xRetryAfter: 3600 },
    effect: "transient",
    isDone: false,
  },
];

const before: readonly Omit<NamedFault, "isDone">[] = [
  { name: "500", fault: { kind: "status", status: 500 }, effect: "transient" },
  {
    name: "502 of a gateway",
    fault: { kind: "status", status: 502, ...page },
    effect: "transient",
  },
  {
    name: "503 with Retry-After",
    fault: { kind: "status", status: 503, retryAfter: 0 },
    effect: "transient",
  },
  {
    name: "503 with x-retry-after",
    fault: { kind: "status", status: 503, xRetryAfter: "0.01" },
    effect: "transient",
  },
  {
    name: "503 for ever",
    fault: { kind: "status", status: 503, xRetryAfter: 0 },
    effect: "transient",
    isForEver: true,
  },
  { name: "429", fault: { kind: "status", status: 429 }, effect: "postponed" },
  {
    name: "429 for ever",
    fault: { kind: "status", status: 429, xRetryAfter: 0 },
    effect: "postponed",
    isForEver: true,
  },
  { name: "the rate limit", fault: { kind: "rate-limit", requests: 0, seconds: 0.2 }, effect: "postponed" },
  {
    name: "401",
    fault: { kind: "status", status: 401, body: refusal("UnauthorizedException", "No access") },
    effect: "final",
  },
  {
    name: "403",
    fault: { kind: "status", status: 403, body: refusal("AccessControlException", "Not yours") },
    effect: "final",
  },
  {
    name: "400 that quotes the request",
    fault: { kind: "status", status: 400, body: refusal("ValidationFailed", `this is wrong: ${QUOTED}`) },
    effect: "final",
    isForWrites: true,
  },
  { name: "404 of a proxy", fault: { kind: "status", status: 404, ...page }, effect: "final" },
  { name: "a page of HTML with 200", fault: { kind: "status", status: 200, ...page }, effect: "final" },
  { name: "a cut at the request", fault: { kind: "cut", at: "request" }, effect: "transient" },
  {
    name: "a cut at every request",
    fault: { kind: "cut", at: "request" },
    effect: "transient",
    isForEver: true,
  },
];

const after: readonly Omit<NamedFault, "isDone">[] = [
  {
    name: "504 after it is done",
    fault: { kind: "status", status: 504, when: "after" },
    effect: "transient",
  },
  { name: "a cut at the answer", fault: { kind: "cut", at: "answer" }, effect: "transient" },
  { name: "a cut after the head", fault: { kind: "cut", at: "head" }, effect: "transient" },
  { name: "a cut in the body", fault: { kind: "cut", at: "body" }, effect: "transient" },
  { name: "a cut at the end", fault: { kind: "cut", at: "end" }, effect: "any" },
  { name: "a truncated body", fault: { kind: "truncated" }, effect: "final" },
  {
    name: "a truncated body and the length of a whole one",
    fault: { kind: "truncated", contentLength: "wrong" },
    effect: "transient",
  },
  { name: "a short delay", fault: { kind: "delay", milliseconds: 30 }, effect: "harmless" },
  {
    name: "a delay before it is done",
    fault: { kind: "delay", milliseconds: TOO_LATE },
    effect: "transient",
    isLate: true,
  },
  {
    name: "a delay after it is done",
    fault: { kind: "delay", milliseconds: TOO_LATE, when: "after" },
    effect: "transient",
    isLate: true,
  },
  {
    name: "a slow body",
    fault: { kind: "slow-body", bytes: 100_000, milliseconds: 20 },
    effect: "harmless",
  },
  {
    name: "a body that is too slow",
    fault: { kind: "slow-body", bytes: 100_000, milliseconds: TOO_LATE },
    effect: "transient",
    isLate: true,
  },
  {
    name: "a stale answer",
    fault: { kind: "stale" },
    effect: "any",
    isForEver: true,
    isForReads: true,
  },
];

/** Every fault of the platform's control, but the crash, which takes all requests with it. */
export const faultList: readonly NamedFault[] = [
  ...before.map((fault) => ({ ...fault, isDone: false })),
  ...after.map((fault) => ({ ...fault, isDone: true })),
];
