import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

/**
 * A platform in a process of its own and, on Linux, with its data in memory, so that it does not slow down the program that is
 * measured: users have theirs on another machine, and its waiting for a disk is not what a plugin costs.
 */
export interface Server {
  /** Base URL of the environment `prod`. */
  readonly endpoint: string;
  readonly token: string;
  /** Methods of the requests that were answered since the last call. */
  takeRequests(): Promise<string[]>;
  stop(): Promise<void>;
}

/** Start token of every platform that is measured. */
export const BENCH_TOKEN = "bench-token-52c7";
const MEMORY = "/dev/shm";

/** Starts the platform as a user does, and reads what it was asked out of its log. */
export async function startServer(folder: string): Promise<Server> {
  const logPath = join(folder, "platform.log");
  const log = await open(logPath, "w");
  const data = await makeDataFolder();
  const child = spawn(process.execPath, [...commandLine(data)], {
    env: { ...process.env, SLUICE_PLATFORM_TOKEN: BENCH_TOKEN },
    stdio: ["ignore", "pipe", log.fd],
  });
  await log.close();
  const endpoint = await readEndpoint(child);
  let position = 0;
  return {
    endpoint,
    token: BENCH_TOKEN,
    takeRequests: async () => {
      const lines = (await readFile(logPath, "utf8")).split("\n");
      const fresh = lines.slice(position, -1);
      position = lines.length - 1;
      return fresh.flatMap((line) => {
        const { method } = JSON.parse(line) as { method?: string };
        return method === undefined ? [] : [method];
      });
    },
    stop: async () => {
      await stopProcess(child);
      await rm(data, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function makeDataFolder(): Promise<string> {
  const parent = await access(MEMORY).then(
    () => MEMORY,
    () => tmpdir(),
  );
  return mkdtemp(join(parent, "sluice-bench-"));
}

/** Arguments of Node.js that start a platform in `directory`. */
export function commandLine(directory: string): readonly string[] {
  const main = resolve(__dirname, "..", "dist", "cli", "main.js");
  return [main, "platform", "start", "--port", "0", "--data", directory, "--environment", "prod"];
}

/** Ends a platform as a user does, and waits for its end. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/** The address that a starting platform prints as soon as it answers. Throws when it ends without one. */
export async function readEndpoint({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error("the platform has no output to read its address from");
  for await (const line of createInterface({ input: stdout })) {
    const url = /^prod: (http:\S+)$/.exec(line)?.[1];
    if (url === undefined) continue;
    stdout.resume();
    return url;
  }
  throw new Error("the platform ended without printing an address; run `npm run platform` to see why");
}
