import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageForm } from "../flow-fixture.js";
import { makeDirectory } from "../platform-fixture.js";
import { request, startPlatformProcess } from "../platform-process.js";
import { oneRecipe, ORDERS } from "./job-fixture.js";

const MEGABYTE = 1024 * 1024;
const ROWS = 3_500_000;

/** Writes rows that are all different; answers how many bytes they are. */
function writeRows(file: string): number {
  const to = openSync(file, "w");
  let bytes = writeSync(to, "order_id,country,quantity,price,status\n");
  for (let id = 0; id < ROWS; id += 10_000) {
    const ids = Array.from({ length: 10_000 }, (_, at) => id + at);
    bytes += writeSync(
      to,
      ids
        .map((one) => `${one},a country of some length ${one},2,39.90,a status of some length ${one}\n`)
        .join(""),
    );
  }
  closeSync(to);
  return bytes;
}

/** The most memory that a process has had, in bytes. */
function mostMemory(pid: number | undefined): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
}

it.skipIf(process.platform !== "linux")(
  "a job spills to disk what does not fit into its memory, and takes little more than that",
  async () => {
    const data = makeDirectory();
    const bucket = join(data, "storage/dev/s3/acme-dev");
    mkdirSync(join(bucket, "orders"), { recursive: true });
    const small = openSync(join(bucket, "orders/small.csv"), "w");
    writeSync(small, ORDERS);
    closeSync(small);
    const input = writeRows(join(bucket, "orders/orders.csv"));
    const limit = 128 * MEGABYTE;
    expect(input / limit).toBeGreaterThan(2);

    const args = ["--memory", "128MiB", "--workers", "1"];
    const { endpoint, process } = await startPlatformProcess(data, {}, args);
    const run = async (id: number, file: string) => {
      const pkg = oneRecipe(["deduplicate"], {}, { file: `s3://acme-dev/orders/${file}` });
      await request(endpoint, "POST", "/v4/deployments", { name: `orders ${id}` });
      await request(endpoint, "POST", `/v4/deployments/${id}/releases`, await packageForm(pkg));
      await request(endpoint, "POST", `/v4/deployments/${id}/run`);
      const group = async () => (await request(endpoint, "GET", `/v4/jobGroups/${id}`)).body as object;
      await expect
        .poll(group, { timeout: 90_000, interval: 50 })
        .toMatchObject({ endedAt: expect.any(String) as string });
      expect(await group()).toMatchObject({ status: "Complete", failureReason: null });
    };
    await run(1, "small.csv");
    const before = mostMemory(process.pid);
    await run(2, "orders.csv");
    const { body } = await request(endpoint, "GET", "/v4/jobGroups/2/outputs");
    expect(body.files[0].rowCount).toBe(ROWS);
    // Without a limit it grows to four times the input, which is more than eight times this limit.
    expect((mostMemory(process.pid) - before) / limit).toBeLessThan(3.5);
  },
  120_000,
);
