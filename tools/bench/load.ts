import { join } from "node:path";
import { printTable, say, verdict } from "../bench-report.js";
import { BENCH_TOKEN } from "../bench-server.js";
import { startLoadPlatform } from "./load-platform.js";
import type { Memory } from "./load-platform.js";
import { seedStore } from "./seed.js";

const AMOUNTS = { deployments: 1000, releases: 20, jobGroups: 100_000 };
const AIMS = { pageMilliseconds: 25, startMilliseconds: 1000, megabytes: 300 };
const ROUNDS = 100;

/** Pages as people and the provider ask for them: the first, one in the middle, one deployment's, a name. */
const PAGES = [
  "/v4/deployments?limit=100",
  "/v4/deployments?limit=100&offset=900",
  "/v4/deployments?limit=25&sort=name",
  "/v4/deployments?filter=orders%20000777&filterType=exact",
  "/v4/releases?limit=100",
  "/v4/releases?limit=100&offset=10000",
  "/v4/releases?deploymentId=777",
  "/v4/releases?limit=100&includeCount=true",
  "/v4/deployments/777/releases",
  "/v4/flows?limit=100",
  "/v4/jobGroups?limit=100",
  "/v4/jobGroups?limit=100&embed=jobs",
  "/v4/jobGroups?limit=25&flowId=777",
  "/v4/jobGroups?limit=25&offset=50000",
  "/v4/jobs?limit=100",
  "/v4/flowRuns?limit=100",
];

/** Measures a platform that holds much: its start, its list pages and its memory. `folder` is a new one. */
export async function measureLoad(folder: string): Promise<boolean> {
  const data = join(folder, "platform");
  await (await startLoadPlatform(data)).stop();
  const seeded = performance.now();
  seedStore(data, AMOUNTS);
  const seconds = (performance.now() - seeded) / 1000;
  // The first start after the seeding reads a disk's cache that is cold, as a machine's after a restart.
  const starts: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const platform = await startLoadPlatform(data);
    starts.push(platform.startMilliseconds);
    await platform.stop();
  }
  const platform = await startLoadPlatform(data);
  try {
    const pages = await askPages(platform.endpoint);
    return report({ seconds, starts, pages, memory: await platform.memory() });
  } finally {
    await platform.stop();
  }
}

/** Milliseconds of every answer, by page. */
async function askPages(endpoint: string): Promise<Map<string, number[]>> {
  const times = new Map(PAGES.map((page) => [page, [] as number[]]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [page, known] of times) {
      const started = performance.now();
      const response = await fetch(endpoint + page, { headers: { authorization: `Bearer ${BENCH_TOKEN}` } });
      const text = await response.text();
      known.push(performance.now() - started);
      if (!response.ok) throw new Error(`GET ${page}: ${response.status} ${text}`);
    }
  }
  return times;
}

function report({
  seconds,
  starts,
  pages,
  memory,
}: {
  readonly seconds: number;
  readonly starts: readonly number[];
  readonly pages: ReadonlyMap<string, number[]>;
  readonly memory: Memory;
}): boolean {
  const slowest = Math.max(...[...pages.values()].map((times) => percentile(times, 99)));
  const start = Math.max(...starts);
  const megabytes = memory.largest / 1e6;
  const milliseconds = (value: number): string => `${value.toFixed(1)} ms`;
  say("");
  say(
    `A platform with ${AMOUNTS.deployments} deployments of ${AMOUNTS.releases} releases and ${AMOUNTS.jobGroups} job groups of two jobs (seeded in ${seconds.toFixed(1)} s):`,
  );
  printTable([
    ["list page", "median", "99 %", `aim ${AIMS.pageMilliseconds} ms`],
    ...[...pages].map(([page, times]) => {
      const most = percentile(times, 99);
      return [
        page,
        milliseconds(percentile(times, 50)),
        milliseconds(most),
        verdict(most <= AIMS.pageMilliseconds),
      ];
    }),
  ]);
  say("");
  printTable([
    ["", "", "aim"],
    [
      "startPlatform(), slowest of three",
      milliseconds(start),
      `≤ ${AIMS.startMilliseconds} ms ${verdict(start <= AIMS.startMilliseconds)}`,
    ],
    [
      "largest size of the process",
      `${megabytes.toFixed(0)} MB`,
      `≤ ${AIMS.megabytes} MB ${verdict(megabytes <= AIMS.megabytes)}`,
    ],
  ]);
  return slowest <= AIMS.pageMilliseconds && start <= AIMS.startMilliseconds && megabytes <= AIMS.megabytes;
}

/** The value that so many of a hundred do not exceed. */
function percentile(values: readonly number[], hundredth: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * hundredth) / 100) - 1)] ?? Number.NaN;
}
