import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { JobSettings } from "../../settings.js";
import type { JobEngine, JobResult, JobSpec, RunningJob } from "../job.js";
import type { EndMessage, StartMessage, WorkerSetup } from "./worker-messages.js";

/** Runs each job in a worker thread with a DuckDB of its own; threads are kept for the next jobs. */
export class DuckDbEngine implements JobEngine {
  private readonly setup: WorkerSetup;
  private readonly idle: JobThread[] = [];
  private readonly running = new Set<RunningJob>();

  constructor({ workers, memory }: JobSettings) {
    const threads = Math.max(1, Math.round(availableParallelism() / workers));
    this.setup = { limits: { memory, threads }, turn: new SharedArrayBuffer(4) };
  }

  start(spec: JobSpec): RunningJob {
    const cancel = new SharedArrayBuffer(4);
    const ended = this.runOn(this.idle.pop() ?? new JobThread(this.setup), { spec, cancel });
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

  private runOn(thread: JobThread, message: StartMessage): Promise<JobResult> {
    return thread.run(message).then(
      (result) => {
        this.idle.push(thread);
        return result;
      },
      (error: unknown) => {
        this.endTurnOf(message.spec.jobGroupId);
        return { status: "Failed", reason: (error as Error).message, inputs: [], outputs: [] };
      },
    );
  }

  /** A thread that died in its turn would keep all others waiting. */
  private endTurnOf(jobGroupId: number): void {
    const holder = new Int32Array(this.setup.turn);
    if (Atomics.compareExchange(holder, 0, jobGroupId, 0) === jobGroupId) Atomics.notify(holder, 0, 1);
  }
}

/** A worker thread that runs one job at a time. */
class JobThread {
  private readonly worker: Worker;
  private settle: { resolve: (result: JobResult) => void; reject: (error: Error) => void } | null = null;

  constructor(setup: WorkerSetup) {
    this.worker = new Worker(workerFile(), { workerData: setup });
    this.worker.on("message", ({ result }: EndMessage) => this.settle?.resolve(result));
    this.worker.on("error", (error) => this.fail(`the thread that ran the job failed: ${error.message}`));
    this.worker.on("exit", (code) => this.fail(`the thread that ran the job ended with code ${code}`));
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

  private fail(reason: string): void {
    this.settle?.reject(new Error(reason));
  }
}

/** Threads run compiled code. Beside the sources, as in tests, that is what the last build made of them. */
function workerFile(): string {
  const beside = join(__dirname, "worker.js");
  return existsSync(beside) ? beside : join(__dirname, "../../dist/platform/jobs/duckdb/worker.js");
}
