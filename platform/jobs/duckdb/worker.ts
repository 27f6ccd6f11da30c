import { parentPort, workerData } from "node:worker_threads";
import { JobCanceled } from "../job-failure.js";
import { runJob } from "./run-job.js";
import type { EndMessage, StartMessage, WorkerSetup } from "./worker-messages.js";

const { limits, turn, files } = workerData as WorkerSetup;
const holder = new Int32Array(turn);
const fileHolder = new Int32Array(files);

parentPort?.on("message", ({ spec, cancel }: StartMessage) => {
  const flag = new Int32Array(cancel);
  const isCanceled = (): boolean => Atomics.load(flag, 0) === 1;
  void runJob(spec, limits, {
    isCanceled,
    alone: (work) => takeTurn(spec.jobGroupId, work),
    holdFiles: () => holdFiles(spec.jobGroupId, isCanceled),
  }).then((result) => parentPort?.postMessage({ result } satisfies EndMessage));
});

function takeTurn<Result>(jobGroupId: number, work: () => Result): Result {
  const end = take(holder, jobGroupId, () => undefined);
  try {
    return work();
  } finally {
    end();
  }
}

/** Held for as long as a file is read or written, so a job that waits for it can be canceled. */
function holdFiles(jobGroupId: number, isCanceled: () => boolean): () => void {
  return take(fileHolder, jobGroupId, () => {
    if (isCanceled()) throw new JobCanceled();
  });
}

function take(shared: Int32Array, jobGroupId: number, check: () => void): () => void {
  for (;;) {
    check();
    const current = Atomics.compareExchange(shared, 0, 0, jobGroupId);
    if (current === 0) break;
    Atomics.wait(shared, 0, current, 200);
  }
  return () => {
    Atomics.store(shared, 0, 0);
    Atomics.notify(shared, 0, 1);
  };
}
