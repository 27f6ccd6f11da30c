// What resources of Sluice cost beside no-op dynamic resources, and how long the parts that people wait for take.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildFromSource } from "../flow/source.js";
import { COMMAND_AIMS, measureCommands } from "./bench-commands.js";
import { largeSource, measureFlowPackage, measurePlatformStart } from "./bench-parts.js";
import { benchStack, startBench } from "./bench-stacks.js";
import type { BenchStack, Cycle, Operation } from "./bench-stacks.js";

const USAGE = `Usage: npm run bench -- [--resources N] [--rounds N] [--skip-checkpoints] [--only engine|parts]
  --resources         resources of each stack, an even number: half deployments, half releases (500)
  --rounds            cycles of up, preview, refresh and destroy; medians are printed (3)
  --skip-checkpoints  sets PULUMI_SKIP_CHECKPOINTS for both stacks: state is written at the end only
  --only              the comparison on the engine, or the parts by themselves`;

/** What the project promises; a ratio without an aim is only printed. */
const AIMS: Partial<Record<Operation, number>> = { up: 1.5, preview: 1.2 };
const AIM_PROVIDER_BYTES = 600;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function readArguments() {
  const { values } = parseArgs({
    options: {
      resources: { type: "string", default: "500" },
      rounds: { type: "string", default: "3" },
      "skip-checkpoints": { type: "boolean", default: false },
      only: { type: "string" },
    },
  });
  const resources = Number(values.resources);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(resources) || resources < 2 || resources % 2 !== 0)
    throw new Error(`--resources ${values.resources}: it must be an even number\n${USAGE}`);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds ${values.rounds}: it must be a number from 1\n${USAGE}`);
  if (values.only !== undefined && !["engine", "parts"].includes(values.only))
    throw new Error(`--only ${values.only}: it must be engine or parts\n${USAGE}`);
  return { resources, rounds, skipCheckpoints: values["skip-checkpoints"], only: values.only };
}

async function compareOnEngine(
  folder: string,
  resources: number,
  rounds: number,
  skipCheckpoints: boolean,
): Promise<boolean> {
  const bench = await startBench(folder, resources, skipCheckpoints);
  const cycles: Record<"sluice" | "noop", Cycle[]> = { sluice: [], noop: [] };
  try {
    const sluice = await benchStack(bench, "sluice");
    const noop = await benchStack(bench, "noop");
    for (let round = 1; round <= rounds; round += 1) {
      say(`round ${round} of ${rounds}`);
      const both = await runAlternating(sluice, noop);
      cycles.sluice.push(both.sluice);
      cycles.noop.push(both.noop);
    }
  } finally {
    await bench.stop();
  }
  return printComparison(cycles, resources, skipCheckpoints);
}

/** Every operation on the one stack and right after it on the other, so that both meet the same machine. */
async function runAlternating(sluice: BenchStack, noop: BenchStack): Promise<{ sluice: Cycle; noop: Cycle }> {
  const both = { sluice: sluice.newCycle(), noop: noop.newCycle() };
  for (const operation of ["up", "preview", "refresh", "destroy"] as const) {
    await noop.run(operation, both.noop);
    await sluice.run(operation, both.sluice);
  }
  return both;
}

function printComparison(
  cycles: Record<"sluice" | "noop", Cycle[]>,
  resources: number,
  skipCheckpoints: boolean,
): boolean {
  const half = resources / 2;
  say("");
  say(`${half} deployments + ${half} releases against ${resources} no-op dynamic resources.`);
  say(
    `Automation API, default parallelism, ${skipCheckpoints ? "PULUMI_SKIP_CHECKPOINTS=true" : "state written after every step (the default)"}; medians of ${cycles.sluice.length}.`,
  );
  say("");
  const rows = [["", "no-op", "sluice", "ratio", "aim", "requests"]];
  let isReached = true;
  for (const operation of ["up", "preview", "refresh", "destroy"] as const) {
    const noop = median(cycles.noop.map((cycle) => cycle.seconds[operation]));
    const sluice = median(cycles.sluice.map((cycle) => cycle.seconds[operation]));
    const ratio = median(
      cycles.sluice.map((cycle, round) => {
        const base = cycles.noop[round]?.seconds[operation] ?? Number.NaN;
        return cycle.seconds[operation] / base;
      }),
    );
    const aim = AIMS[operation];
    if (aim !== undefined && ratio > aim) isReached = false;
    rows.push([
      operation === "preview" ? "preview, no change" : operation,
      `${noop.toFixed(1)} s`,
      `${sluice.toFixed(1)} s`,
      `${ratio.toFixed(2)}×`,
      aim === undefined ? "" : `≤ ${aim}× ${ratio <= aim ? "reached" : "MISSED"}`,
      cycles.sluice.at(-1)?.requests[operation] ?? "",
    ]);
  }
  printTable(rows);
  const sizes = { noop: cycles.noop.at(-1)?.size, sluice: cycles.sluice.at(-1)?.size };
  say("");
  const isSmall = (sizes.sluice?.providerBytes ?? Infinity) <= AIM_PROVIDER_BYTES;
  printTable([
    ["bytes of state per resource", "no-op", "sluice", "aim"],
    ["all", String(sizes.noop?.bytes), String(sizes.sluice?.bytes), ""],
    [
      "of them the serialised provider",
      String(sizes.noop?.providerBytes),
      String(sizes.sluice?.providerBytes),
      `≤ ${AIM_PROVIDER_BYTES} ${isSmall ? "reached" : "MISSED"}`,
    ],
  ]);
  return isReached && isSmall;
}

function printTable(rows: string[][]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    say(cells.join("   ").trimEnd());
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Answers whether the commands reach their aims. */
async function measureParts(folder: string): Promise<boolean> {
  const start = await measurePlatformStart(join(folder, "starts"));
  const flow = await measureFlowPackage(join(folder, "large.zip"));
  const milliseconds = (value: number): string => `${value.toFixed(0)} ms`;
  say("");
  printTable([
    ["platform", "first start", "later starts"],
    ["startPlatform()", milliseconds(start.first), milliseconds(median(start.later))],
    [
      "`sluice platform start`, with Node.js",
      milliseconds(start.firstCommand),
      milliseconds(median(start.laterCommands)),
    ],
  ]);
  say("");
  say(
    `A package of ${flow.flows} flows and ${flow.steps} steps (${(flow.bytes / 1e6).toFixed(1)} MB packed):`,
  );
  printTable([
    ["", "time"],
    ...Object.entries(flow.milliseconds).map(([name, value]) => [name, milliseconds(value)]),
  ]);
  const commands = await measureCommands(folder, buildFromSource(largeSource(), "generated package"));
  say("");
  say("The same flows with the annotations that exporters write, 50 MB unpacked; Node.js's start included:");
  printTable([
    ["", "time", `aim ${COMMAND_AIMS.milliseconds} ms`, "memory", `aim ${COMMAND_AIMS.megabytes} MB`],
    ...commands.map((command) => [
      command.name,
      milliseconds(command.milliseconds),
      verdict(command.milliseconds <= COMMAND_AIMS.milliseconds),
      `${command.megabytes.toFixed(0)} MB`,
      verdict(command.megabytes <= COMMAND_AIMS.megabytes),
    ]),
  ]);
  return commands.every(
    (command) =>
      command.milliseconds <= COMMAND_AIMS.milliseconds && command.megabytes <= COMMAND_AIMS.megabytes,
  );
}

function verdict(isReached: boolean): string {
  return isReached ? "reached" : "MISSED";
}

async function main(): Promise<void> {
  const { resources, rounds, skipCheckpoints, only } = readArguments();
  const root = resolve(__dirname, "..");
  await mkdir(join(root, ".sluice"), { recursive: true });
  const folder = await mkdtemp(join(root, ".sluice", "bench-"));
  try {
    const areParts = only === "engine" || (await measureParts(folder));
    const isEngine = only === "parts" || (await compareOnEngine(folder, resources, rounds, skipCheckpoints));
    const isReached = areParts && isEngine;
    say("");
    say(isReached ? "bench: every aim is reached" : "bench: an aim is MISSED");
    if (!isReached) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
