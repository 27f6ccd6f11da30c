import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { extract } from "tar";

/** Holds what earlier versions wrote, a folder for each version. */
export const BASELINES = __dirname;

/** Hosts, each with the environment of the recorded platform that its stack is for. */
export const HOST_ENVIRONMENTS = { dynamic: "prod", plugin: "dev" } as const;
export type BaselineHost = keyof typeof HOST_ENVIRONMENTS;

/** Token of the recorded platform. */
export const BASELINE_TOKEN = "baseline-token-0123456789";

/** Lists whose sizes are recorded, with the environment in front. */
export const LISTS = Object.values(HOST_ENVIRONMENTS).flatMap((environment) =>
  [
    "connections",
    "deployments",
    "releases",
    "flows",
    "deploymentSchedules",
    "flowRuns",
    "jobGroups",
    "jobs",
    "people",
    "apiAccessTokens",
  ].map((name) => `${environment}/v4/${name}`),
);

/** `baseline.json` of a version: what a test cannot read out of the rest. */
export interface Baseline {
  readonly version: string;
  /** Content digests of the recorded packages by file name. */
  readonly contentDigests: Readonly<Record<string, string>>;
  /** Number of objects in each of {@link LISTS}. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Versions that something is recorded of. */
export function listBaselines(): string[] {
  return readdirSync(BASELINES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(BASELINES, entry.name, "baseline.json")))
    .map((entry) => entry.name);
}

/** What is recorded of a version. */
export function readBaseline(version: string): Baseline {
  return JSON.parse(readFileSync(join(BASELINES, version, "baseline.json"), "utf8")) as Baseline;
}

/** Unpacks the recorded data directory of a platform into `directory`, with the modes that it had. */
export async function unpackPlatform(version: string, directory: string): Promise<void> {
  mkdirSync(directory, { mode: 0o700 });
  await extract({ file: join(BASELINES, version, "platform.tar.gz"), cwd: directory });
  chmodSync(join(directory, "store.key"), 0o600);
}
