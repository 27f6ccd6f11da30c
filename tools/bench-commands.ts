import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { DEFAULT_PACKAGE_LIMITS, readArchive, writeArchive } from "../flow/archive.js";
import type * as FlowLibrary from "pulumi-sluice/flow";
import type { Flow, FlowPackage, Step } from "pulumi-sluice/flow";

const load = createRequire(__filename);
const SLUICE = resolve(__dirname, "..", "dist", "cli", "main.js");

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
  const annotated = withAnnotations(source);
  const [before, after] = [join(folder, "before.zip"), join(folder, "after.zip")];
  await writeExport(before, annotated);
  await writeExport(after, { ...annotated, flows: annotated.flows.map(edit) });
  return [await measure(folder, "show", [before]), await measure(folder, "diff", [before, after])];
}

/**
 * Real exports are printed with two spaces of indent, which makes them three times as long, and their annotations, the
 * inferred types of a step's columns, are as long as its parameters; every second step has the ones of the step before.
 */
async function writeExport(file: string, source: FlowPackage): Promise<void> {
  const { writePackage } = load("pulumi-sluice/flow") as typeof FlowLibrary;
  const archive = await readArchive(await writePackage(source), DEFAULT_PACKAGE_LIMITS, () => true);
  const entries = [...archive].map(([name, bytes]) => ({
    name,
    content: JSON.stringify(JSON.parse(bytes.toString("utf8")), null, 2),
  }));
  await writeFile(file, await writeArchive(entries));
}

function withAnnotations(source: FlowPackage): FlowPackage {
  let step = 0;
  return mapSteps(source, (before) => {
    step += 1;
    const group = Math.floor(step / 2);
    const columns = Array.from({ length: step % 3 === 0 ? 2 : 1 }, (_, at) => `column ${at} of ${group}`);
    const types = { type: ["Datetime", "dd-mm-yy", "dd*mm*yyyy"], _likely_types: [["Datetime", "dd-mm-yy"]] };
    const annotations = {
      ...before.task.annotations,
      outputColumnAnnotations: Object.fromEntries(columns.map((column) => [column, types])),
    };
    return { ...before, columns, task: { ...before.task, annotations } };
  });
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
