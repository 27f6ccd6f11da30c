import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageForm } from "../flow-fixture.js";
import { makeDirectory } from "../platform-fixture.js";
import { request, startPlatformProcess } from "../platform-process.js";
import {
  ENDLESS_FILES,
  endlessFlow,
  listIfThere,
  oneRecipe,
  putEndless,
  startJobPlatform,
} from "./job-fixture.js";

it("cancels a running job group at once, and leaves nothing of what it wrote", async () => {
  const platform = await startJobPlatform({ jobs: { workers: 1 } });
  putEndless(platform);
  const run = `/v4/deployments/${await platform.deploy(endlessFlow())}/run`;
  const running = (await platform.call("POST", run)).body.data[0].id as number;
  const waiting = (await platform.call("POST", run)).body.data[0].id as number;
  await expect
    .poll(() => listIfThere(join(platform.bucket, "out")), { timeout: 20_000, interval: 20 })
    .toHaveLength(1);
  for (const id of [waiting, running]) {
    expect((await platform.call("POST", `/v4/jobGroups/${id}/cancel`)).status).toBe(200);
    expect(await platform.ended(id)).toMatchObject({ status: "Canceled", failureReason: null });
  }
  expect(await platform.log(running)).toMatch(/ Canceled after \d+ ms\n$/);
  expect(readdirSync(join(platform.bucket, "out"))).toEqual([]);
  expect(listIfThere(join(platform.directory, "jobs"))).toEqual([]);
  expect((await platform.call("POST", `/v4/jobGroups/${running}/cancel`)).status).toBe(409);
});

it("fails what ran when the platform stops, and goes on with what waited at the next start", async () => {
  const data = makeDirectory();
  const platform = await startJobPlatform({ jobs: { workers: 1 } }, data);
  putEndless(platform);
  const slow = await platform.deploy(endlessFlow());
  const quick = await platform.deploy(oneRecipe(["drop col: price action: Drop"]));
  for (const id of [slow, quick]) await platform.call("POST", `/v4/deployments/${id}/run`);
  await platform.close();
  const again = await startJobPlatform({}, data);
  expect(await again.ended(1)).toMatchObject({
    status: "Failed",
    failureReason: "platform stopped while it ran",
  });
  expect(await again.log(1)).toMatch(/ Failed: platform stopped while it ran\n$/);
  expect(await again.ended(2)).toMatchObject({ status: "Complete" });
  expect(readdirSync(join(again.bucket, "out"))).toEqual(["result.csv"]);
});

it("leaves nothing under a final name when it is killed, and cleans up at the next start", async () => {
  const data = makeDirectory();
  const bucket = join(data, "storage/dev/s3/acme-dev");
  mkdirSync(join(bucket, "orders"), { recursive: true });
  for (const [path, content] of Object.entries(ENDLESS_FILES)) writeFileSync(join(bucket, path), content);
  const { endpoint, process, ended } = await startPlatformProcess(data);
  const { body: deployment } = await request(endpoint, "POST", "/v4/deployments", { name: "orders" });
  await request(
    endpoint,
    "POST",
    `/v4/deployments/${deployment.id}/releases`,
    await packageForm(endlessFlow()),
  );
  await request(endpoint, "POST", `/v4/deployments/${deployment.id}/run`);
  await expect
    .poll(() => listIfThere(join(bucket, "out")), { timeout: 20_000, interval: 20 })
    .toHaveLength(1);
  process.kill("SIGKILL");
  await ended;
  expect(readdirSync(join(bucket, "out"))).not.toContain("endless.csv");

  const again = await startPlatformProcess(data);
  const group = await request(again.endpoint, "GET", "/v4/jobGroups/1");
  expect(group.body).toMatchObject({ status: "Failed", failureReason: "platform stopped while it ran" });
  const log = readFileSync(join(data, "job-logs/1.log"), "utf8");
  expect(log).toMatch(/ Failed: platform stopped while it ran\n$/);
  expect(readdirSync(join(bucket, "out"))).toEqual([]);
});

it("runs waiting job groups in the order in which they were asked for", async () => {
  const platform = await startJobPlatform({ jobs: { workers: 1 } });
  const run = `/v4/deployments/${await platform.deploy(oneRecipe(["drop col: price action: Drop"]))}/run`;
  const ids: number[] = [];
  for (let count = 0; count < 4; count += 1)
    ids.push((await platform.call("POST", run)).body.data[0].id as number);
  const starts = [];
  for (const id of ids) starts.push((await platform.ended(id))["startedAt"]);
  expect([...starts].sort()).toEqual(starts);
  expect(readFileSync(join(platform.bucket, "out/result.csv"), "utf8")).toContain("GB, Wales");
});
