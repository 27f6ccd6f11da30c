// What resources of Sluice cost beside no-op resources of the same host, and how long the parts that people wait for take.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildFromSource } from "../flow/source.js";
import { COMMAND_AIMS, measureCommands } from "./bench-commands.js";
import { compare, comparisons } from "./bench-comparison.js";
import type { ComparisonOptions } from "./bench-comparison.js";
import { largeSource, measureFlowPackage, measurePlatformStart } from "./bench-parts.js";
import { measureRefresh } from "./bench-refresh.js";
import { median, printTable, say, verdict } from "./bench-report.js";

const USAGE = `Usage: npm run bench -- [--resources N] [--rounds N] [--skip-checkpoints] [--only PART]
  --resources         resources of each stack, an even number: half deployments, half releases (500)
  --rounds            cycles of up, preview, refresh and destroy; medians are printed (3)
  --skip-checkpoints  sets PULUMI_SKIP_CHECKPOINTS for all stacks: state is written at the end only
  --only              dynamic or plugin: the comparison on that host; refresh: requests of refreshing 1,000 resources;
                      parts: the platform's start, packages and commands by themselves`;

const PARTS = ["parts", ...Object.keys(comparisons), "refresh"];

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
  if (values.only !== undefined && !PARTS.includes(values.only))
    throw new Error(`--only ${values.only}: it must be ${PARTS.join(", ")}\n${USAGE}`);
  return { resources, rounds, skipCheckpoints: values["skip-checkpoints"], only: values.only };
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

async function measure(part: string, folder: string, options: ComparisonOptions): Promise<boolean> {
  if (part === "parts") return measureParts(folder);
  if (part === "refresh") return measureRefresh(folder);
  return compare(folder, comparisons[part as keyof typeof comparisons], options);
}

async function main(): Promise<void> {
  const { only, ...options } = readArguments();
  const root = resolve(__dirname, "..");
  await mkdir(join(root, ".sluice"), { recursive: true });
  const folder = await mkdtemp(join(root, ".sluice", "bench-"));
  try {
    let isReached = true;
    for (const part of PARTS) {
      if (only !== undefined && only !== part) continue;
      const own = join(folder, part);
      await mkdir(own);
      isReached = (await measure(part, own, options)) && isReached;
    }
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
