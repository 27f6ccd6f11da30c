import type { JsonText } from "../store/schema.js";
import type { OpenedConnection, RefusedConnection } from "./opened-connection.js";
import type { StoragePlaces } from "./storage.js";

/** Everything that running one output needs; it crosses to another thread, so it is plain. */
export interface JobSpec {
  readonly jobGroupId: number;
  /** `FlowPackage` of flow/model.ts. */
  readonly package: JsonText;
  readonly nodeId: number;
  /** `Output` of flow/model.ts with the run's overrides. */
  readonly output: JsonText;
  readonly parameters: Readonly<Record<string, string>>;
  /** ISO time that stands for now in paths. */
  readonly referenceDate: string;
  readonly storage: StoragePlaces;
  /** The connections that it needs, with their passwords: a spec is never written down. */
  readonly connections: readonly (OpenedConnection | RefusedConnection)[];
  /** Database servers that jobs may reach, as `host` or `host:port`. */
  readonly allowedHosts: readonly string[];
  /** Folder of this job alone, for what spills and for its journal; removed with everything in it when the job ends. */
  readonly scratch: string;
  /** File that the job's log is appended to. */
  readonly log: string;
  /** What becomes of text rows that do not have the dataset's columns; see `JobSettings`. */
  readonly parsing: "strict" | "lenient";
}

/** A dataset that a job read. */
export interface JobInput {
  readonly datasetId: number;
  readonly name: string;
  /** The dataset's location as the flow has it. */
  readonly uri: string;
  readonly files: readonly { readonly uri: string; readonly bytes: number }[];
}

/** A file, a folder or a table that a job wrote. */
export interface JobOutput {
  readonly uri: string;
  readonly format: string;
  readonly action: string;
  readonly rows: number;
  readonly bytes: number;
  /** Names of the result's columns, in order; absent in what earlier versions wrote down. */
  readonly columns?: readonly string[];
  /** Set for a table; its `bytes` are 0. */
  readonly table?: {
    /** Id of the publication, as it was when the run was asked for. */
    readonly publicationId: number;
    readonly connectionId: number;
    readonly path: readonly string[];
    readonly name: string;
  };
}

/** How a job ended. */
export interface JobResult {
  readonly status: "Complete" | "Failed" | "Canceled";
  /** Why it failed, for a person; null unless it did. */
  readonly reason: string | null;
  readonly inputs: readonly JobInput[];
  readonly outputs: readonly JobOutput[];
}

/** A job that was started. */
export interface RunningJob {
  /** Never rejects: a job that cannot run ends as `Failed`. */
  readonly ended: Promise<JobResult>;
  /** Ends the job as `Canceled` unless it has ended already. */
  cancel(): void;
}

/** Runs jobs; DuckDB in worker threads is the one here. It starts at once what it is given: who queues is the caller. */
export interface JobEngine {
  start(spec: JobSpec): RunningJob;
  /** Cancels what runs and waits for it. */
  close(): Promise<void>;
}
