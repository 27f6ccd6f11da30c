import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Environment variables of a child process. */
type Variables = Record<string, string | undefined>;

/** Everything the quickstart needs, in one folder that is removed at the end. */
export interface Stage {
  /** Work folder of the program. */
  readonly program: string;
  /** Base URL of the production environment. */
  readonly endpoint: string;
  readonly token: string;
  /** Runs `pulumi` in the program's folder; throws when it fails. Answers what it printed. */
  pulumi(...commandArguments: string[]): Promise<string>;
  /** Runs `sluice`; throws when it does not end with 0. Answers what it printed as its result. */
  sluice(...commandArguments: string[]): Promise<string>;
  /** The text of a file of the bucket acme-prod, as jobs left it. */
  readFile(path: string): Promise<string>;
  /** Number of rows of a table in the warehouse. */
  countRows(table: string): Promise<number>;
  /** Asks the platform directly. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  close(): Promise<void>;
}

/** Values that must never be printed or stored in clear. */
export const SECRETS = { token: "quickstart-token-7d1f", password: "quickstart-password-93ab" };

/** Starts a platform of its own and prepares a copy of the example with an empty stack. */
export async function setStage(root: string): Promise<Stage> {
  await mkdir(join(root, ".sluice"), { recursive: true });
  const folder = await mkdtemp(join(root, ".sluice", "quickstart-"));
  const program = join(folder, "program");
  await cp(join(root, "examples", "quickstart"), program, { recursive: true });
  const sluice = join(root, "dist", "cli", "main.js");
  const platform = await startPlatform(sluice, join(folder, "platform"));
  const storage = join(folder, "platform", "storage", "prod");
  const bucket = join(storage, "s3", "acme-prod");
  const { engineEnvironment, findPulumi } = await import("./pulumi-cli.mjs");
  const cli = await findPulumi();
  await mkdir(join(folder, "backend"));
  const environment: Variables = {
    ...process.env,
    ...engineEnvironment({
      bin: cli.bin,
      home: join(folder, "home"),
      backend: join(folder, "backend"),
      passphrase: "quickstart",
    }),
    WAREHOUSE_PASSWORD: SECRETS.password,
    SLUICE_ENDPOINT: `${platform.url}/prod`,
    SLUICE_TOKEN: SECRETS.token,
  };
  const node = (...commandArguments: string[]) =>
    run(process.execPath, commandArguments, program, environment).then(({ out }) => out);
  await node("put-sample.mjs", storage);
  return {
    program,
    endpoint: `${platform.url}/prod`,
    token: SECRETS.token,
    pulumi: (...commandArguments) =>
      run(
        "pulumi",
        [...commandArguments, "--non-interactive", "--color", "never"],
        program,
        environment,
      ).then(({ all }) => all),
    sluice: (...commandArguments) => node(sluice, ...commandArguments),
    readFile: (path) => readFile(join(bucket, path), "utf8"),
    countRows: (table) => countRows(join(bucket, "warehouse.duckdb"), table),
    call: (method, path, body) => call(`${platform.url}/prod${path}`, method, body),
    close: async () => {
      await platform.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function startPlatform(sluice: string, data: string): Promise<{ url: string; stop(): Promise<void> }> {
  const environments = ["--environment", "dev", "--environment", "prod"];
  const child = spawn(
    process.execPath,
    [sluice, "platform", "start", "--port", "0", "--data", data, ...environments],
    {
      env: { ...process.env, SLUICE_PLATFORM_TOKEN: SECRETS.token },
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  // However this process ends, the platform does not outlive it.
  process.once("exit", () => child.kill());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
  const url = await firstUrl(child);
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once("exit", () => resolve());
        child.kill("SIGTERM");
      }),
  };
}

/** The platform prints its address when it answers. */
async function firstUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the platform has no output to read its address from");
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url === undefined) continue;
    child.stdout.resume();
    return url;
  }
  throw new Error("the platform ended without an address; run `npm run platform` to see why");
}

function run(
  command: string,
  commandArguments: string[],
  folder: string,
  environment: Variables,
): Promise<{ out: string; all: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandArguments, {
      cwd: folder,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const printed = { out: "", all: "" };
    child.stdout.on("data", (chunk: Buffer) => {
      printed.out += chunk.toString();
      printed.all += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => (printed.all += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`${command} ${commandArguments.join(" ")} ended with ${code}:\n${printed.all}`));
    });
  });
}

async function countRows(file: string, table: string): Promise<number> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const warehouse = await DuckDBInstance.create(file, { access_mode: "READ_ONLY" });
  const connection = await warehouse.connect();
  try {
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${table}`);
    return Number(counted.getRows()[0]?.[0]);
  } finally {
    // Jobs cannot write to the file while it is open.
    connection.closeSync();
    warehouse.closeSync();
  }
}

async function call<T>(url: string, method: string, body: unknown): Promise<T> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${SECRETS.token}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}
