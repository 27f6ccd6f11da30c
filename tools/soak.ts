// Many clients at one platform for some minutes: no error, and memory that does not grow.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildPackage } from "../flow/source.js";
import { writePackage } from "../flow/write.js";
import { printTable, say, verdict } from "./bench-report.js";
import { BENCH_TOKEN } from "./bench-server.js";
import { startLoadPlatform } from "./bench/load-platform.js";

const USAGE = `Usage: npm run soak -- [--minutes N] [--clients N]
  --minutes  how long, from 0.5 to 120 (10)
  --clients  requests at the same time (64)`;

/** Part of the time in which caches fill up; memory is compared after it. */
const WARM_UP = 0.3;
const SAMPLES = 60;
/** Bytes a minute above which memory counts as growing: less is within what one sample differs from the next. */
const MOST_GROWTH = 1e6;

/** What matters of an answer. */
interface Answer {
  readonly id: number;
  readonly release?: { readonly id: number };
}

/** The connection that the package names. */
const WAREHOUSE = {
  name: "warehouse",
  uuid: "a7d6b1c0-0b52-11ef-8c55-0242ac120002",
  vendor: "postgres",
  vendorName: "postgres",
  type: "jdbc",
  credentialType: "noAuth",
  params: {},
};

/** One look at the platform's memory. */
interface Sample {
  readonly minutes: number;
  readonly resident: number;
}

function readArguments(): { minutes: number; clients: number } {
  const { values } = parseArgs({
    options: { minutes: { type: "string", default: "10" }, clients: { type: "string", default: "64" } },
  });
  const [minutes, clients] = [Number(values.minutes), Number(values.clients)];
  if (!(minutes >= 0.5 && minutes <= 120))
    throw new Error(`--minutes ${values.minutes}: it must be a number from 0.5 to 120\n${USAGE}`);
  if (!Number.isInteger(clients) || clients < 1 || clients > 1000)
    throw new Error(`--clients ${values.clients}: it must be a whole number from 1 to 1000\n${USAGE}`);
  return { minutes, clients };
}

async function main(): Promise<void> {
  const { minutes, clients } = readArguments();
  const root = resolve(__dirname, "..");
  await mkdir(join(root, ".sluice"), { recursive: true });
  const folder = await mkdtemp(join(root, ".sluice", "soak-"));
  const bytes = await writePackage(
    await buildPackage(join(root, "examples/quickstart/packages/orders-1.0.0")),
  );
  const platform = await startLoadPlatform(join(folder, "platform"));
  try {
    await makeWarehouse(platform.endpoint);
    const counts = { answers: 0, errors: new Map<string, number>() };
    const started = performance.now();
    const elapsed = (): number => (performance.now() - started) / 60_000;
    const work = Array.from({ length: clients }, (_, index) =>
      runClient(platform.endpoint, index, bytes, () => elapsed() < minutes, counts),
    );
    const samples = watch(() => platform.memory(), elapsed, minutes);
    await Promise.all(work);
    if (!report(await samples, counts, elapsed(), clients)) process.exitCode = 1;
  } finally {
    await platform.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function makeWarehouse(endpoint: string): Promise<void> {
  const response = await fetch(`${endpoint}/v4/connections`, {
    method: "POST",
    headers: { authorization: `Bearer ${BENCH_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify(WAREHOUSE),
  });
  if (!response.ok) throw new Error(`POST /v4/connections: ${response.status} ${await response.text()}`);
}

/** A team's day again and again: looks, makes a deployment, imports, goes back, takes it down. */
async function runClient(
  endpoint: string,
  index: number,
  bytes: Uint8Array,
  isGoing: () => boolean,
  counts: { answers: number; errors: Map<string, number> },
): Promise<void> {
  const ask = async (method: string, path: string, body?: object): Promise<Answer> => {
    const isForm = body instanceof FormData;
    try {
      const response = await fetch(`${endpoint}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${BENCH_TOKEN}`,
          ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 200)}`);
      counts.answers += 1;
      return (text === "" ? {} : JSON.parse(text)) as Answer;
    } catch (error) {
      const what = `${method} ${path.replaceAll(/\d+/g, "N")}: ${String(error)}`;
      counts.errors.set(what, (counts.errors.get(what) ?? 0) + 1);
      return { id: 0 };
    }
  };
  for (let round = 0; isGoing(); round += 1) {
    await ask("GET", "/v4/deployments?limit=100");
    await ask("GET", "/v4/releases?limit=100");
    const { id } = await ask("POST", "/v4/deployments", { name: `soak ${index} ${round}` });
    if (id === 0) continue;
    await ask("PATCH", `/v4/deployments/${id}/valueImportRules`, [
      { type: "s3Bucket", on: "acme-dev", with: `acme-${index}` },
    ]);
    const before = await ask("POST", `/v4/deployments/${id}/releases`, toForm(bytes));
    await ask("POST", `/v4/deployments/${id}/releases`, toForm(bytes));
    if (before.release !== undefined)
      await ask("PATCH", `/v4/releases/${before.release.id}`, { active: true });
    await ask("GET", `/v4/deployments/${id}?embed=releases`);
    await ask("GET", "/v4/jobGroups?limit=25");
    await ask("DELETE", `/v4/deployments/${id}`);
  }
}

function toForm(bytes: Uint8Array): FormData {
  const form = new FormData();
  form.set("data", new Blob([new Uint8Array(bytes)]), "orders.zip");
  return form;
}

async function watch(
  look: () => Promise<{ resident: number }>,
  elapsed: () => number,
  minutes: number,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  while (elapsed() < minutes) {
    await new Promise((next) => setTimeout(next, (minutes * 60_000) / SAMPLES));
    samples.push({ minutes: elapsed(), resident: (await look()).resident });
  }
  return samples;
}

function report(
  samples: readonly Sample[],
  counts: { answers: number; errors: ReadonlyMap<string, number> },
  minutes: number,
  clients: number,
): boolean {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP));
  const growth = slopeOf(warm);
  const errors = [...counts.errors.values()].reduce((sum, count) => sum + count, 0);
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  say(`${clients} clients for ${minutes.toFixed(1)} minutes: ${counts.answers} answers`);
  printTable([
    ["", "", "aim"],
    ["errors", String(errors), `0 ${verdict(errors === 0)}`],
    ["memory after a collection, when warm", megabytes(warm[0]?.resident ?? Number.NaN), ""],
    ["memory after a collection, at the end", megabytes(warm.at(-1)?.resident ?? Number.NaN), ""],
    ["growth a minute", megabytes(growth), `≤ ${megabytes(MOST_GROWTH)} ${verdict(growth <= MOST_GROWTH)}`],
  ]);
  for (const [what, count] of [...counts.errors].slice(0, 20)) say(`${count} × ${what}`);
  return errors === 0 && growth <= MOST_GROWTH;
}

/** Bytes a minute, by least squares. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(samples.map((each) => each.minutes)), mean(samples.map((each) => each.resident))];
  const over = samples.map((each) => (each.minutes - x) * (each.resident - y));
  const under = samples.map((each) => (each.minutes - x) ** 2);
  return mean(over) / mean(under);
}

main().catch((error: unknown) => {
  process.stderr.write(`soak: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
