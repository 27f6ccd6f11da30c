import { appendFileSync, existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { JobSettings } from "../../settings.js";
import type { JobEngine, JobResult, JobSpec, RunningJob } from "../job.js";
import { removeRemainsOfJob } from "../scratch.js";
import type { EndMessage, StartMessage, WorkerSetup } from "./worker-messages.js";

/**
 * Runs each job in a worker thread with a DuckDB of its own; threads are kept for the next jobs. A thread that dies takes its
 * own job with it and nothing else.
 */
export class DuckDbEngine implements JobEngine {
  private readonly setup: WorkerSetup;
  private readonly idle: JobThread[] = [];
  private readonly running = new Set<RunningJob>();

  constructor({ workers, memory }: JobSettings) {
    const threads = Math.max(1, Math.round(availableParallelism() / workers));
    this.setup = {
      limits: { memory, threads },
      turn: new SharedArrayBuffer(4),
      files: new SharedArrayBuffer(4),
    };
  }

  start(spec: JobSpec): RunningJob {
    const cancel = new SharedArrayBuffer(4);
    const ended = this.runOn(this.takeThread(), { spec, cancel });
    const job: RunningJob = { ended, cancel: () => void Atomics.store(new Int32Array(cancel), 0, 1) };
    this.running.add(job);
    void ended.then(() => this.running.delete(job));
    return job;
  }

  async close(): Promise<void> {
    for (const job of this.running) job.cancel();
    await Promise.all([...this.running].map((job) => job.ended));
    await Promise.all(this.idle.splice(0).map((thread) => thread.end()));
  }

  /** A thread can die while it has nothing to do, too. */
  private takeThread(): JobThread {
    for (let thread = this.idle.pop(); thread !== undefined; thread = this.idle.pop()) {
      if (thread.isAlive) return thread;
    }
    return new JobThread(this.setup);
  }

  private runOn(thread: JobThread, message: StartMessage): Promise<JobResult> {
    return thread.run(message).then(
      (result) => {
        this.idle.push(thread);
        return result;
      },
      (error: unknown) => {
        this.endTurnOf(message.spec.jobGroupId);
        const reason = cleanUp(message.spec, (error as Error).message);
        return { status: "Failed", reason, inputs: [], outputs: [] };
      },
    );
  }

  /** A thread that died in its turn would keep all others waiting. */
  private endTurnOf(jobGroupId: number): void {
    for (const shared of [this.setup.turn, this.setup.files]) {
      const holder = new Int32Array(shared);
      if (Atomics.compareExchange(holder, 0, jobGroupId, 0) === jobGroupId) Atomics.notify(holder, 0, 1);
    }
  }
}

/** Does what a thread that died could not do any more; answers the reason with what failed of that, too. */
function cleanUp({ scratch, log }: JobSpec, reason: string): string {
  try {
    removeRemainsOfJob(scratch);
    appendFileSync(log, `${new Date().toISOString()} Failed: ${reason}\n`);
    return reason;
  } catch (error) {
    return `${reason}; and what it left could not be cleaned up: ${(error as Error).message}`;
  }
}

/** A worker thread that runs one job at a time. */
class JobThread {
  isAlive = true;
  private readonly worker: Worker;
  private problem: string | null = null;
  private settle: { resolve: (result: JobResult) => void; reject: (error: Error) => void } | null = null;

  constructor(setup: WorkerSetup) {
    this.worker = new Worker(workerFile(), { workerData: setup });
    this.worker.on("message", ({ result }: EndMessage) => this.settle?.resolve(result));
    this.worker.on("error", (error) => (this.problem = describeDeath(error)));
    // Only when the thread is gone does it write nothing any more.
    this.worker.on("exit", (code) => this.fail(this.problem ?? `ended with code ${code}; run it again`));
  }

  /** Rejects when the thread dies; it cannot be used then. */
  run(message: StartMessage): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      this.worker.postMessage(message);
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private fail(problem: string): void {
    this.isAlive = false;
    this.settle?.reject(new Error(`the thread that ran the job ${problem}`));
  }
}

function describeDeath(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ERR_WORKER_OUT_OF_MEMORY"
    ? "had too little memory for what is not in the database, such as the names of columns; make fewer columns"
    : `failed: ${error.message}; run it again`;
}

/** Threads run compiled code. Beside the sources, as in tests, that is what the last build made of them. */
function workerFile(): string {
  const beside = join(__dirname, "worker.js");
  return existsSync(beside) ? beside : join(__dirname, "../../dist/platform/jobs/duckdb/worker.js");
}
