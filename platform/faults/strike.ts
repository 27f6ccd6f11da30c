import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { setTimeout as wait } from "node:timers/promises";
import type { FaultControl } from "../faults.js";
import { resetConnection, sendBroken, type Breakage } from "./broken-answer.js";
import type { BeforeWrite } from "./before-last-write.js";
import type { Fault } from "./fault.js";

/** What the later hooks have to know of a request that the first one saw. */
interface Struck {
  readonly fault: Fault | null;
  readonly beforeWrite: BeforeWrite | null;
}

/**
 * Adds the hooks by which faults strike: before anything is done, and when all is done and the answer is about to leave.
 * `record` is told of requests that get no answer at all.
 */
export function installFaults(
  app: FastifyInstance,
  control: FaultControl,
  record: (request: FastifyRequest, status: number) => void,
): void {
  const struck = new WeakMap<FastifyRequest, Struck>();

  app.addHook("onRequest", async function strikeRequest(request, reply) {
    const fault = control.next(request, reply);
    if (fault !== null && (await isAnsweredBefore(control, fault, request, reply, record))) return reply;
    const isWrite = request.method !== "GET" && !isDryRun(request);
    const beforeWrite =
      isWrite && control.isCopying ? await control.beforeLastWrite.copy(request.environment.name) : null;
    struck.set(request, { fault, beforeWrite });
    return undefined;
  });

  // When the body is there: the request can be carried out though its sender is gone by then.
  app.addHook("preHandler", async function strikeBegin(request) {
    const fault = struck.get(request)?.fault;
    if (fault?.kind === "delay" && fault.when !== "after") await pause(control, fault.milliseconds);
  });

  app.addHook("onSend", async function strikeReply(request, reply, payload: unknown) {
    const { fault, beforeWrite } = struck.get(request) ?? { fault: null, beforeWrite: null };
    struck.delete(request);
    if (reply.statusCode < 400) await beforeWrite?.keep();
    else beforeWrite?.drop();
    return fault === null ? payload : strikeAnswer(control, fault, reply, payload);
  });
}

/** Nothing changes by a dry run, so it is no write that a read could come before. */
function isDryRun(request: FastifyRequest): boolean {
  return /\/dryRun$/i.test(request.routeOptions.url ?? "");
}

/** Strikes before anything is done; false when the request is to be carried out. */
async function isAnsweredBefore(
  control: FaultControl,
  fault: Fault,
  request: FastifyRequest,
  reply: FastifyReply,
  record: (request: FastifyRequest, status: number) => void,
): Promise<boolean> {
  switch (fault.kind) {
    case "status":
      if (fault.when === "after") return false;
      void reply.send(setAnswer(reply, fault));
      return true;
    case "cut":
      if (fault.at !== "request") return false;
      leaveUnanswered(request, reply, record);
      return true;
    case "crash":
      if (fault.when === "after") return false;
      control.crash?.();
      leaveUnanswered(request, reply, record);
      return true;
    case "stale":
      return answerStale(control, request, reply);
    case "delay":
    case "slow-body":
    case "truncated":
    case "rate-limit":
      return false;
  }
}

function leaveUnanswered(
  request: FastifyRequest,
  reply: FastifyReply,
  record: (request: FastifyRequest, status: number) => void,
): void {
  record(request, 0);
  reply.hijack();
  resetConnection(reply);
}

async function answerStale(
  control: FaultControl,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  const { environment, originalUrl, headers } = request;
  const answer = await control.beforeLastWrite.answer(environment.name, originalUrl, headers);
  if (!answer) return false;
  const { "content-type": contentType, "content-disposition": disposition } = answer.headers;
  if (contentType !== undefined) reply.header("content-type", contentType);
  if (disposition !== undefined) reply.header("content-disposition", disposition);
  void reply.code(answer.statusCode).send(answer.rawPayload);
  return true;
}

/** Strikes the answer of what was carried out; gives what is sent in its place. */
async function strikeAnswer(
  control: FaultControl,
  fault: Fault,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  switch (fault.kind) {
    case "status":
      return setAnswer(reply, fault);
    case "delay":
      if (fault.when === "after") await pause(control, fault.milliseconds);
      return payload;
    case "crash":
      control.crash?.();
      resetConnection(reply);
      return new Promise(() => undefined);
    case "cut":
      if (fault.at === "answer") resetConnection(reply);
      else await breakAnswer(control, reply, payload, (whole) => toCut(fault, whole));
      // Fastify waits for a payload for ever: it has nothing left to send.
      return new Promise(() => undefined);
    case "truncated":
      await breakAnswer(control, reply, payload, (whole) => toTruncated(fault, whole));
      return new Promise(() => undefined);
    case "slow-body":
      await breakAnswer(control, reply, payload, (whole) => ({
        bytes: whole,
        declares: "whole",
        pieces: fault,
        then: "keep",
      }));
      return new Promise(() => undefined);
    case "stale":
    case "rate-limit":
      return payload;
  }
}

function breakAnswer(
  control: FaultControl,
  reply: FastifyReply,
  payload: unknown,
  toBreakage: (whole: number) => Breakage,
): Promise<void> {
  const body = toBytes(payload);
  return sendBroken(reply, body, toBreakage(body.length), control.ending);
}

function toCut({ at, bytes }: Fault & { kind: "cut" }, whole: number): Breakage {
  const inBody = bytes ?? Math.floor(whole / 2);
  return {
    bytes: at === "head" ? 0 : at === "body" ? inBody : whole,
    declares: "whole",
    then: "reset",
  };
}

function toTruncated(
  { bytes, contentLength = "right" }: Fault & { kind: "truncated" },
  whole: number,
): Breakage {
  const isWrong = contentLength === "wrong";
  return {
    bytes: bytes ?? Math.floor(whole / 2),
    declares: isWrong ? "whole" : "sent",
    then: isWrong ? "close" : "keep",
  };
}

/** Routes answer JSON, which Fastify has made text of by now, and packages. */
function toBytes(payload: unknown): Buffer {
  if (payload === null || payload === undefined) return Buffer.alloc(0);
  if (typeof payload === "string") return Buffer.from(payload);
  if (payload instanceof Uint8Array) return Buffer.from(payload);
  throw new TypeError(`an answer of type ${typeof payload} cannot be broken`);
}

/** Sets status and headers; gives the body. */
function setAnswer(reply: FastifyReply, fault: Fault & { kind: "status" }): string {
  const { status, retryAfter, xRetryAfter, contentType = "application/json; charset=utf-8", body } = fault;
  reply.code(status).header("content-type", contentType).removeHeader("content-length");
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  if (xRetryAfter !== undefined) reply.header("x-retry-after", xRetryAfter);
  if (body !== undefined || status === 204 || status === 304) return body ?? "";
  return JSON.stringify({
    exception: { name: "InjectedFault", message: `A fault rule answers ${status}`, details: null },
  });
}

function pause(control: FaultControl, milliseconds: number): Promise<void> {
  return wait(milliseconds, undefined, { signal: control.ending }).catch(() => undefined);
}
