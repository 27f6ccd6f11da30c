import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { printTable, say, verdict } from "../bench-report.js";
import { startJobPlatform, type JobPlatform } from "./job-platform.js";

/** How much slower the slowest hundredth of reads may be with a full queue than with busy threads alone. */
const AIM = 1.5;
const READS = 1000;
const ROWS = 100_000;
/** One thread for the server, the others run jobs. */
const WORKERS = Math.max(1, availableParallelism() - 1);

/** A job of some milliseconds, and one of a lookup that makes ten thousand million rows: longer than any bench. */
const FLOWS = {
  short: { steps: ["groupby type: agg group: country value: n = COUNT()"] },
  endless: { steps: ["lookup with: Others col: country key: country as: 'other', 'price2'"] },
};

/** Measures reads with and without a queue; answers whether the aim is reached. `folder` is a new one. */
export async function measureJobs(folder: string, { runs }: { readonly runs: number }): Promise<boolean> {
  const platform = await startJobPlatform(folder, "--workers", String(WORKERS));
  try {
    await writeFile(join(platform.bucket, "orders.csv"), `id,country,price\n${"1,DE,3.5\n".repeat(ROWS)}`);
    const short = await platform.deploy(source(FLOWS.short.steps, 1));
    const endless = await platform.deploy(source(FLOWS.endless.steps, 2));
    const read = readsOf(platform, short);
    const free = await time(READS, read);
    const groups: number[] = [];
    for (let at = 0; at < WORKERS; at += 1) groups.push(await platform.run(endless));
    await untilRunning(platform, groups);
    const busy = await time(READS, read);
    const queueing = await time(runs, async () => void (await platform.run(short)));
    const queued = await time(READS, read);
    const waiting = await countOf(platform, "Created");
    for (const group of groups) await platform.call("POST", `/v4/jobGroups/${group}/cancel`);
    const draining = await time(READS, read);
    const left = await countOf(platform, "Created");
    const ratio = percentile(queued, 0.99) / percentile(busy, 0.99);
    const isReached = waiting === runs && ratio <= AIM;
    say("");
    say(
      `Answers of the platform, ${WORKERS} jobs at a time, ${READS} reads each: of a deployment, of all with their releases, of\n` +
        `the newest job groups and of those that wait:`,
    );
    printTable([
      ["milliseconds", "p50", "p99", "most", "aim"],
      row("nothing runs", free),
      row("jobs run, nothing waits", busy),
      row(
        `jobs run, ${waiting} wait`,
        queued,
        `p99 ${ratio.toFixed(2)}×, ≤ ${AIM}× of nothing waiting ${verdict(isReached)}`,
      ),
      row(`short jobs start and end, ${left} wait afterwards`, draining),
      row(`asking for a run, ${runs} times`, queueing),
    ]);
    return isReached;
  } finally {
    await platform.stop();
  }
}

function source(steps: readonly string[], flow: number): unknown {
  const file = { file: "s3://bench/orders.csv", columns: ["id", "country", "price"] };
  return {
    uuid: `6f0c2f4e-0b52-11ef-9a3e-0242ac12000${flow}`,
    exportedAt: "2024-05-06T08:00:00.000Z",
    flows: [
      {
        name: `Orders ${flow}`,
        datasets: { Orders: file, Others: file },
        recipes: { Report: { from: "Orders", steps } },
        outputs: [{ recipe: "Report", file: `s3://bench/out-${flow}.csv`, action: "overwrite" }],
      },
    ],
  };
}

function readsOf(platform: JobPlatform, deployment: number): (index: number) => Promise<void> {
  const paths = [
    `/v4/deployments/${deployment}`,
    "/v4/jobGroups?limit=25",
    "/v4/jobGroups?limit=25&filter=Created&filterFields=status",
    "/v4/deployments?embed=releases",
  ];
  return async (index) => void (await platform.call("GET", paths[index % paths.length] ?? ""));
}

async function countOf(platform: JobPlatform, status: string): Promise<number> {
  const path = `/v4/jobGroups/count?filter=${status}&filterFields=status`;
  return ((await platform.call("GET", path)) as { count: number }).count;
}

async function untilRunning(platform: JobPlatform, groups: readonly number[]): Promise<void> {
  for (const group of groups)
    while ((await platform.call("GET", `/v4/jobGroups/${group}/status`)) === "Created")
      await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Milliseconds of each call, the least first. */
async function time(count: number, work: (index: number) => Promise<void>): Promise<number[]> {
  const durations: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const begun = performance.now();
    await work(index);
    durations.push(performance.now() - begun);
  }
  return durations.sort((a, b) => a - b);
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}

function row(name: string, sorted: readonly number[], aim = ""): string[] {
  return [name, ...[0.5, 0.99, 1].map((share) => percentile(sorted, share).toFixed(1)), aim];
}
