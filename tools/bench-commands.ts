import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import type * as FlowLibrary from "pulumi-sluice/flow";
import type { Flow, FlowPackage, Step } from "pulumi-sluice/flow";

const load = createRequire(__filename);
const SLUICE = resolve(__dirname, "..", "dist", "cli", "main.js");
const UNPACKED_MEGABYTES = 50;

/** One command on a large package. */
export interface CommandCost {
  name: string;
  milliseconds: number;
  /** Largest resident size. */
  megabytes: number;
}

/** What the aims of the commands are: per command. */
export const COMMAND_AIMS = { milliseconds: 2000, megabytes: 400 };

/** Runs `sluice package show` and `diff` as processes on a package of 50 MB unpacked and an edited copy of it. */
export async function measureCommands(folder: string, source: FlowPackage): Promise<CommandCost[]> {
  const { writePackage } = load("pulumi-sluice/flow") as typeof FlowLibrary;
  const padded = withAnnotations(source);
  const [before, after] = [join(folder, "before.zip"), join(folder, "after.zip")];
  await writeFile(before, await writePackage(padded));
  await writeFile(after, await writePackage({ ...padded, flows: padded.flows.map(edit) }));
  return [await measure(folder, "show", [before]), await measure(folder, "diff", [before, after])];
}

/** Steps as exporters write them are mostly annotations: inferred types of every column. */
function withAnnotations(source: FlowPackage): FlowPackage {
  const steps = source.flows.flatMap((flow) => flow.recipes.flatMap((recipe) => recipe.steps)).length;
  // A column's types take 134 bytes, and a step without them some 500.
  const columns = Math.floor(((UNPACKED_MEGABYTES * 1e6) / steps - 500) / 134);
  const types = Object.fromEntries(
    Array.from({ length: columns }, (_, at) => [
      `column_${at}_of_the_table`,
      { type: ["Datetime", "dd-mm-yy", "dd*mm*yyyy"], _likely_types: [["Datetime", "dd-mm-yy"]] },
    ]),
  );
  return mapSteps(source, (step) => ({
    ...step,
    task: { ...step.task, annotations: { ...step.task.annotations, outputColumnAnnotations: types } },
  }));
}

function mapSteps(source: FlowPackage, change: (step: Step) => Step): FlowPackage {
  const flows = source.flows.map((flow) => ({
    ...flow,
    recipes: flow.recipes.map((recipe) => ({ ...recipe, steps: recipe.steps.map(change) })),
  }));
  return { ...source, flows };
}

/** In every tenth flow a recipe loses its third step. */
function edit(flow: Flow, at: number): Flow {
  if (at % 10 !== 0) return flow;
  const recipes = flow.recipes.map((recipe, index) =>
    index === 1 ? { ...recipe, steps: recipe.steps.filter((_, step) => step !== 2) } : recipe,
  );
  return { ...flow, recipes };
}

async function measure(folder: string, name: "show" | "diff", files: string[]): Promise<CommandCost> {
  for (const file of files) await stat(file);
  const memory = join(folder, "memory");
  const started = performance.now();
  const child = spawn(
    process.execPath,
    ["--require", join(__dirname, "bench-memory.cjs"), SLUICE, "package", name, ...files],
    { env: { ...process.env, SLUICE_BENCH_MEMORY: memory }, stdio: ["ignore", "ignore", "inherit"] },
  );
  const [code] = (await once(child, "exit")) as [number];
  const milliseconds = performance.now() - started;
  const expected = name === "diff" ? 1 : 0;
  if (code !== expected) throw new Error(`sluice package ${name} ended with ${code} instead of ${expected}`);
  return {
    name: `sluice package ${name}`,
    milliseconds,
    megabytes: Number(await readFile(memory, "utf8")) / 1024,
  };
}
