import { mkdir, stat } from "node:fs/promises";
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { printTable, say, verdict } from "../bench-report.js";
import { startJobPlatform } from "./job-platform.js";
import { makeFiles, recipeSource } from "./recipe-files.js";

/** Memory of one job, in megabytes. */
const LIMIT = 256;
/** What DuckDB's own limit does not count: the allocator, buffers of files, the engine's code. */
const BESIDE_LIMIT = 128;
const FEW_ROWS = 1000;

/** Steps that have to hold all rows: every order beside itself, each once, by its total. */
const STEPS = [
  "derive type: single value: quantity * price as: 'total'",
  "join with: Orders col: order_id = current_dataset.order_id, customer_id = current_dataset.customer_id, " +
    "total = current_dataset.total, status = Orders.status, channel = Orders.channel " +
    "row: current_dataset.order_id == Orders.order_id type: inner",
  "deduplicate",
  "sort order: total",
];

interface Run {
  readonly status: string;
  readonly rows: number;
  readonly seconds: number;
  readonly inputBytes: number;
  readonly spilledBytes: number;
  /** Largest resident size of the platform with its jobs. */
  readonly megabytes: number;
}

/** Runs a recipe over more than its memory holds; answers whether it ends within it. `folder` is a new one. */
export async function measureMemory(folder: string, { rows }: { readonly rows: number }): Promise<boolean> {
  const small = await runIn(join(folder, "small"), FEW_ROWS);
  const large = await runIn(join(folder, "large"), rows);
  const grown = large.megabytes - small.megabytes;
  const isWhole = large.status === "Complete" && large.rows === rows;
  const isSpilled = large.spilledBytes > 0;
  const isBounded = grown <= LIMIT + BESIDE_LIMIT;
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  say("");
  say(`A job that joins, deduplicates and sorts all of its rows, with ${LIMIT} MB of memory (--memory):`);
  printTable([
    ["", `${FEW_ROWS} rows`, `${rows.toLocaleString("en")} rows`, "aim"],
    ["input", megabytes(small.inputBytes), megabytes(large.inputBytes), ""],
    ["status", small.status, large.status, `Complete, with every row ${verdict(isWhole)}`],
    ["time", `${small.seconds.toFixed(1)} s`, `${large.seconds.toFixed(1)} s`, ""],
    [
      "spilled to disk",
      megabytes(small.spilledBytes),
      megabytes(large.spilledBytes),
      `> 0 ${verdict(isSpilled)}`,
    ],
    [
      "largest size of the process",
      `${small.megabytes.toFixed(0)} MB`,
      `${large.megabytes.toFixed(0)} MB`,
      `≤ ${LIMIT} + ${BESIDE_LIMIT} MB more than with few rows ${verdict(isBounded)}`,
    ],
  ]);
  return isWhole && isSpilled && isBounded;
}

async function runIn(folder: string, rows: number): Promise<Run> {
  await mkdir(folder);
  const platform = await startJobPlatform(folder, "--workers", "1", "--memory", `${LIMIT}MB`);
  try {
    const instance = await DuckDBInstance.create(":memory:");
    await makeFiles(await instance.connect(), platform.bucket, "csv", rows);
    instance.closeSync();
    const deployment = await platform.deploy(recipeSource("s3://bench", "csv", STEPS));
    const started = performance.now();
    const group = await platform.run(deployment);
    let spilledBytes = 0;
    const status = await platform.untilEnded(group, () => {
      spilledBytes = Math.max(spilledBytes, spilled(platform.scratch));
    });
    const seconds = (performance.now() - started) / 1000;
    if (status !== "Complete") say(JSON.stringify(await platform.call("GET", `/v4/jobGroups/${group}`)));
    const { files } = (await platform.call("GET", `/v4/jobGroups/${group}/outputs`)) as {
      files: { rowCount: number }[];
    };
    const { size: inputBytes } = await stat(join(platform.bucket, "orders.csv"));
    const written = files.reduce((sum, { rowCount }) => sum + rowCount, 0);
    return { status, rows: written, seconds, inputBytes, spilledBytes, megabytes: await platform.stop() };
  } finally {
    await platform.stop();
  }
}

/** Bytes below a folder. What is removed while we look is not there any more. */
function spilled(folder: string): number {
  try {
    return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
      const path = join(folder, entry.name);
      return sum + (entry.isDirectory() ? spilled(path) : lstatSync(path).size);
    }, 0);
  } catch {
    return 0;
  }
}
