import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import type { ConfigMap, OutputMap, Stack } from "@pulumi/pulumi/automation/index.js";
import * as runtimeSettings from "@pulumi/pulumi/runtime/settings.js";
import type { DestinationStream } from "pino";
import type * as Sluice from "pulumi-sluice";
import { startPlatform } from "../../platform/index.js";
import type { PlatformOptions, RequestRecord, RunningPlatform } from "../../platform/index.js";

/** The package as users get it: compiled, and loaded the way a program loads it. */
export const sluice = createRequire(__filename)("pulumi-sluice") as typeof Sluice;

/** Engine tests fail without an engine; only this variable lets them be skipped. */
export const isWithoutEngine = process.env.SLUICE_SKIP_ENGINE === "1";

// Programs run in this process. One whose engine was killed goes on looking for it at its port, and connections of one process share
// what they know of a port: when the system gave the same port to a later engine, that program found nobody, Pulumi's SDK took the
// failure for an ordinary end, and the engine deleted everything.
const { grpcClientOptions } = runtimeSettings as unknown as { grpcClientOptions: Record<string, unknown> };
grpcClientOptions["grpc.use_local_subchannel_pool"] = 1;

export const TOKEN = "engine-test-token-4f1c";
const PROJECT = "engine-test";

export type Program = () => Promise<Record<string, unknown> | void>;

/** A stack of a real engine against a real platform, in folders of its own. */
export interface EngineTest {
  readonly platform: RunningPlatform;
  readonly stack: Stack;
  /** Folder of everything that belongs to this test. */
  readonly root: string;
  /** Work folder of the program; relative package paths start here. */
  readonly folder: string;
  /** Runs the engine with this program from now on. */
  use(program: Program): void;
  /** Requests of an action, in order. */
  requestsDuring(action: () => Promise<unknown>): Promise<RequestRecord[]>;
  /** Calls the platform as a person with curl would. */
  call<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
  /** The state file of the backend, byte for byte: secrets are encrypted in it. */
  state(): Promise<string>;
  /** Runs a command of the Pulumi CLI on the stack and answers what it printed; rejects when it fails. */
  pulumi(...commandArguments: string[]): Promise<string>;
  /** Takes off what an engine that was killed leaves on the stack, as docs/guides/after-a-crash.md has it. */
  unlock(): Promise<void>;
  /** Runs an action that must fail, and answers what a person would read of it, without colours. */
  failureOf(action: () => Promise<unknown>): Promise<string>;
  /** Ends everything. */
  close(): Promise<void>;
}

export interface EngineTestOptions {
  settings?: PlatformOptions["settings"];
  /** In place of the stack's endpoint and token. */
  config?: ConfigMap;
  /** Name of the stack; two of one backend need two names. */
  stackName?: string;
  /** Share another test's platform and backend, for two programs on one platform. */
  beside?: Pick<EngineTest, "root" | "platform">;
  environment?: Record<string, string>;
  /** Folder of an executable `pulumi-resource-sluice` for programs of the plugin host. */
  plugin?: string;
  /** The platform's token. */
  token?: string;
  /** Data directory that the platform is started on; a new one when not given. */
  data?: string;
  /** Takes the platform's log. */
  log?: DestinationStream;
}

/** Prepares a stack with an empty program. */
export async function startEngineTest(options: EngineTestOptions = {}): Promise<EngineTest> {
  const { engineEnvironment, findPulumi } = await import("../../tools/pulumi-cli.mjs");
  const cli = await findPulumi();
  const token = options.token ?? TOKEN;
  const root = await mkdtemp(join(tmpdir(), "sluice-engine-"));
  const folder = join(root, "program");
  await mkdir(folder);
  const shared = options.beside?.root ?? root;
  await mkdir(join(shared, "backend"), { recursive: true });
  // The engine's plugin resolves modules from the program's folder, as it does for users.
  await symlink(resolve("node_modules"), join(folder, "node_modules"));
  const platform =
    options.beside?.platform ??
    (await startPlatform({
      data: options.data ?? join(root, "platform"),
      environments: ["dev", "prod"],
      token,
      settings: { recordRequests: true, ...options.settings },
      ...(options.log && { log: options.log }),
    }));
  let current: Program = () => Promise.resolve();
  const stack = await LocalWorkspace.createOrSelectStack(
    {
      stackName: options.stackName ?? "prod",
      projectName: PROJECT,
      program: async () => (await current()) ?? {},
    },
    {
      workDir: folder,
      projectSettings: {
        name: PROJECT,
        runtime: "nodejs",
        main: folder,
        ...(options.plugin && { plugins: { providers: [{ name: "sluice", path: options.plugin }] } }),
      },
      pulumiCommand: await PulumiCommand.get({ root: resolve(cli.bin, ".."), skipVersionCheck: true }),
      envVars: {
        ...engineEnvironment({
          bin: cli.bin,
          home: join(shared, "home"),
          backend: join(shared, "backend"),
          passphrase: "engine tests",
        }),
        ...options.environment,
      },
    },
  );
  await stack.setAllConfig(
    options.config ?? {
      "sluice:endpoint": { value: platform.endpoint("prod") },
      "sluice:token": { value: token, secret: true },
    },
  );
  const metadata = join(shared, "backend", ".pulumi");
  return {
    platform,
    stack,
    root,
    folder,
    use: (program) => {
      current = program;
    },
    requestsDuring: async (action) => {
      const before = platform.requests.length;
      await action();
      return platform.requests.slice(before);
    },
    pulumi: async (...commandArguments) => {
      const options = [...commandArguments, "--stack", stack.name, "--non-interactive"];
      const { stdout, stderr } = await promisify(execFile)(join(cli.bin, "pulumi"), options, {
        cwd: folder,
        env: { ...process.env, ...stack.workspace.envVars },
        maxBuffer: 64 * 1024 * 1024,
      });
      return stripVTControlCharacters(stdout + stderr);
    },
    failureOf: async (action) => {
      const failure: unknown = await action().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (!(failure instanceof Error)) throw new Error("the action should have failed, and did not");
      return diagnosticsOf(stripVTControlCharacters(failure.message));
    },
    call: (method, path, body) => call(platform, token, method, path, body),
    state: () => readFile(join(metadata, "stacks", PROJECT, `${stack.name}.json`), "utf8"),
    unlock: async () => {
      await promisify(execFile)("find", [metadata, "-name", "*.attrs", "-empty", "-delete"]);
      await stack.cancel();
    },
    close: async () => {
      if (options.beside === undefined) await platform.close();
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function call<T>(
  platform: RunningPlatform,
  token: string,
  method: string,
  path: string,
  body: unknown,
): Promise<T> {
  const response = await fetch(`${platform.endpoint("prod")}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** The part of the engine's output that says what went wrong; all of it when there is no such part. */
function diagnosticsOf(output: string): string {
  const [, diagnostics] = output.split(/^ *Diagnostics:$/m);
  return diagnostics?.split(/^(?:Outputs|Resources|Duration):/m)[0] ?? output;
}

/** The value of a stack output. */
export function outputOf(outputs: OutputMap, name: string): unknown {
  return outputs[name]?.value;
}

/** Requests that change something; a dry run does not. */
export function writesOf(requests: readonly RequestRecord[]): string[] {
  return requests
    .filter((request) => request.method !== "GET" && !/\/dryRun$/i.test(request.path))
    .map((request) => `${request.method} ${request.path.replaceAll(/\d+/g, "N")}`);
}
