import { createServer, request as sendRequest } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request on its way to the platform. */
export interface ProxiedRequest {
  readonly method: string;
  /** Path and query, with the environment in front. */
  readonly path: string;
}

/** What the proxy does with a request; without one it passes it on. */
export type Interference =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** The platform never hears of it; the caller is refused with all that it sent, in clear and as in a URL. */
  | { readonly kind: "echo" }
  /** The platform never hears of it, and the caller hears nothing. */
  | { readonly kind: "silence" }
  /** The platform does it; its answer is kept from the caller, for good or until this resolves. */
  | { readonly kind: "hold-answer"; readonly until?: Promise<unknown> };

/** A stage between provider and platform on which answers get lost, late or wrong. */
export interface PlatformProxy {
  /** Base URL to give to the provider in place of the platform's. */
  readonly endpoint: string;
  /** Requests since the proxy started, in order. */
  readonly requests: readonly ProxiedRequest[];
  /** Decides from now on; undefined passes everything on. */
  interfere(decide: ((request: ProxiedRequest) => Interference | undefined) | undefined): void;
  /** Resolves when the platform has answered a request whose answer is being held. */
  held(): Promise<ProxiedRequest>;
  close(): Promise<void>;
}

/** Starts a proxy on a free port before one environment of a platform. */
export async function startPlatformProxy(platformEndpoint: string): Promise<PlatformProxy> {
  const target = new URL(platformEndpoint);
  const requests: ProxiedRequest[] = [];
  let decide: ((request: ProxiedRequest) => Interference | undefined) | undefined;
  let onHeld: (request: ProxiedRequest) => void = () => undefined;

  const server = createServer((incoming, outgoing) => {
    const request = { method: incoming.method ?? "", path: incoming.url ?? "" };
    requests.push(request);
    const interference = decide?.(request);
    if (interference?.kind === "silence") return;
    if (interference?.kind === "answer") {
      incoming.resume();
      outgoing.writeHead(interference.status, interference.headers).end(interference.body ?? "");
      return;
    }
    if (interference?.kind === "echo") {
      void echo(incoming, outgoing);
      return;
    }
    passOn(target, incoming, (answer) => {
      if (interference?.kind !== "hold-answer") relay(answer, outgoing);
      else if (interference.until) {
        onHeld(request);
        void interference.until.then(() => relay(answer, outgoing));
      } else {
        answer.resume();
        answer.once("end", () => onHeld(request));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}${target.pathname.replace(/\/$/, "")}`,
    requests,
    interfere: (next) => {
      decide = next;
    },
    held: () => new Promise((resolve) => (onHeld = resolve)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function passOn(target: URL, incoming: IncomingMessage, onAnswer: (answer: IncomingMessage) => void): void {
  const headers: IncomingHttpHeaders = { ...incoming.headers, host: target.host };
  const options = { host: target.hostname, port: target.port, agent: false, headers };
  const outgoing = sendRequest({ ...options, method: incoming.method, path: incoming.url }, onAnswer);
  // A caller that was killed must not stop the platform from finishing what it was asked.
  outgoing.on("error", () => incoming.destroy());
  incoming.pipe(outgoing);
}

async function echo(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await text(incoming);
  const details = [JSON.stringify(incoming.headers), encodeURIComponent(body), incoming.url ?? ""];
  const exception = { name: "ValidationFailed", message: `this is refused: ${body}`, details };
  outgoing.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ exception }));
}

function relay(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(outgoing);
}
