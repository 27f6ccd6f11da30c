// The main job from beginning to end, on a platform of its own. Every step is checked at the platform.
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { compareReports, readReport, showReport } from "./quickstart-report.js";
import type { Report } from "./quickstart-report.js";
import { SECRETS, setStage } from "./quickstart-stage.js";
import type { Stage } from "./quickstart-stage.js";

interface Release {
  id: number;
  notes: string;
  active: boolean | null;
}

interface Step {
  title: string;
  /** Does it and answers whether it happened, with the fact that shows it. */
  run(stage: Stage): Promise<{ happened: boolean; fact: string }>;
}

const deployments = (stage: Stage) =>
  stage.call<{ data: { id: number; name: string }[] }>("GET", "/v4/deployments").then(({ data }) => data);

async function releases(stage: Stage): Promise<Release[]> {
  const deployment = (await deployments(stage)).find(({ name }) => name === "orders");
  if (deployment === undefined) return [];
  const { data } = await stage.call<{ data: Release[] }>("GET", `/v4/releases?deploymentId=${deployment.id}`);
  return data.sort((a, b) => a.id - b.id);
}

/** Whether exactly the release with these notes is active, and a sentence about it. */
async function isActive(
  stage: Stage,
  notes: string,
  count: number,
): Promise<{ happened: boolean; fact: string }> {
  const all = await releases(stage);
  const active = all.filter((release) => release.active === true);
  return {
    happened: active.length === 1 && active[0]?.notes.startsWith(notes) === true && all.length === count,
    fact: `the platform runs release #${active[0]?.id ?? "none"} (${active[0]?.notes.replace(/ \[.*/, "") ?? "none"}) of ${all.length}`,
  };
}

/** What the flow wrote, run by run. */
const reports: Report[] = [];

/** Runs the deployment and shows the report, or what is different from the last one. */
async function runFlow(stage: Stage, expected: number): Promise<{ happened: boolean; fact: string }> {
  const options = ["run", "--deployment", "orders", "--wait"];
  say(`$ sluice ${options.join(" ")}`);
  const table = await stage.sluice(...options);
  const report = readReport(await stage.readFile("reports/daily_revenue.csv"));
  const before = reports.at(-1);
  const shown = before === undefined ? showReport(report) : compareReports(before, report);
  const place = "s3://acme-prod/reports/daily_revenue.csv";
  const what = before === undefined ? place : `${place}, before (-) and now (+)`;
  for (const line of [...table.trimEnd().split("\n"), what, ...shown.map((line) => `  ${line}`)])
    say(`  ${line}`);
  reports.push(report);
  const counts = [report.rows.length, await stage.countRows("reports.daily_revenue")];
  return {
    happened: counts.every((count) => count === expected),
    fact: `${counts[0]} rows in the file, ${counts[1]} in the warehouse's table reports.daily_revenue`,
  };
}

