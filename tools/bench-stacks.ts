import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { extract } from "tar";
import { writePackage } from "../flow/index.js";
import { buildFromSource } from "../flow/source.js";
import { PACKAGE, programs, SMALL_SOURCE } from "./bench-programs.js";
import type { StackName } from "./bench-programs.js";
import { startServer } from "./bench-server.js";
import type { Server } from "./bench-server.js";

/** What is timed, in the order of a stack's life. */
export type Operation = "up" | "preview" | "refresh" | "destroy";

/** The measures of one life of a stack. */
export interface Cycle {
  /** Wall time as a person waits for it, the start of the CLI included. */
  seconds: Record<Operation, number>;
  /** Requests that the platform answered, such as `250 GET, 500 POST`. */
  requests: Record<Operation, string>;
  /** Of the state file after `up`, for each resource; `providerBytes` is what the serialised provider takes. */
  size: { bytes: number; providerBytes: number };
}

/** The platform, the engine and the package that all stacks use. */
export interface Bench {
  readonly folder: string;
  readonly resources: number;
  readonly server: Server;
  readonly environment: Record<string, string>;
  readonly engine: PulumiCommand;
  /** Where the plugins are, for the project's settings: the engine then takes them without a warning. */
  readonly plugins: readonly { name: string; path: string }[];
  stop(): Promise<void>;
}

/** One of the stacks that are compared. */
export interface BenchStack {
  newCycle(): Cycle;
  /** Runs one operation and adds its measures; throws when the engine says anything but what is expected. */
  run(operation: Operation, cycle: Cycle): Promise<void>;
}

const PROJECT = "bench";

/** Prepares everything that is not measured. `resources` is even; the server stops with the bench. */
export async function startBench(
  folder: string,
  resources: number,
  skipCheckpoints: boolean,
  start: (folder: string) => Promise<Server> = startServer,
): Promise<Bench> {
  const { engineEnvironment, findPulumi } = await import("./pulumi-cli.mjs");
  const { bin } = await findPulumi();
  const program = join(folder, "program");
  const backend = join(folder, "backend");
  await Promise.all([mkdir(program), mkdir(backend)]);
  // The engine's plugin resolves modules from the program's folder, as it does for users.
  await symlink(resolve("node_modules"), join(program, "node_modules"), "junction");
  await writeFile(join(program, PACKAGE), await writePackage(buildFromSource(SMALL_SOURCE, "small package")));
  const server = await start(folder);
  return {
    folder,
    resources,
    server,
    environment: {
      ...engineEnvironment({ bin, home: join(folder, "home"), backend, passphrase: "bench" }),
      SLUICE_ENDPOINT: server.endpoint,
      SLUICE_TOKEN: server.token,
      ...(skipCheckpoints && { PULUMI_SKIP_CHECKPOINTS: "true" }),
    },
    engine: await PulumiCommand.get({ root: resolve(bin, ".."), skipVersionCheck: true }),
    plugins: [
      { name: "noop", path: resolve("tools", "bench-noop-plugin") },
      { name: "sluice", path: await unpackPlugin(folder) },
    ],
    stop: () => server.stop(),
  };
}

/** The plugin as an archive brings it. */
async function unpackPlugin(folder: string): Promise<string> {
  const [archives, plugin] = [join(folder, "archives"), join(folder, "plugin")];
  await promisify(execFile)(process.execPath, [resolve("tools", "package-plugin.mjs"), "--out", archives]);
  const archive = (await readdir(archives)).find((name) => name.endsWith(".tar.gz"));
  await mkdir(plugin);
  await extract({ file: join(archives, archive ?? ""), cwd: plugin });
  return plugin;
}

/** An empty stack with one of the programs; the names of its settings are without `sluice:`. */
export async function benchStack(
  bench: Bench,
  name: StackName,
  settings: Readonly<Record<string, string>> = {},
): Promise<BenchStack> {
  const program = () => {
    programs[name](bench.resources);
    return Promise.resolve({});
  };
  const folder = join(bench.folder, "program");
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName: name, projectName: PROJECT, program },
    {
      workDir: folder,
      projectSettings: {
        name: PROJECT,
        runtime: "nodejs",
        main: folder,
        // The type of the settings does not know them.
        ...{ plugins: { providers: bench.plugins } },
      },
      pulumiCommand: bench.engine,
      envVars: bench.environment,
    },
  );
  for (const [key, value] of Object.entries(settings)) await stack.setConfig(`sluice:${key}`, { value });
  return {
    newCycle: () => ({
      seconds: { up: 0, preview: 0, refresh: 0, destroy: 0 },
      requests: { up: "", preview: "", refresh: "", destroy: "" },
      size: { bytes: 0, providerBytes: 0 },
    }),
    run: async (operation, cycle) => {
      await bench.server.takeRequests();
      const started = performance.now();
      const changes = await runOperation(stack, operation);
      cycle.seconds[operation] = (performance.now() - started) / 1000;
      cycle.requests[operation] = countByMethod(await bench.server.takeRequests());
      expectChanges(name, operation, changes, bench.resources);
      if (operation === "up") cycle.size = await measureState(bench, name);
    },
  };
}

async function runOperation(stack: Stack, operation: Operation): Promise<Record<string, number | undefined>> {
  if (operation === "preview") return (await stack.preview()).changeSummary;
  const result = await stack[operation]();
  return result.summary.resourceChanges ?? {};
}

/** A run that did something else than it was to do has no time worth printing. The stack itself is one more. */
function expectChanges(
  name: StackName,
  operation: Operation,
  changes: Record<string, number | undefined>,
  resources: number,
): void {
  const word = { up: "create", preview: "same", refresh: "same", destroy: "delete" }[operation];
  const { [word]: count, ...others } = changes;
  const isExpected = count === resources + 1 || (operation === "refresh" && count === resources);
  if (!isExpected || Object.keys(others).length > 0)
    throw new Error(
      `${operation} of the ${name} stack did ${JSON.stringify(changes)} instead of "${word}" for all`,
    );
}

async function measureState(bench: Bench, name: string): Promise<Cycle["size"]> {
  const path = join(bench.folder, "backend", ".pulumi", "stacks", PROJECT, `${name}.json`);
  const { size } = await stat(path);
  interface State {
    checkpoint: {
      latest: { resources: Record<"inputs" | "outputs", Record<string, unknown> | undefined>[] };
    };
  }
  const { resources } = (JSON.parse(await readFile(path, "utf8")) as State).checkpoint.latest;
  const providerBytes = resources
    .flatMap(({ inputs, outputs }) => [inputs?.["__provider"], outputs?.["__provider"]])
    .reduce<number>(
      (sum, code) => (code === undefined ? sum : sum + JSON.stringify({ __provider: code }).length),
      0,
    );
  return {
    bytes: Math.round(size / bench.resources),
    providerBytes: Math.round(providerBytes / bench.resources),
  };
}

function countByMethod(methods: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const method of methods) counts.set(method, (counts.get(method) ?? 0) + 1);
  return [...counts].map(([method, count]) => `${count} ${method}`).join(", ") || "none";
}
