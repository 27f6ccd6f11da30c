import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as Platform from "sluice-platform";
import type { StackName } from "../bench-programs.js";
import { printTable, say, verdict } from "../bench-report.js";
import { BENCH_TOKEN } from "../bench-server.js";
import { benchStack, startBench } from "../bench-stacks.js";

const RESOURCES = 200;
const REQUESTS_PER_SECOND = 15;
const AIM_RATIO = 1.15;
const TOO_MANY_REQUESTS = 429;

const STACKS = ["dynamic-sluice", "plugin-sluice"] as const satisfies readonly StackName[];
/**
 * What the provider knows of the platform's limit. The aims are for who is told: who has to find it out asks in vain now and then,
 * which takes time, and more at once than the limit may be refused together again.
 */
const KNOWLEDGE = [
  { words: "limit told", settings: { requestsPerSecond: String(REQUESTS_PER_SECOND) }, hasAims: true },
  { words: "limit found out", settings: {}, hasAims: false },
];

/** Deploys many resources to a platform that takes few requests a second, on both hosts. `folder` is a new one. */
export async function measureLimits(folder: string): Promise<boolean> {
  const rows: string[][] = [];
  let isReached = true;
  for (const name of STACKS) {
    for (const { words, settings, hasAims } of KNOWLEDGE) {
      const own = join(folder, `${name}, ${words}`);
      await mkdir(own);
      const { seconds, requests, rejected, twice } = await measureUp(own, name, settings);
      const least = requests / REQUESTS_PER_SECOND;
      const ratio = seconds / least;
      isReached &&= !hasAims || (ratio <= AIM_RATIO && twice.length === 0);
      for (const request of twice) say(`${name}, ${words}: rejected twice: ${request}`);
      rows.push([
        `${name}, ${words}`,
        String(requests),
        String(rejected),
        hasAims ? `${twice.length} ${verdict(twice.length === 0)}` : String(twice.length),
        `${seconds.toFixed(1)} s`,
        `${least.toFixed(1)} s`,
        ratio.toFixed(2),
        hasAims ? `≤ ${AIM_RATIO} ${verdict(ratio <= AIM_RATIO)}` : "",
      ]);
    }
  }
  say("");
  say(`${RESOURCES} resources at a platform that takes ${REQUESTS_PER_SECOND} requests a second:`);
  printTable([["up", "answered", "rejected", "twice, aim 0", "time", "least", "ratio", "aim"], ...rows]);
  return isReached;
}

async function measureUp(folder: string, name: StackName, settings: Readonly<Record<string, string>>) {
  const platform = await startLimitedPlatform(join(folder, "platform"));
  const server = { endpoint: platform.endpoint("prod"), token: BENCH_TOKEN, stop: () => platform.close() };
  const takeRequests = () => Promise.resolve(platform.requests.map(({ method }) => method));
  const bench = await startBench(folder, RESOURCES, true, () => Promise.resolve({ ...server, takeRequests }));
  try {
    const stack = await benchStack(bench, name, settings);
    const cycle = stack.newCycle();
    await stack.run("up", cycle);
    return { seconds: cycle.seconds.up, ...count(platform.requests) };
  } finally {
    await bench.stop();
  }
}

/** In this process, which then knows every request: so few of them slow down nobody. */
async function startLimitedPlatform(data: string): Promise<Platform.RunningPlatform> {
  const { startPlatform } = createRequire(__filename)("sluice-platform") as typeof Platform;
  const settings = { recordRequests: true, faults: true };
  const platform = await startPlatform({ data, environments: ["prod"], token: BENCH_TOKEN, settings });
  platform.faults?.add({ fault: { kind: "rate-limit", requests: REQUESTS_PER_SECOND, seconds: 1 } });
  return platform;
}

/** Requests that were carried out, rejections, and requests that were rejected again when they were repeated. */
function count(records: readonly Platform.RequestRecord[]) {
  const rejections = new Map<string, number>();
  const twice: string[] = [];
  let [requests, rejected] = [0, 0];
  for (const { method, path, status, body } of records) {
    const request = JSON.stringify([method, path, body]);
    if (status !== TOO_MANY_REQUESTS) {
      requests += 1;
      rejections.delete(request);
      continue;
    }
    rejected += 1;
    const times = (rejections.get(request) ?? 0) + 1;
    rejections.set(request, times);
    if (times === 2) twice.push(`${method} ${path}`);
  }
  return { requests, rejected, twice };
}
