// What resources of Sluice cost beside no-op resources of the same host, how long the parts that people wait for take, and how
// fast recipes run.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildFromSource } from "../flow/source.js";
import { COMMAND_AIMS, measureCommands } from "./bench-commands.js";
import { compare, comparisons } from "./bench-comparison.js";
import { largeSource, measureFlowPackage, measurePlatformStart } from "./bench-parts.js";
import { measureRefresh } from "./bench-refresh.js";
import { median, printTable, say, verdict } from "./bench-report.js";
import { measureJobs } from "./bench/jobs.js";
import { measureLimits } from "./bench/limits.js";
import { measureLoad } from "./bench/load.js";
import { measureMemory } from "./bench/memory.js";
import { measureRecipes } from "./bench/recipes.js";

const USAGE = `Usage: npm run bench -- [--resources N] [--rounds N] [--skip-checkpoints] [--rows N] [--runs N] [--only PART]
  --resources         resources of each stack, an even number: half deployments, half releases (500)
  --rounds            cycles of up, preview, refresh and destroy, of which medians are printed, and runs of recipes, of which
                      the least is printed (3)
  --skip-checkpoints  sets PULUMI_SKIP_CHECKPOINTS for all stacks: state is written at the end only
  --rows              rows of the files that recipes read (10,000,000: 1 GB of temporary files)
  --runs              runs that wait while the platform is asked (2000)
  --only              dynamic or plugin: the comparison on that host; refresh: requests of refreshing 1,000 resources;
                      parts: the platform's start, packages and commands by themselves; recipes: a recipe beside SQL by hand
                      and beside pandas; memory: a recipe over more than its memory; jobs: the platform's answers
                      while runs wait; load: a platform with thousands of releases and of runs; limits: two hundred
                      resources at a platform that takes fifteen requests a second`;

const PARTS = [
  "parts",
  ...Object.keys(comparisons),
  "refresh",
  "recipes",
  "memory",
  "jobs",
  "load",
  "limits",
];

type Options = ReturnType<typeof readArguments>;

function readArguments() {
  const { values } = parseArgs({
    options: {
      resources: { type: "string", default: "500" },
      rounds: { type: "string", default: "3" },
      "skip-checkpoints": { type: "boolean", default: false },
      rows: { type: "string", default: "10000000" },
      runs: { type: "string", default: "2000" },
      only: { type: "string" },
    },
  });
  const resources = Number(values.resources);
  if (!Number.isInteger(resources) || resources < 2 || resources % 2 !== 0)
    throw new Error(`--resources ${values.resources}: it must be an even number\n${USAGE}`);
  const [rounds, rows, runs] = (["rounds", "rows", "runs"] as const).map((name) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 1) return value;
    throw new Error(`--${name} ${values[name]}: it must be a number from 1\n${USAGE}`);
  }) as [number, number, number];
  if (values.only !== undefined && !PARTS.includes(values.only))
    throw new Error(`--only ${values.only}: it must be ${PARTS.join(", ")}\n${USAGE}`);
  return { resources, rounds, rows, runs, skipCheckpoints: values["skip-checkpoints"], only: values.only };
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

function measure(part: string, folder: string, options: Options): Promise<boolean> {
  switch (part) {
    case "parts":
      return measureParts(folder);
    case "refresh":
      return measureRefresh(folder);
    case "recipes":
      return measureRecipes(folder, options);
    case "memory":
      return measureMemory(folder, options);
    case "jobs":
      return measureJobs(folder, options);
    case "load":
      return measureLoad(folder);
    case "limits":
      return measureLimits(folder);
    default:
      return compare(folder, comparisons[part as keyof typeof comparisons], options);
  }
}

async function main(): Promise<void> {
  const options = readArguments();
  const root = resolve(__dirname, "..");
  await mkdir(join(root, ".sluice"), { recursive: true });
  const folder = await mkdtemp(join(root, ".sluice", "bench-"));
  try {
    let isReached = true;
    for (const part of PARTS) {
      if (options.only !== undefined && options.only !== part) continue;
      const own = join(folder, part);
      await mkdir(own);
      isReached = (await measure(part, own, options)) && isReached;
    }
    say("");
    say(isReached ? "bench: every aim is reached" : "bench: not every aim is reached");
    if (!isReached) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
