import type { ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { FastifyReply } from "fastify";

/** Time for the receiver to read what was sent. */
const READING_MILLISECONDS = 20;

/** How an answer goes wrong on its way out. */
export interface Breakage {
  /** Bytes of the body that are sent; all when there are fewer. */
  readonly bytes: number;
  /** Content-Length: of what is sent, or of the whole body. */
  readonly declares: "sent" | "whole";
  /** The body goes out in pieces, with a pause in milliseconds before each. */
  readonly pieces?: { readonly bytes: number; readonly milliseconds: number };
  /** What becomes of the connection: it stays open, is closed in order, or is reset. */
  readonly then: "keep" | "close" | "reset";
}

/**
 * Writes the answer past Fastify, which would mend what shall be broken. Resolves when it is out, or its receiver gone;
 * `signal` ends the pauses.
 */
export async function sendBroken(
  reply: FastifyReply,
  body: Buffer,
  { bytes, declares, pieces, then }: Breakage,
  signal: AbortSignal,
): Promise<void> {
  const { raw } = reply;
  const sent = body.subarray(0, bytes);
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) raw.setHeader(name, value);
  raw.setHeader("content-length", declares === "sent" ? sent.length : body.length);
  raw.flushHeaders();
  await flushed(raw, Buffer.alloc(0));
  if (pieces) {
    for (let at = 0; at < sent.length && !raw.destroyed; at += pieces.bytes) {
      await wait(pieces.milliseconds, undefined, { signal }).catch(() => undefined);
      await flushed(raw, sent.subarray(at, at + pieces.bytes));
    }
  } else await flushed(raw, sent);
  if (then === "reset") {
    // A reset overtakes what its receiver has not read yet.
    await wait(READING_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    resetConnection(reply);
  } else if (then === "close") raw.socket?.destroySoon();
  else raw.end();
}

/** Resets the connection, as the network or a killed process does. */
export function resetConnection(reply: FastifyReply): void {
  reply.raw.socket?.resetAndDestroy();
}

/** Resolves when the system has the bytes, or the connection is gone. */
function flushed(raw: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const { socket } = raw;
    if (!socket || socket.destroyed) {
      resolve();
      return;
    }
    socket.once("close", resolve);
    const done = () => {
      socket.removeListener("close", resolve);
      resolve();
    };
    if (bytes.length > 0) raw.write(bytes);
    // Behind everything that was written before, the head too.
    socket.write("", done);
  });
}
