import { spawn, type ChildProcessByStdio } from "node:child_process";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { TOKEN } from "./platform-fixture.js";

const MAIN = resolve(__dirname, "../../dist/cli/main.js");
const DEADLINE_MILLISECONDS = 20_000;

/** A platform in a process of its own, started with the built command line. */
export interface PlatformProcess {
  /** Base URL of the environment dev. */
  readonly endpoint: string;
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** Exit code and signal, once it has ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** What it has printed so far. */
  readonly printed: { out: string; error: string };
}

/** What is special about the system that a platform's process sees. */
export interface ProcessSurroundings {
  /** Folder where a small disk is mounted; Linux only. */
  readonly smallDiskAt?: string;
  /** Size of that disk; 1 when not given. */
  readonly smallDiskMegabytes?: number;
  /** Time zone of the machine. */
  readonly timeZone?: string;
}

/** Runs `sluice platform …` and does not wait for anything. It is killed when the test ends. */
export function runPlatformCommand(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = { SLUICE_PLATFORM_TOKEN: TOKEN },
  { smallDiskAt, smallDiskMegabytes = 1 }: ProcessSurroundings = {},
): Omit<PlatformProcess, "endpoint"> {
  const command = [process.execPath, MAIN, "platform", ...args];
  const [program = "", ...rest] =
    smallDiskAt === undefined ? command : onSmallDisk(smallDiskAt, smallDiskMegabytes, command);
  const child = spawn(program, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...environment },
  });
  const printed = { out: "", error: "" };
  child.stdout.on("data", (bytes: Buffer) => (printed.out += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (printed.error += bytes.toString()));
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) => {
    child.on("close", (code, signal) => done({ code, signal }));
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { process: child, ended, printed };
}

/** Mounts a disk in a name space that the command alone sees; the command takes the shell's place. */
function onSmallDisk(folder: string, megabytes: number, command: readonly string[]): string[] {
  const script = `mount -t tmpfs -o size=${megabytes}m none "$0" && exec "$@"`;
  return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, folder, ...command];
}

/** Starts a platform on a free port with the environment dev and waits until it says that it listens. */
export async function startPlatformProcess(
  directory: string,
  surroundings: ProcessSurroundings = {},
  options: readonly string[] = [],
): Promise<PlatformProcess> {
  const { timeZone } = surroundings;
  const environment = {
    SLUICE_PLATFORM_TOKEN: TOKEN,
    ...(timeZone === undefined ? {} : { TZ: timeZone }),
  };
  const running = runPlatformCommand(
    ["start", "--data", directory, "--environment", "dev", "--log", "silent", ...options],
    environment,
    surroundings,
  );
  const endpoint = await new Promise<string>((found, fail) => {
    const late = setTimeout(
      () => fail(new Error(`no address in time; printed: ${running.printed.error}`)),
      DEADLINE_MILLISECONDS,
    );
    running.process.stdout.on("data", () => {
      const url = /^dev: (\S+)$/m.exec(running.printed.out)?.[1];
      if (url === undefined) return;
      clearTimeout(late);
      found(url);
    });
    void running.ended.then(({ code }) => {
      clearTimeout(late);
      fail(new Error(`the platform ended with ${code}: ${running.printed.error}`));
    });
  });
  return { ...running, endpoint };
}

/** One request with the start token; throws when the connection breaks. */
export async function request(endpoint: string, method: string, path: string, body?: unknown) {
  const isForm = body instanceof FormData;
  const response = await fetch(`${endpoint}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
  });
  const text = await response.text();

  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}
