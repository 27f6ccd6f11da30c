import type { AddressInfo } from "node:net";
import { isAbsolute, resolve } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Kysely } from "kysely";
import type { DestinationStream, LevelWithSilent } from "pino";
import { prepareEnvironments } from "./environments.js";
import { FaultControl } from "./faults.js";
import { SYSTEM_CLOCK, type Clock } from "./jobs/clock.js";
import { DuckDbEngine } from "./jobs/duckdb/engine.js";
import { JobQueue } from "./jobs/queue.js";
import { ScheduleClock } from "./jobs/schedule-clock.js";
import type { Platform } from "./platform.js";
import type { RequestRecord } from "./recording.js";
import { createServer } from "./server.js";
import { completeSettings, type SettingOptions } from "./settings.js";
import { SignInLimit } from "./sign-in-limit.js";
import { StartError } from "./start-error.js";
import { openBlobs } from "./store/blobs.js";
import { openDatabase } from "./store/database.js";
import { lockDirectory, type DirectoryLock } from "./store/lock.js";
import type { Tables } from "./store/schema.js";
import { findSealed, openSealer } from "./store/sealing.js";

/** What a platform is started with. */
export interface PlatformOptions {
  /** Directory that holds everything; made when missing, used by one platform at a time. */
  readonly data: string;
  /** 0 or not given: any free port. The platform listens on 127.0.0.1 only. */
  readonly port?: number;
  /** Names of environments, each with its own base URL. Those of earlier starts stay in the store. */
  readonly environments: readonly string[];
  /** Token of the default administrator in every environment; made on the first start when not given. */
  readonly token?: string;
  /** Level of the JSON log on stderr, or a stream that takes the log at level info; silent when not given. */
  readonly log?: LevelWithSilent | DestinationStream;
  readonly settings?: SettingOptions;
  /** Time that schedules go by; the machine's when not given. */
  readonly clock?: Clock;
  /** Ends this process at once: what the fault `crash` does. Without it a rule with that fault is refused. */
  readonly crash?: () => void;
}

/** A platform that answers. */
export interface RunningPlatform {
  /** Base URL without environment. */
  readonly url: string;
  readonly port: number;
  /** The start token; null when an earlier start made it and this one was not given it (only its hash is stored). */
  readonly token: string | null;
  /** Base URL of one environment, for clients: `http://127.0.0.1:<port>/<environment>`. */
  endpoint(environment: string): string;
  /** Answers running requests, then stops. Safe to call twice. */
  close(): Promise<void>;
  /** Every request so far, when `settings.recordRequests` is on. */
  readonly requests: readonly RequestRecord[];
  /** What goes wrong on purpose; null unless `settings.faults` is on. */
  readonly faults: FaultControl | null;
}

/**
 * Starts a platform; it answers when the promise resolves. Throws `StartError` when an option is wrong, the port is
 * taken, or the directory cannot be used.
 */
export async function startPlatform(options: PlatformOptions): Promise<RunningPlatform> {
  checkOptions(options);
  const directory = resolve(options.data);
  const lock = lockDirectory(directory);
  let database: Kysely<Tables> | null = null;
  try {
    database = openDatabase(directory);
    const settings = completeSettings(options.settings);
    const { environments, token } = await prepareEnvironments(
      database,
      options.environments,
      options.token ?? null,
    );
    const blobs = openBlobs(directory);
    await removeUnusedBlobs(database, blobs);
    const engine = new DuckDbEngine(settings.jobs);
    const sealer = openSealer(directory, await findSealed(database));
    const jobs = new JobQueue({ database, engine, sealer, directory, settings, environments });
    const faults = settings.faults ? new FaultControl(options.crash ?? null) : null;
    const platform: Platform = {
      directory,
      database,
      blobs,
      sealer,
      settings,
      signInLimit: new SignInLimit(settings.failedSignInsPerMinute),
      jobs,
      environments,
      faults,
    };
    const requests: RequestRecord[] = [];
    const app = createServer(platform, toLogger(options.log), requests);
    await jobs.recover(app.log);
    const port = await listen(app, options.port ?? 0);
    jobs.wake();
    const schedules = new ScheduleClock(platform, options.clock ?? SYSTEM_CLOCK, app.log);
    if (settings.fireSchedules) await schedules.start();
    return toRunning({ platform, schedules, app, lock, port, token, requests });
  } catch (error) {
    await database?.destroy();
    lock.release();
    throw error;
  }
}

