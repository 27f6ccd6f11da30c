import { createServer, request as sendRequest } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** When a write is interrupted: before the platform hears of it, or when it has answered and nobody has heard the answer. */
export type Moment = "before" | "after";

/** One write of an undisturbed run: how it goes, and which of those it is. */
export interface Write {
  /** Method and path without ids, as in `PATCH /v4/releases/N`. */
  readonly kind: string;
  /** Counted from 0 among writes of this kind. */
  readonly occurrence: number;
}

/** What stands between the provider and a platform that comes and goes. */
export interface Stage {
  /** Base URL to give to the provider. */
  readonly endpoint: string;
  /** Sends requests there from now on. */
  lead(platformEndpoint: string): void;
  /** Writes since the last call, in order. */
  takeWrites(): readonly Write[];
  /** Resolves when this write is stopped at that moment; the caller is not answered until `letGo`. Once only. */
  stopAt(write: Write, moment: Moment): Promise<void>;
  /** Breaks the connection of what was stopped. */
  letGo(): void;
  close(): Promise<void>;
}

/** Starts a stage on a free port; it leads nowhere yet. */
export async function openStage(): Promise<Stage> {
  let target = new URL("http://127.0.0.1:1/");
  let writes: Write[] = [];
  let stop: { write: Write; moment: Moment; reached: () => void } | undefined;
  let held: ServerResponse[] = [];

  const server = createServer((incoming, outgoing) => {
    const write = countWrite(incoming, writes);
    if (write) writes.push(write);
    const due = write && stop && isSame(write, stop.write) ? stop : undefined;
    if (due) {
      stop = undefined;
      held.push(outgoing);
    }
    if (due?.moment === "before") {
      due.reached();
      return;
    }
    passOn(target, incoming, outgoing, due?.reached);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}/dev`,
    lead: (platformEndpoint) => (target = new URL(platformEndpoint)),
    takeWrites: () => {
      const taken = writes;
      writes = [];
      return taken;
    },
    stopAt: (write, moment) =>
      new Promise((reached) => {
        stop = { write, moment, reached };
      }),
    letGo: () => {
      for (const response of held) response.destroy();
      held = [];
      stop = undefined;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isSame(one: Write, other: Write): boolean {
  return one.kind === other.kind && one.occurrence === other.occurrence;
}

function countWrite(
  { method = "", url = "" }: IncomingMessage,
  earlier: readonly Write[],
): Write | undefined {
  const path = url.replace(/^\/dev/, "").replace(/\?.*$/, "");
  if (method === "GET" || /\/dryRun$/i.test(path)) return undefined;
  const kind = `${method} ${path.replaceAll(/\/\d+/g, "/N")}`;
  return { kind, occurrence: earlier.filter((write) => write.kind === kind).length };
}

/** With `reached`, the answer is kept. */
function passOn(
  target: URL,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  reached?: () => void,
): void {
  const passed = sendRequest(
    {
      host: target.hostname,
      port: target.port,
      agent: false,
      method: incoming.method,
      path: incoming.url,
      headers: { ...incoming.headers, host: target.host },
    },
    (answer) => {
      if (reached) {
        answer.resume();
        answer.once("end", reached);
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      answer.once("error", () => outgoing.destroy());
    },
  );
  // A platform that is not there, or goes, is a broken connection for the caller, too.
  passed.on("error", () => outgoing.destroy());
  incoming.pipe(passed);
}
