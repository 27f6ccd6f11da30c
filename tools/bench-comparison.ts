import type { StackName } from "./bench-programs.js";
import { median, printTable, say, verdict } from "./bench-report.js";
import { benchStack, startBench } from "./bench-stacks.js";
import type { Bench, BenchStack, Cycle, Operation } from "./bench-stacks.js";

const OPERATIONS: readonly Operation[] = ["up", "preview", "refresh", "destroy"];

/** A stack that the measured one is put beside, and the ratios that are promised to it. */
interface Base {
  readonly stack: StackName;
  readonly label: string;
  readonly aims: Partial<Record<Operation, number>>;
}

/** What one host costs, beside resources for which nothing is done. */
export interface Comparison {
  readonly title: (resources: number) => string;
  readonly measured: StackName;
  readonly bases: readonly Base[];
  /** Bytes that a resource's provider may take in state. */
  readonly aimProviderBytes?: number;
}

/** The comparisons of `npm run bench`, by the names that `--only` takes. */
export const comparisons = {
  dynamic: {
    title: (resources) =>
      `${half(resources)} on the dynamic host against ${resources} no-op dynamic resources.`,
    measured: "dynamic-sluice",
    bases: [{ stack: "dynamic-noop", label: "no-op", aims: { up: 1.5, preview: 1.2 } }],
    aimProviderBytes: 600,
  },
  plugin: {
    title: (resources) =>
      `${half(resources)} on the plugin host against ${resources} no-op resources of a plugin written the same way:\n` +
      "once with a name only, once alike: with the properties, dependencies and reads before a preview that Sluice's have.",
    measured: "plugin-sluice",
    bases: [
      { stack: "plugin-noop", label: "no-op", aims: {} },
      { stack: "plugin-noop-alike", label: "no-op alike", aims: { up: 1.3, preview: 1.1 } },
    ],
  },
} satisfies Record<string, Comparison>;

function half(resources: number): string {
  return `${resources / 2} deployments + ${resources / 2} releases`;
}

export interface ComparisonOptions {
  readonly resources: number;
  readonly rounds: number;
  readonly skipCheckpoints: boolean;
}

/** Measures and prints; answers whether every aim is reached. `folder` is a new one. */
export async function compare(
  folder: string,
  comparison: Comparison,
  options: ComparisonOptions,
): Promise<boolean> {
  const bench = await startBench(folder, options.resources, options.skipCheckpoints);
  const names = [...comparison.bases.map(({ stack }) => stack), comparison.measured];
  const cycles = new Map<StackName, Cycle[]>(names.map((name) => [name, []]));
  try {
    const stacks = await startStacks(bench, names);
    for (let round = 1; round <= options.rounds; round += 1) {
      say(`round ${round} of ${options.rounds}`);
      for (const [name, cycle] of await runAlternating(stacks)) cycles.get(name)?.push(cycle);
    }
  } finally {
    await bench.stop();
  }
  say("");
  say(comparison.title(options.resources));
  say(
    `Automation API, default parallelism, ${options.skipCheckpoints ? "PULUMI_SKIP_CHECKPOINTS=true" : "state written after every step (the default)"}; medians of ${options.rounds}.`,
  );
  say("");
  const areFast = printTimes(comparison, cycles);
  say("");
  return printSizes(comparison, cycles) && areFast;
}

async function startStacks(bench: Bench, names: readonly StackName[]): Promise<Map<StackName, BenchStack>> {
  const stacks = new Map<StackName, BenchStack>();
  for (const name of names) stacks.set(name, await benchStack(bench, name));
  return stacks;
}

/** Every operation on one stack right after the other, so that all meet the same machine. */
async function runAlternating(stacks: ReadonlyMap<StackName, BenchStack>): Promise<Map<StackName, Cycle>> {
  const round = new Map([...stacks].map(([name, stack]) => [name, stack.newCycle()]));
  for (const operation of OPERATIONS)
    for (const [name, cycle] of round) await stacks.get(name)?.run(operation, cycle);
  return round;
}

function printTimes(comparison: Comparison, cycles: ReadonlyMap<StackName, Cycle[]>): boolean {
  const { bases, measured } = comparison;
  const secondsOf = (name: StackName, operation: Operation): number[] =>
    (cycles.get(name) ?? []).map(({ seconds }) => seconds[operation]);
  let isReached = true;
  const columns = bases.flatMap(({ label, aims }) => [
    label,
    "ratio",
    ...(Object.keys(aims).length > 0 ? ["aim"] : []),
  ]);
  const rows = OPERATIONS.map((operation) => {
    const own = secondsOf(measured, operation);
    const beside = bases.flatMap(({ stack, aims }) => {
      const base = secondsOf(stack, operation);
      const ratio = median(own.map((seconds, round) => seconds / (base[round] ?? Number.NaN)));
      const aim = aims[operation];
      if (aim !== undefined && !(ratio <= aim)) isReached = false;
      const shown = aim === undefined ? "" : `≤ ${aim}× ${verdict(ratio <= aim)}`;
      return [
        inSeconds(median(base)),
        `${ratio.toFixed(2)}×`,
        ...(Object.keys(aims).length > 0 ? [shown] : []),
      ];
    });
    const requests = cycles.get(measured)?.at(-1)?.requests[operation] ?? "";
    const name = operation === "preview" ? "preview, no change" : operation;
    return [name, inSeconds(median(own)), ...beside, requests];
  });
  printTable([["", "sluice", ...columns, "requests"], ...rows]);
  return isReached;
}

function printSizes(comparison: Comparison, cycles: ReadonlyMap<StackName, Cycle[]>): boolean {
  const { aimProviderBytes, bases, measured } = comparison;
  const sizeOf = (name: StackName) => cycles.get(name)?.at(-1)?.size;
  const names = [measured, ...bases.map(({ stack }) => stack)];
  const labels = ["sluice", ...bases.map(({ label }) => label)];
  const all = names.map((name) => String(sizeOf(name)?.bytes));
  const provider = names.map((name) => String(sizeOf(name)?.providerBytes));
  const isSmall =
    aimProviderBytes === undefined || (sizeOf(measured)?.providerBytes ?? Infinity) <= aimProviderBytes;
  printTable([
    ["bytes of state per resource", ...labels, "aim"],
    ["all", ...all, ""],
    ...(aimProviderBytes === undefined
      ? []
      : [["of them the serialised provider", ...provider, `≤ ${aimProviderBytes} ${verdict(isSmall)}`]]),
  ]);
  return isSmall;
}

function inSeconds(seconds: number): string {
  return `${seconds.toFixed(1)} s`;
}