const steps: Step[] = [
  {
    title: "Deploy 1.0.0",
    run: async (stage) => {
      await command(stage, "stack", "init", "prod");
      await command(stage, "config", "set", "orders:version", "1.0.0");
      await command(stage, "config", "set", "orders:warehouseFile", "s3://acme-prod/warehouse.duckdb");
      await command(stage, "up", "--yes", "--skip-preview");
      return isActive(stage, "orders 1.0.0", 1);
    },
  },
  {
    title: "Run it: its flow reads the orders and the warehouse, and writes a report to both",
    run: (stage) => runFlow(stage, 8),
  },
  {
    title: "Deploy it again: nothing to do",
    run: async (stage) => {
      const output = await command(stage, "up", "--yes");
      const { fact } = await isActive(stage, "orders 1.0.0", 1);
      return { happened: /Resources:\s+6 unchanged/.test(output), fact };
    },
  },
  {
    title: "Preview 1.1.0: what will change inside",
    run: async (stage) => {
      await command(stage, "config", "set", "orders:version", "1.1.0");
      const output = await command(stage, "preview", "--diff");
      const { happened, fact } = await isActive(stage, "orders 1.0.0", 1);
      return { happened: happened && output.includes("+ filter type: custom"), fact: `${fact}, still` };
    },
  },
  {
    title: "Deploy 1.1.0",
    run: async (stage) => {
      await command(stage, "up", "--yes", "--skip-preview");
      return isActive(stage, "orders 1.1.0", 2);
    },
  },
  {
    title: "Run it: the new filter and the rounding show in the rows",
    run: (stage) => runFlow(stage, 7),
  },
  {
    title: "Somebody activates the wrong release by hand",
    run: async (stage) => {
      const [first] = await releases(stage);
      say(`$ curl -X PATCH …/v4/releases/${first?.id} -d '{"active": true}'`);
      await stage.call("PATCH", `/v4/releases/${first?.id}`, { active: true });
      return isActive(stage, "orders 1.0.0", 2);
    },
  },
  {
    title: "Refresh shows it",
    run: async (stage) => {
      const output = await command(stage, "refresh", "--yes", "--diff");
      return {
        happened: /active\s*:\s*true => false/.test(output),
        fact: "the release is no longer active in state",
      };
    },
  },
  {
    title: "Up mends it",
    run: async (stage) => {
      await command(stage, "up", "--yes", "--diff", "--skip-preview");
      return isActive(stage, "orders 1.1.0", 2);
    },
  },
  {
    title: "Roll back to 1.0.0: one activation, no import",
    run: async (stage) => {
      await command(stage, "config", "set", "orders:version", "1.0.0");
      await command(stage, "config", "set", "orders:warehouseFile", "s3://acme-prod/warehouse.duckdb");
      const output = await command(stage, "preview", "--diff");
      await command(stage, "up", "--yes", "--skip-preview");
      const { happened, fact } = await isActive(stage, "orders 1.0.0", 2);
      return { happened: happened && output.includes("rollback to release #1"), fact };
    },
  },
  {
    title: "Run it: the report is what it was",
    run: async (stage) => {
      const { happened, fact } = await runFlow(stage, 8);
      const [first, last] = [reports[0], reports.at(-1)];
      return { happened: happened && JSON.stringify(first) === JSON.stringify(last), fact };
    },
  },
  {
    title: "Export the stack: no secret in it",
    run: async (stage) => {
      const output = await command(stage, "stack", "export", "--file", "stack.json");
      const state = await readFile(join(stage.program, "stack.json"), "utf8");
      const leaked = Object.values(SECRETS).filter(
        (secret) => state.includes(secret) || output.includes(secret),
      );
      return {
        happened: leaked.length === 0,
        fact: `${state.length} characters of state, no credential among them`,
      };
    },
  },
  {
    title: "Clean up",
    run: async (stage) => {
      await command(stage, "destroy", "--yes", "--skip-preview");
      await command(stage, "stack", "rm", "prod", "--yes");
      const left = await deployments(stage);
      return { happened: left.length === 0, fact: `${left.length} deployments left at the platform` };
    },
  },
];

async function command(stage: Stage, ...commandArguments: string[]): Promise<string> {
  say(`$ pulumi ${commandArguments.join(" ")}`);
  const output = await stage.pulumi(...commandArguments);
  for (const line of shorten(output.split("\n"))) say(`  ${line.trimEnd().slice(0, 160)}`);
  return output;
}

/** Leaves out progress and what does not change: deep lines without a mark. */
function shorten(lines: readonly string[]): string[] {
  const shown: string[] = [];
  for (const line of lines) {
    const isNoise = line.trim() === "" || line.startsWith("@ ") || /^ +\[urn=/.test(line);
    const isUnchanged = /^ {8,}[^~+\- ]/.test(line) && !/^ {4,8}\S+ *: "/.test(line);
    if (isNoise) continue;
    if (!isUnchanged) shown.push(line);
    else if (shown.at(-1)?.trim() !== "…") shown.push(`${" ".repeat(line.search(/\S/))}…`);
  }
  return shown;
}

function say(line: string): void {
  process.stdout.write(`  ${line}\n`);
}

async function main(): Promise<void> {
  const root = resolve(__dirname, "..");
  const stage = await setStage(root);
  let done = 0;
  try {
    process.stdout.write(
      `A platform with the environments dev and prod answers at ${stage.endpoint.replace(/\/prod$/, "")}.\n`,
    );
    const files = await readdir(join(stage.program, "packages"));
    process.stdout.write(`Packages: ${files.filter((file) => file.endsWith(".zip")).join(", ")}.\n`);
    for (const [index, step] of steps.entries()) {
      process.stdout.write(`\n${index + 1}. ${step.title}\n`);
      const { happened, fact } = await step.run(stage);
      process.stdout.write(`  ${happened ? "✓" : "✗"} ${fact}\n`);
      if (!happened) throw new Error(`step ${index + 1} ("${step.title}") did not happen at the platform`);
      done += 1;
    }
  } finally {
    await stage.close();
    process.stdout.write(
      `\nquickstart: ${done === steps.length ? "passed" : "FAILED"}, ${done} of ${steps.length} steps happened at the platform\n`,
    );
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`quickstart: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
