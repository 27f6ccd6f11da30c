import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { Client } from "../../../provider/client/client.js";
import type { ClientSettings } from "../../../provider/client/client.js";

/** Credential of every client of these tests; no message may hold it. */
export const TOKEN = "canary-token-7d1f";

/** What the server does with one request; the last step of a script goes on for ever. */
export type Step =
  | {
      status: number;
      body?: unknown;
      headers?: Record<string, string>;
    }
  /** Cuts the connection before an answer. */
  | "cut"
  /** Never answers. */
  | "silent"
  /** Begins an answer and cuts the connection in the middle of the body. */
  | "half";

export interface ReceivedRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** Milliseconds on the monotonic clock. */
  at: number;
}

export interface ScriptedServer {
  url: string;
  requests: ReceivedRequest[];
}

/** A real HTTP server that answers from a script; it stops when the test ends. */
export async function startServer(
  script: readonly Step[] | ((request: ReceivedRequest) => Step),
): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const received = {
        method: request.method ?? "",
        url: request.url ?? "",
        headers: request.headers,
        body,
        at: performance.now(),
      };
      requests.push(received);
      const step =
        typeof script === "function"
          ? script(received)
          : (script[Math.min(requests.length, script.length) - 1] ?? "cut");
      perform(step, request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function perform(step: Step, request: IncomingMessage, response: ServerResponse): void {
  if (step === "silent") return;
  if (step === "cut") request.socket.destroy();
  else if (step === "half") {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write('{"id":', () => request.socket.destroy());
  } else {
    const text =
      step.body === undefined || typeof step.body === "string" ? step.body : JSON.stringify(step.body);
    response.writeHead(step.status, { "content-type": "application/json", ...step.headers });
    response.end(text ?? "");
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** A client of the server with two retries. */
export function clientOf(endpoint: string, settings: Partial<ClientSettings> = {}): Client {
  return new Client({
    endpoint,
    authorization: `Bearer ${TOKEN}`,
    timeoutSeconds: 10,
    retries: 2,
    requestsPerSecond: 0,
    ...settings,
  });
}

/** An error in the platform's envelope. */
export function exception(name: string, message: string, details?: string): unknown {
  return { exception: { name, message, details } };
}

/** The error that an action ends with; anything else fails the test. */
export async function errorOf(action: Promise<unknown>): Promise<Error> {
  try {
    await action;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error("expected the action to fail, but it succeeded");
}
