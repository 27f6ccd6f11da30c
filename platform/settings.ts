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
  /**
   * Sign-ins that may fail in a minute, for one person from one address, by password or a token that is short enough to be
   * guessed; 429 above; null: no limit.
   */
  readonly failedSignInsPerMinute: number | null;
  /** What environments are for, by their names, as in `{"prod": "production"}`; told to whoever asks which one it is. */
  readonly stages: Readonly<Record<string, string>>;
  /** Offer `/v4/deploymentSchedules`. */
  readonly deploymentSchedules: boolean;
  /** Start what schedules say; without it they are only stored. */
  readonly fireSchedules: boolean;
  /** Keep a record of every request in `RunningPlatform.requests`, for tests. */
  readonly recordRequests: boolean;
  /** Offer `/v4/faults` and `RunningPlatform.faults`, by which requests go wrong on purpose. */
  readonly faults: boolean;
  /** Largest package, in bytes; 413 above. */
  readonly maxPackageBytes: number;
  /** Names of hosts beside this machine's own that requests may be for, as of a proxy before the platform. */
  readonly hosts: readonly string[];
  /** Time for one request to arrive, in milliseconds; 408 after. */
  readonly receiveMilliseconds: number;
  /** Largest JSON body, in bytes; 413 above. */
  readonly maxBodyBytes: number;
  /** How long `close` waits for running requests before it cuts their connections, in milliseconds. */
  readonly drainMilliseconds: number;
  readonly jobs: JobSettings;
  readonly storage: StorageSettings;
  readonly databases: DatabaseSettings;
}

/** How jobs run. */
export interface JobSettings {
  /** Job groups that run at the same time; the others wait in the order in which they were asked for. */
  readonly workers: number;
  /** Memory of one job, as DuckDB writes it; what needs more spills to the data folder. */
  readonly memory: string;
  /**
   * Text rows that do not have the dataset's columns: `strict` fails the job, `lenient` fills them up with nothing, and leaves
   * what is too much in the last column.
   */
  readonly parsing: "strict" | "lenient";
  /** Ended job groups that are kept, with their logs; older ones are removed, and what they wrote stays. */
  readonly history: number;
}

/** Where the files of locations such as `s3://bucket/path` lie. */
export interface StorageSettings {
  /** Holds one folder for each environment; `storage` in the data folder when null. */
  readonly root: string | null;
  /** Folders by the beginning of the locations that lie there, as in `{"s3://acme-prod": "/srv/acme"}`; the longest one counts. */
  readonly mappings: Readonly<Record<string, string>>;
}

/** Which database servers jobs may reach. Files of databases lie in the storage and need no entry. */
export interface DatabaseSettings {
  /** `host` for every port of it, or `host:port`, as connections write it; no server is reached unless it is listed. */
  readonly allow: readonly string[];
}

/** Settings as they are given: what is left out has its default. */
export type SettingOptions = Partial<Omit<PlatformSettings, "jobs" | "storage" | "databases">> & {
  readonly jobs?: Partial<JobSettings>;
  readonly storage?: Partial<StorageSettings>;
  readonly databases?: Partial<DatabaseSettings>;
};

/** What holds when a setting is not given. */
export const DEFAULT_SETTINGS: PlatformSettings = {
  importRules: "replace-by-key",
  productVersion: "9.7.0",
  refuseBefore68: false,
  uniqueDeploymentNames: false,
  requestsPerMinute: null,
  failedSignInsPerMinute: 20,
  stages: {},
  deploymentSchedules: true,
  fireSchedules: true,
  recordRequests: false,
  faults: false,
  maxPackageBytes: 128 * 1024 * 1024,
  maxBodyBytes: 1024 * 1024,
  hosts: [],
  receiveMilliseconds: 300_000,
  drainMilliseconds: 10_000,
  jobs: {
    workers: Math.max(1, availableParallelism() - 1),
    memory: "1GB",
    parsing: "strict",
    history: 10_000,
  },
  storage: { root: null, mappings: {} },
  databases: { allow: [] },
};

/** The settings that a platform works with. */
export function completeSettings({
  jobs,
  storage,
  databases,
  ...others
}: SettingOptions = {}): PlatformSettings {
  return {
    ...DEFAULT_SETTINGS,
    ...others,
    jobs: { ...DEFAULT_SETTINGS.jobs, ...jobs },
    storage: { ...DEFAULT_SETTINGS.storage, ...storage },
    databases: { ...DEFAULT_SETTINGS.databases, ...databases },
  };
}
