import type { Kysely } from "kysely";
import type { FaultControl } from "./faults.js";
import type { JobQueue } from "./jobs/queue.js";
import type { PlatformSettings } from "./settings.js";
import type { SignInLimit } from "./sign-in-limit.js";
import type { BlobStore } from "./store/blobs.js";
import type { Tables } from "./store/schema.js";
import type { Sealer } from "./store/sealing.js";

/** What every route works with. */
export interface Platform {
  /** Absolute path of the folder that holds everything. */
  readonly directory: string;
  readonly database: Kysely<Tables>;
  readonly blobs: BlobStore;
  readonly sealer: Sealer;
  readonly settings: PlatformSettings;
  readonly signInLimit: SignInLimit;
  readonly jobs: JobQueue;
  /** Environment ids by name. */
  readonly environments: ReadonlyMap<string, number>;
  /** Null unless the setting `faults` is on. */
  readonly faults: FaultControl | null;
}

/** Who asks, and in which environment. Set on `request.caller` before any handler runs. */
export interface Caller {
  readonly environmentId: number;
  readonly environment: string;
  readonly personId: number;
  readonly isAdmin: boolean;
}

/** A caller as a request begins: what the roles allow is decided before any handler runs. */
export interface AuthenticatedCaller extends Caller {
  /** May change nothing but their own tokens. */
  readonly isReadOnly: boolean;
  /** May see and change deployments, releases and their schedules. */
  readonly isDeployer: boolean;
}
