import type { JobResult, JobSpec } from "../job.js";
import type { DatabaseLimits } from "./job-database.js";

/** What a worker thread is made with. */
export interface WorkerSetup {
  readonly limits: Pick<DatabaseLimits, "memory" | "threads">;
  /** One number, shared by all workers: the job group that puts its files in place just now, or 0. */
  readonly turn: SharedArrayBuffer;
  /** One number, shared by all workers: the job group that has a DuckDB file open just now, or 0. */
  readonly files: SharedArrayBuffer;
}

/** To a worker: run this. */
export interface StartMessage {
  readonly spec: JobSpec;
  /** One number; 1 tells the job to end. */
  readonly cancel: SharedArrayBuffer;
}

/** From a worker: the job that it was given has ended, and it is free for the next. */
export interface EndMessage {
  readonly result: JobResult;
}
