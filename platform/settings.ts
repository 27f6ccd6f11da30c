import { availableParallelism } from "node:os";

/** Switches of the platform: choices where the API's documentation leaves the behaviour open, and limits. */
export interface PlatformSettings {
  /**
   * What PATCH of import rules does with rules it does not mention. `replace-by-key` keeps them and replaces rules on
   * the same object (connections: same condition; values: same type and pattern); `replace-list` removes them.
   */
  readonly importRules: "replace-by-key" | "replace-list";
  /** The product version that this platform claims to be; packages of newer versions are refused. */
  readonly productVersion: string;
  /** Refuse packages of products before 6.8, as the product's own documentation says it does. */
  readonly refuseBefore68: boolean;
  /** Refuse a deployment whose name another one of the environment has. */
  readonly uniqueDeploymentNames: boolean;
  /** Requests per person and minute, 429 above; null: no limit. */
  readonly requestsPerMinute: number | null;
  /** Offer `/v4/deploymentSchedules`. */
  readonly deploymentSchedules: boolean;
  /** Start what schedules say; without it they are only stored. */
  readonly fireSchedules: boolean;
  /** Keep a record of every request in `RunningPlatform.requests`, for tests. */
  readonly recordRequests: boolean;
  /** Largest package, in bytes; 413 above. */
  readonly maxPackageBytes: number;
  /** Largest JSON body, in bytes; 413 above. */
  readonly maxBodyBytes: number;
  /** How long `close` waits for running requests before it cuts their connections, in milliseconds. */
  readonly drainMilliseconds: number;
  readonly jobs: JobSettings;
  readonly storage: StorageSettings;
}

/** How jobs run. */
export interface JobSettings {
  /** Job groups that run at the same time; the others wait in the order in which they were asked for. */
  readonly workers: number;
  /** Memory of one job, as DuckDB writes it; what needs more spills to the data folder. */
  readonly memory: string;
}

/** Where the files of locations such as `s3://bucket/path` lie. */
export interface StorageSettings {
  /** Holds one folder for each environment; `storage` in the data folder when null. */
  readonly root: string | null;
  /** Folders by the beginning of the locations that lie there, as in `{"s3://acme-prod": "/srv/acme"}`; the longest one counts. */
  readonly mappings: Readonly<Record<string, string>>;
}

/** Settings as they are given: what is left out has its default. */
export type SettingOptions = Partial<Omit<PlatformSettings, "jobs" | "storage">> & {
  readonly jobs?: Partial<JobSettings>;
  readonly storage?: Partial<StorageSettings>;
};

/** What holds when a setting is not given. */
export const DEFAULT_SETTINGS: PlatformSettings = {
  importRules: "replace-by-key",
  productVersion: "9.7.0",
  refuseBefore68: false,
  uniqueDeploymentNames: false,
  requestsPerMinute: null,
  deploymentSchedules: true,
  fireSchedules: true,
  recordRequests: false,
  maxPackageBytes: 128 * 1024 * 1024,
  maxBodyBytes: 1024 * 1024,
  drainMilliseconds: 10_000,
  jobs: { workers: Math.max(1, availableParallelism() - 1), memory: "1GB" },
  storage: { root: null, mappings: {} },
};

/** The settings that a platform works with. */
export function completeSettings({ jobs, storage, ...others }: SettingOptions = {}): PlatformSettings {
  return {
    ...DEFAULT_SETTINGS,
    ...others,
    jobs: { ...DEFAULT_SETTINGS.jobs, ...jobs },
    storage: { ...DEFAULT_SETTINGS.storage, ...storage },
  };
}