function toRunning(parts: {
  readonly platform: Platform;
  readonly schedules: ScheduleClock;
  readonly app: FastifyInstance;
  readonly lock: DirectoryLock;
  readonly port: number;
  readonly token: string | null;
  readonly requests: readonly RequestRecord[];
}): RunningPlatform {
  const url = `http://127.0.0.1:${parts.port}`;
  let closing: Promise<void> | null = null;
  return {
    url,
    port: parts.port,
    token: parts.token,
    requests: parts.requests,
    faults: parts.platform.faults,
    endpoint: (environment) => {
      if (!parts.platform.environments.has(environment)) {
        throw new Error(
          `this platform has no environment "${environment}", only ${[...parts.platform.environments.keys()].join(", ")}`,
        );
      }
      return `${url}/${environment}`;
    },
    close: () => (closing ??= closeAll(parts)),
  };
}

async function closeAll({
  platform,
  schedules,
  app,
  lock,
}: {
  readonly platform: Platform;
  readonly schedules: ScheduleClock;
  readonly app: FastifyInstance;
  readonly lock: DirectoryLock;
}): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), platform.settings.drainMilliseconds);
  try {
    await platform.faults?.close();
    await app.close();
  } finally {
    clearTimeout(cut);
    await schedules.close();
    await platform.jobs.close();
    await platform.database.destroy();
    lock.release();
  }
}

async function listen(app: FastifyInstance, port: number): Promise<number> {
  try {
    await app.listen({ host: "127.0.0.1", port });
    return (app.server.address() as AddressInfo).port;
  } catch (error) {
    await app.close();
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new StartError(
        "port-taken",
        `port ${port} on 127.0.0.1 is taken by another program; choose another port`,
        {
          cause: error,
        },
      );
    }
    if (code === "EACCES") {
      throw new StartError(
        "port-refused",
        `this user may not listen on port ${port}; choose one above 1023`,
        {
          cause: error,
        },
      );
    }
    throw error;
  }
}

function checkOptions(options: PlatformOptions): void {
  if (options.environments.length === 0) {
    throw new StartError("invalid-option", "a platform needs at least one environment, for example dev");
  }
  for (const name of options.environments) {
    if (!/^[a-z][a-z0-9-]{0,40}$/.test(name) || name === "v4") {
      throw new StartError(
        "invalid-option",
        `"${name}" is no name for an environment: use a lower-case letter, then letters, digits or dashes, and not v4`,
      );
    }
  }
  const port = options.port ?? 0;
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new StartError("invalid-option", `port ${port} is not a number from 0 to 65535`);
  }
  checkJobSettings(options.settings);
  if (options.token !== undefined && options.token.length < 8) {
    throw new StartError("invalid-option", "the token is too short: give 8 characters or more");
  }
}

function checkJobSettings({ jobs, storage }: SettingOptions = {}): void {
  const { workers = 1, memory = "1GB", history = 1 } = jobs ?? {};
  if (!Number.isInteger(history) || history < 1) {
    throw new StartError(
      "invalid-option",
      `jobs.history is ${history}; it must be a whole number of 1 or more`,
    );
  }
  if (!Number.isInteger(workers) || workers < 1) {
    throw new StartError(
      "invalid-option",
      `jobs.workers is ${workers}; it must be a whole number of 1 or more`,
    );
  }
  if (!/^\d+(\.\d+)?\s*([KMGT]i?B)$/i.test(memory)) {
    throw new StartError("invalid-option", `jobs.memory is "${memory}"; write it as 512MB or 4GB`);
  }
  for (const folder of [storage?.root ?? "/", ...Object.values(storage?.mappings ?? {})]) {
    if (!isAbsolute(folder)) {
      throw new StartError("invalid-option", `the storage folder "${folder}" must be an absolute path`);
    }
  }
}

/** A blob whose release is gone, or whose import never committed, goes at the next start. */
async function removeUnusedBlobs(database: Kysely<Tables>, blobs: Platform["blobs"]): Promise<void> {
  const rows = await database
    .selectFrom("releases")
    .select("packageSha256")
    .where("deletedAt", "is", null)
    .execute();
  blobs.removeAllBut(new Set(rows.map((row) => row.packageSha256)));
}

function toLogger(log: PlatformOptions["log"]) {
  if (log === undefined || log === "silent") return false;
  if (typeof log === "string") return { level: log, stream: process.stderr };
  return { level: "info", stream: log };
}
