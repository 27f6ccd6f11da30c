import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageForm } from "../flow-fixture.js";
import { makeDirectory } from "../platform-fixture.js";
import { request, startPlatformProcess } from "../platform-process.js";
import { oneRecipe } from "./job-fixture.js";

/** A user may mount small disks in a name space of their own on most Linux systems, and nowhere else. */
const CAN_MOUNT =
  spawnSync("unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"])
    .status === 0;

it.skipIf(!CAN_MOUNT)("fails when the disk is full, and leaves nothing on it", async () => {
  const data = makeDirectory();
  const bucket = join(data, "storage/dev/s3/acme-dev");
  for (const folder of ["orders", "out"]) mkdirSync(join(bucket, folder), { recursive: true });
  const row = "1,DE,2,39.90,paid\n".repeat(200_000);
  writeFileSync(join(bucket, "orders/orders.csv"), `order_id,country,quantity,price,status\n${row}`);
  const out = join(bucket, "out");
  const { endpoint, process } = await startPlatformProcess(data, { smallDiskAt: out });
  const { body: deployment } = await request(endpoint, "POST", "/v4/deployments", { name: "orders" });
  const form = await packageForm(oneRecipe(["drop col: price action: Drop"]));
  await request(endpoint, "POST", `/v4/deployments/${deployment.id}/releases`, form);
  await request(endpoint, "POST", `/v4/deployments/${deployment.id}/run`);
  const group = () => request(endpoint, "GET", "/v4/jobGroups/1");
  await expect
    .poll(async () => (await group()).body.status as string, { timeout: 20_000, interval: 20 })
    .toMatch(/Complete|Failed/);
  const { body } = await group();
  expect(body.status).toBe("Failed");
  expect(body.failureReason).toMatch(/^the disk is full: /);
  const log = readFileSync(join(data, "job-logs/1.log"), "utf8");
  expect(log).toContain(`: ${body.failureReason as string}\n`);
  // What is mounted there is seen by that process alone.
  const seen = `/proc/${process.pid}/root${out}`;
  expect(existsSync(seen) ? readdirSync(seen) : null).toEqual([]);
});
