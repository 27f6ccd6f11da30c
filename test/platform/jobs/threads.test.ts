import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Worker } from "node:worker_threads";
import { expect, it, onTestFinished } from "vitest";
import { listIfThere, oneRecipe, ORDERS, startJobPlatform } from "./job-fixture.js";

const QUICK = oneRecipe(["drop col: price action: Drop"]);

/** The worker threads that this process starts from now on. */
function watchThreads(): Worker[] {
  const threads: Worker[] = [];
  const add = (thread: Worker) => void threads.push(thread);
  process.on("worker", add);
  onTestFinished(() => void process.off("worker", add));
  return threads;
}

it("a thread that dies fails its job, leaves nothing behind, and others go on", async () => {
  const platform = await startJobPlatform({ jobs: { workers: 1 } });
  const rows = gzipSync("1,DE,2,3,paid\n".repeat(1_000_000), { level: 1 });
  const header = gzipSync("order_id,country,quantity,price,status\n");
  platform.put("orders/orders.csv", Buffer.concat([header, ...Array.from({ length: 30 }, () => rows)]));
  const threads = watchThreads();
  const deployment = await platform.deploy(QUICK);
  for (const _job of [1, 2]) await platform.call("POST", `/v4/deployments/${deployment}/run`);
  // While it unpacks its input, no call into the database is under way, which could not be cut off.
  const scratch = join(platform.directory, "jobs/1");
  await expect.poll(() => listIfThere(scratch).join(), { timeout: 20_000, interval: 5 }).toContain("text-");
  platform.put("orders/orders.csv", ORDERS);
  await threads[0]?.terminate();
  const reason = "the thread that ran the job ended with code 1; run it again";
  expect(await platform.ended(1)).toMatchObject({ status: "Failed", failureReason: reason });
  expect(await platform.log(1)).toContain(` Failed: ${reason}\n`);
  expect(await platform.ended(2)).toMatchObject({ status: "Complete" });
  expect(threads).toHaveLength(2);
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
