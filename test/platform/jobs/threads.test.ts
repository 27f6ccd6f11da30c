import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { expect, it, onTestFinished } from "vitest";
import { endlessFlow, listIfThere, oneRecipe, putEndless, startJobPlatform } from "./job-fixture.js";

const QUICK = oneRecipe(["drop col: price action: Drop"]);

/** The worker threads that this process starts from now on. */
function watchThreads(): Worker[] {
  const threads: Worker[] = [];
  const add = (thread: Worker) => void threads.push(thread);
  process.on("worker", add);
  onTestFinished(() => void process.off("worker", add));
  return threads;
}

it("a thread that dies fails its job, leaves nothing half-written, and others go on", async () => {
  const platform = await startJobPlatform({ jobs: { workers: 1 } });
  putEndless(platform);
  const threads = watchThreads();
  const slow = await platform.deploy(endlessFlow());
  const quick = await platform.deploy(QUICK);
  for (const id of [slow, quick]) await platform.call("POST", `/v4/deployments/${id}/run`);
  await expect
    .poll(() => listIfThere(join(platform.bucket, "out")), { timeout: 20_000, interval: 20 })
    .toHaveLength(1);
  await threads[0]?.terminate();
  const reason = "the thread that ran the job ended with code 1; run it again";
  expect(await platform.ended(1)).toMatchObject({ status: "Failed", failureReason: reason });
  expect(await platform.log(1)).toContain(` Failed: ${reason}\n`);
  expect(await platform.ended(2)).toMatchObject({ status: "Complete" });
  expect(threads).toHaveLength(2);
  expect(readdirSync(join(platform.bucket, "out"))).toEqual(["result.csv"]);
  expect(listIfThere(join(platform.directory, "jobs"))).toEqual([]);
});

it("a thread that dies while it has nothing to do is not used again", async () => {
  const platform = await startJobPlatform({ jobs: { workers: 1 } });
  const threads = watchThreads();
  const deployment = await platform.deploy(QUICK);
  await platform.run(deployment);
  await threads[0]?.terminate();
  expect(await platform.run(deployment)).toMatchObject({ status: "Complete" });
  expect(threads).toHaveLength(2);
});

it("a job that cannot write its log fails, and says so", async () => {
  const platform = await startJobPlatform({ jobs: { workers: 1 } });
  const deployment = await platform.deploy(QUICK);
  const log = join(platform.directory, "job-logs/1.log");
  mkdirSync(log);
  const ended = await platform.run(deployment);
  expect(ended).toMatchObject({ status: "Failed" });
  expect(ended["failureReason"]).toMatch(/^the thread that ran the job failed: EISDIR/);
  expect(listIfThere(join(platform.bucket, "out"))).toEqual([]);
  rmSync(log, { recursive: true });
  expect(await platform.run(deployment)).toMatchObject({ status: "Complete" });
});
