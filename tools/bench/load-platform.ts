import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { BENCH_TOKEN } from "../bench-server.js";

/** Bytes that a process takes after a garbage collection, and took at most. */
export interface Memory {
  readonly resident: number;
  readonly largest: number;
}

/** A platform in a process of its own. */
export interface LoadPlatform {
  readonly endpoint: string;
  /** Of `startPlatform`, without Node.js and the loading of its modules. */
  readonly startMilliseconds: number;
  /** Collects garbage, then looks. */
  memory(): Promise<Memory>;
  stop(): Promise<void>;
}

type Message =
  | ({ readonly kind: "memory" } & Memory)
  | { readonly kind: "started"; readonly endpoint: string; readonly milliseconds: number };

/** Starts a platform on a data directory. Throws when it ends instead. */
export async function startLoadPlatform(data: string): Promise<LoadPlatform> {
  const child = fork(join(__dirname, "load-process.cjs"), [data, BENCH_TOKEN], { execArgv: ["--expose-gc"] });
  const next = async <Kind extends Message["kind"]>(
    kind: Kind,
  ): Promise<Extract<Message, { kind: Kind }>> => {
    const waiting = new AbortController();
    const ended = once(child, "exit", { signal: waiting.signal }).then(() => {
      throw new Error(`the platform on ${data} ended; what it printed says why`);
    });
    // Ended waiting is no failure.
    ended.catch(() => undefined);
    const [message] = (await Promise.race([once(child, "message"), ended])) as [Message];
    waiting.abort();
    if (message.kind !== kind) throw new Error(`the platform said ${message.kind} in place of ${kind}`);
    return message as Extract<Message, { kind: Kind }>;
  };
  const { endpoint, milliseconds } = await next("started");
  return {
    endpoint,
    startMilliseconds: milliseconds,
    memory: async () => {
      const answer = next("memory");
      child.send("memory");
      return answer;
    },
    stop: async () => {
      const ended = once(child, "exit");
      child.send("stop");
      await ended;
    },
  };
}
