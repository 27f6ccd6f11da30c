import { execFile } from "node:child_process";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { request } from "../../platform/platform-process.js";
import { fillBucket } from "../../provider/runnable-orders.js";

/** Where the platform finds the warehouse of the sample. */
export const WAREHOUSE_FILE = "s3://acme-prod/warehouse.duckdb";

/** Puts what the runs of all phases read into a platform's data directory: orders in two buckets, and the warehouse. */
export async function putSample(data: string): Promise<void> {
  const storage = join(data, "storage", "dev");
  const bucket = (name: string) => join(storage, "s3", name);
  await mkdir(storage, { recursive: true });
  // Both have orders; those of the sample are what counts.
  fillBucket(bucket("acme-prod"));
  await promisify(execFile)(process.execPath, ["examples/quickstart/put-sample.mjs", storage]);
  await cp(join(bucket("acme-prod"), "orders"), join(bucket("acme-live"), "orders"), { recursive: true });
}

/** Makes the people with whom the program shares its connection; they get the ids 2 and 3. */
export async function makePeople(endpoint: string): Promise<void> {
  for (const name of ["ada", "bob"]) {
    const body = { name, email: `${name}@example.com`, password: "a long password" };
    await request(endpoint, "POST", "/v4/people", body);
  }
}
