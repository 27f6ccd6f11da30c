import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { buildFromSource } from "../flow/source.js";
import { writePackage } from "../flow/write.js";
import { startPlatform } from "../platform/index.js";

const TOKEN = "bench-token-0123456789";
const SIZE = Number(process.argv[2] ?? 2000);
const REQUESTS = 500;

const flow = {
  name: "Orders",
  datasets: { "orders.csv": { file: "s3://bench/orders.csv", columns: ["id", "country", "price"] } },
  recipes: { R: { from: "orders.csv", steps: ["groupby type: agg group: country value: n = COUNT()"] } },
  outputs: [{ recipe: "R", file: "s3://bench/out.csv", action: "overwrite" }],
};

/** Queues many job groups and prints how long the API's answers take before and while they run. */
async function main(): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), "sluice-bench-jobs-"));
  const bucket = join(data, "storage/dev/s3/bench");
  mkdirSync(bucket, { recursive: true });
  writeFileSync(join(bucket, "orders.csv"), `id,country,price\n${"1,DE,3.5\n2,FR,4\n".repeat(50_000)}`);
  const platform = await startPlatform({ data, environments: ["dev"], token: TOKEN });
  const call = async (method: string, path: string, body?: FormData | object) => {
    const isForm = body instanceof FormData;
    const response = await fetch(`${platform.endpoint("dev")}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    return (await response.json()) as Record<string, never>;
  };
  try {
    const { id } = await call("POST", "/v4/deployments", { name: "orders" });
    const pkg = buildFromSource(
      { uuid: "6f0c2f4e-0b52-11ef-9a3e-0242ac120002", exportedAt: "2024-05-06T08:00:00.000Z", flows: [flow] },
      "bench",
    );
    const form = new FormData();
    form.set("data", new Blob([new Uint8Array(await writePackage(pkg))]), "orders.zip");
    await call("POST", `/v4/deployments/${String(id)}/releases`, form);
    const read = async (index: number) => {
      await call("GET", index % 2 === 0 ? `/v4/deployments/${String(id)}` : "/v4/jobGroups?limit=25");
    };
    report("reads, nothing queued", await time(REQUESTS, read));
    const runs = await time(SIZE, async () => void (await call("POST", `/v4/deployments/${String(id)}/run`)));
    report(`queueing ${SIZE} runs, jobs running`, runs);
    report("reads, queue full, jobs running", await time(REQUESTS, read));
    const { count } = await call("GET", "/v4/jobGroups/count?filter=Created&filterFields=status");
    console.log(`still waiting afterwards: ${String(count)}`);
  } finally {
    await platform.close();
    rmSync(data, { recursive: true, force: true });
  }
}

async function time(count: number, work: (index: number) => Promise<void>): Promise<number[]> {
  const durations: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const begun = performance.now();
    await work(index);
    durations.push(performance.now() - begun);
  }
  return durations.sort((a, b) => a - b);
}

function report(name: string, sorted: readonly number[]): void {
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1);
  console.log(`${name}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`);
}

void main();
