import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as Flow from "pulumi-sluice/flow";
import type * as Platform from "sluice-platform";
import { buildFromSource } from "../flow/source.js";
import { commandLine, readEndpoint, stopProcess } from "./bench-server.js";

const LATER_STARTS = 5;
const FLOWS = 300;
const RECIPES_PER_FLOW = 5;
const STEPS_PER_RECIPE = 10;

/** Compiled, as users run it. */
const load = createRequire(__filename);

/** Milliseconds until a platform answers: as a function in a running process, and as a command with Node.js before it. */
export interface StartTimes {
  first: number;
  later: number[];
  firstCommand: number;
  laterCommands: number[];
}

/** Starts platforms in new folders and again in the same ones. */
export async function measurePlatformStart(folder: string): Promise<StartTimes> {
  await mkdir(folder);
  const { startPlatform } = load("sluice-platform") as typeof Platform;
  const startFunction = async (name: string): Promise<number> => {
    const started = performance.now();
    const platform = await startPlatform({ data: join(folder, name), environments: ["prod"] });
    const milliseconds = performance.now() - started;
    await platform.close();
    return milliseconds;
  };
  // The first call loads the native parts and compiles the code: neither belongs to a folder's first start.
  await startFunction("warm-up");
  const first = await startFunction("function");
  const later = await repeat(LATER_STARTS, () => startFunction("function"));
  const firstCommand = await startCommand(join(folder, "command"));
  const laterCommands = await repeat(LATER_STARTS, () => startCommand(join(folder, "command")));
  return { first, later, firstCommand, laterCommands };
}

async function startCommand(directory: string): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, [...commandLine(directory), "--log", "silent"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await readEndpoint(child);
  const milliseconds = performance.now() - started;
  await stopProcess(child);
  return milliseconds;
}

async function repeat(times: number, measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let index = 0; index < times; index += 1) values.push(await measure());
  return values;
}

/** How long the parts of a release's check take on a package larger than any that people make. */
export interface FlowTimes {
  flows: number;
  steps: number;
  /** Size of the ZIP. */
  bytes: number;
  milliseconds: Record<"read" | "apply rules" | "contents" | "content digest", number>;
}

/** Generates a package, writes it to `file` and reads it as a release's check does. */
export async function measureFlowPackage(file: string): Promise<FlowTimes> {
  const flow = load("pulumi-sluice/flow") as typeof Flow;
  await writeFile(file, await flow.writePackage(buildFromSource(largeSource(), "generated package")));
  const timed = async <T>(work: () => T | Promise<T>): Promise<[T, number]> => {
    const started = performance.now();
    const result = await work();
    return [result, performance.now() - started];
  };
  const [source, read] = await timed(() => flow.readPackage(file));
  const rules = { connections: [], values: [{ type: "s3Bucket", on: "acme-dev", with: "acme" } as const] };
  const [ruled, apply] = await timed(() => flow.applyRules(source, rules));
  const [, contents] = await timed(() => flow.describeContents(ruled));
  const [, digest] = await timed(() => flow.contentDigest(source));
  return {
    flows: FLOWS,
    steps: FLOWS * RECIPES_PER_FLOW * STEPS_PER_RECIPE,
    bytes: (await readFile(file)).length,
    milliseconds: { read, "apply rules": apply, contents, "content digest": digest },
  };
}

/** The readable source of that package. */
export function largeSource(): unknown {
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  const step = (index: number): string =>
    index % 2 === 0
      ? `derive type: single value: IF(count == ${index}, 'few', page) as: 'size_${index}'`
      : `filter type: custom rowType: single row: ISMISSING([size_${index - 1}]) action: Delete`;
  return {
    uuid: "4b1d7f52-6f1c-11ef-a4b5-0242ac120002",
    exportedAt: "2024-09-10T08:00:00.000Z",
    flows: numbers(FLOWS).map((index) => ({
      name: `Flow ${index}`,
      primary: index === 0,
      datasets: {
        "visits.csv": { file: `s3://acme-dev/visits-${index}.csv`, columns: ["day", "page", "count"] },
      },
      recipes: Object.fromEntries(
        numbers(RECIPES_PER_FLOW).map((recipe) => [
          `Recipe ${recipe}`,
          {
            from: recipe === 0 ? "visits.csv" : `Recipe ${recipe - 1}`,
            steps: numbers(STEPS_PER_RECIPE).map((each) => step(each)),
          },
        ]),
      ),
      outputs: [
        {
          recipe: `Recipe ${RECIPES_PER_FLOW - 1}`,
          file: `s3://acme-dev/out-${index}.csv`,
          action: "overwrite",
        },
      ],
    })),
  };
}
