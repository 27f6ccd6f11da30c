import { parentPort, workerData } from "node:worker_threads";
import { runJob } from "./run-job.js";
import type { EndMessage, StartMessage, WorkerSetup } from "./worker-messages.js";

const { limits, turn } = workerData as WorkerSetup;
const holder = new Int32Array(turn);

parentPort?.on("message", ({ spec, cancel }: StartMessage) => {
  const flag = new Int32Array(cancel);
  void runJob(spec, limits, {
    isCanceled: () => Atomics.load(flag, 0) === 1,
    alone: (work) => takeTurn(spec.jobGroupId, work),
  }).then((result) => parentPort?.postMessage({ result } satisfies EndMessage));
});

function takeTurn<Result>(jobGroupId: number, work: () => Result): Result {
  for (;;) {
    const current = Atomics.compareExchange(holder, 0, 0, jobGroupId);
    if (current === 0) break;
    Atomics.wait(holder, 0, current, 1000);
  }
  try {
    return work();
  } finally {
    Atomics.store(holder, 0, 0);
    Atomics.notify(holder, 0, 1);
  }
}
