/* eslint-disable no-console -- a script that prints its figures */
// How long a compiled recipe of fifteen usual steps takes beside the best query for the same result written by hand, on the
// same DuckDB: `npx vite-node test/flow/compile/speed.ts [rows] [--sql]`. Files are made in the temporary folder and removed.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { compileRecipe } from "../../../flow/compile/compile.js";
import { findRecipe } from "../../../flow/compile/find-recipe.js";
import { buildFromSource } from "../../../flow/source.js";
import { makeFiles, source, STEPS, writtenByHand } from "./speed-files.js";

interface Timing {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function time(connection: DuckDBConnection, folder: string, sql: string): Promise<Timing> {
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  await connection.run(`COPY (${sql}) TO '${folder}/result.csv' (HEADER)`);
  const used = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (used.user + used.system) / 1e6 };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function main(rows: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-speed-"));
  const instance = await DuckDBInstance.create(":memory:");
  try {
    const connection = await instance.connect();
    await makeFiles(connection, folder, rows);
    const pkg = buildFromSource(source(folder), "speed");
    const { node } = findRecipe(pkg, "Report");
    const ask = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson() as string[][];
    const datasets = (dataset: { name: string }) => ({
      files: [`${folder}/${dataset.name.toLowerCase()}.csv`],
    });
    const query = await compileRecipe(pkg, node.id, { datasets, ask });
    if (process.argv.includes("--sql")) console.log(query.sql);
    const compileTimes: number[] = [];
    for (let round = 0; round < 50; round += 1) {
      const start = performance.now();
      await compileRecipe(pkg, node.id);
      compileTimes.push(performance.now() - start);
    }
    console.log(`compile: ${(median(compileTimes) / STEPS.length).toFixed(3)} ms a step (median of 50)`);
    const [ours, hand]: [Timing[], Timing[]] = [[], []];
    for (let round = 0; round < 3; round += 1) {
      ours.push(await time(connection, folder, query.sql));
      hand.push(await time(connection, folder, writtenByHand(folder)));
    }
    const show = (name: string, timings: readonly Timing[]): string =>
      `${name}: ${median(timings.map((one) => one.seconds)).toFixed(2)} s, ${median(timings.map((one) => one.cpuSeconds)).toFixed(2)} s of CPU`;
    const ratio = (key: keyof Timing): string =>
      (median(ours.map((one) => one[key])) / median(hand.map((one) => one[key]))).toFixed(2);
    console.log(show("compiled", ours));
    console.log(show("by hand", hand));
    console.log(`ratio: ${ratio("seconds")} in time, ${ratio("cpuSeconds")} in CPU, ${rows} rows`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

void main(Number(process.argv[2] ?? 1_000_000));
