import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { RunningPlatform } from "sluice-platform";
import { loadPlatform } from "./load-platform.js";
import { backupCommand, restoreCommand } from "./platform-backup.js";

interface StartOptions {
  readonly port: number;
  readonly data: string;
  readonly environment: readonly string[];
  readonly log: (typeof LOG_LEVELS)[number];
  readonly importRules: (typeof IMPORT_RULES)[number];
  readonly workers?: number;
  readonly memory?: string;
  readonly storage?: string;
  readonly faults?: true;
  readonly map: Readonly<Record<string, string>>;
  readonly schedules: boolean;
  readonly deploymentSchedules: boolean;
  readonly allowDatabase: readonly string[];
  readonly stage: Readonly<Record<string, string>>;
  readonly hostName: readonly string[];
}

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
const IMPORT_RULES = ["replace-by-key", "replace-list"] as const;

/** `sluice platform`: runs the embedded platform, which is the npm package sluice-platform. */
export function platformCommand(): Command {
  const command = new Command("platform").description("The embedded platform: the v4 API on this machine");
  command
    .command("start")
    .description("Start the platform and run it until SIGTERM or Ctrl-C")
    .requiredOption("--data <directory>", "directory that holds everything; made when missing")
    .option("--port <number>", "port on 127.0.0.1; 0 takes a free one", parsePort, 0)
    .option("--environment <name>", "an environment to serve; may be repeated (default: dev)", collect, [])
    .option(
      "--stage <name=stage>",
      "what an environment is for, as in prod=production; may be repeated",
      toStage,
      {},
    )
    .option(
      "--host-name <name>",
      "another host that requests may be for, as of a proxy; may be repeated",
      collect,
      [],
    )
    .addOption(
      new Option("--log <level>", "level of the JSON log on stderr").choices(LOG_LEVELS).default("info"),
    )
    .addOption(
      new Option("--import-rules <mode>", "what PATCH of import rules does")
        .choices(IMPORT_RULES)
        .default("replace-by-key"),
    )
    .option("--workers <number>", "jobs at the same time (default: processors - 1)", parseWorkers)
    .option("--memory <size>", "memory of one job, as in 512MB (default: 1GB)")
    .option("--storage <directory>", "holds the files of each environment (default: storage in --data)")
    .option(
      "--map <location=directory>",
      "where a location's files lie, as in s3://acme=./acme; may be repeated",
      toMapping,
      {},
    )
    .option("--no-schedules", "keep schedules without starting what they say")
    .option("--no-deployment-schedules", "offer schedules of flows only, as some versions of the product do")
    .option("--faults", "offer /v4/faults, by which requests go wrong on purpose; for tests only")
    .option(
      "--allow-database <host[:port]>",
      "a database server that jobs may connect to; may be repeated (default: none)",
      toHost,
      [],
    )
    .addHelpText(
      "after",
      "\nThe token is SLUICE_PLATFORM_TOKEN. Without it one is made on the first start and printed once.",
    )
    .action(start);
  command.addCommand(backupCommand()).addCommand(restoreCommand());
  return command;
}

async function start(options: StartOptions, command: Command): Promise<void> {
  try {
    await run(options);
  } catch (error) {
    command.error(`error: ${error instanceof Error ? error.message : String(error)}`, { exitCode: 2 });
  }
}

async function run(options: StartOptions): Promise<void> {
  const platforms = await loadPlatform();
  const given = process.env["SLUICE_PLATFORM_TOKEN"];
  const environments = options.environment.length === 0 ? ["dev"] : options.environment;
  const platform = await platforms.startPlatform({
    data: options.data,
    port: options.port,
    environments,
    ...(given === undefined || given === "" ? {} : { token: given }),
    log: options.log,
    crash: () => process.kill(process.pid, "SIGKILL"),
    settings: {
      faults: options.faults ?? false,
      importRules: options.importRules,
      fireSchedules: options.schedules,
      deploymentSchedules: options.deploymentSchedules,
      stages: options.stage,
      hosts: options.hostName,
      jobs: {
        ...(options.workers === undefined ? {} : { workers: options.workers }),
        ...(options.memory === undefined ? {} : { memory: options.memory }),
      },
      storage: {
        mappings: options.map,
        ...(options.storage === undefined ? {} : { root: resolve(options.storage) }),
      },
      databases: { allow: options.allowDatabase },
    },
  });
  print(platform, environments, given !== undefined && given !== "");
  await waitForStop();
  await platform.close();
}

function print(platform: RunningPlatform, environments: readonly string[], isTokenGiven: boolean): void {
  const lines = environments.map((name) => `${name}: ${platform.endpoint(name)}`);
  if (platform.token !== null && !isTokenGiven) {
    lines.push(`token (shown once, keep it): ${platform.token}`);
  } else if (platform.token === null) {
    lines.push("token: the one printed at the first start; set SLUICE_PLATFORM_TOKEN to replace it");
  }
  process.stdout.write(`${lines.join("\n")}\n`);
}

function waitForStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65535) return port;
  throw new InvalidArgumentError("It must be a number from 0 to 65535.");
}

function parseWorkers(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number of 1 or more.");
}

function toMapping(text: string, earlier: Record<string, string>): Record<string, string> {
  const [, location, folder] = /^([a-z][a-z0-9+.-]*:\/\/[^=]*)=(.+)$/i.exec(text) ?? [];
  if (location === undefined || folder === undefined) {
    throw new InvalidArgumentError("It must be a location and a directory, as in s3://acme=./acme.");
  }
  return { ...earlier, [location]: resolve(folder) };
}

function toStage(text: string, earlier: Record<string, string>): Record<string, string> {
  const [, name, stage] = /^([a-z][a-z0-9-]*)=(.+)$/.exec(text) ?? [];
  if (name === undefined || stage === undefined)
    throw new InvalidArgumentError("It must be an environment and its stage, as in prod=production.");
  return { ...earlier, [name]: stage };
}

function toHost(text: string, earlier: readonly string[]): readonly string[] {
  if (/^(\[[0-9a-f:.]+\]|[^:/@\s]+)(:\d{1,5})?$/i.test(text)) return [...earlier, text];
  throw new InvalidArgumentError("It must be a host, with a port or without, as in db.example.org:5432.");
}

function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}
