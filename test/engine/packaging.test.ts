import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isWithoutEngine } from "./stack.js";

const ROOT = resolve(__dirname, "..", "..");
const LARGEST_ADDITION_BYTES = 15_000_000;
const TOKEN = "packaging-test-token-31d2";

interface Outcome {
  code: number;
  output: string;
}

interface LockedPackage {
  version: string;
  hasInstallScript?: boolean;
}

let folder: string;
/** The two tarballs. */
let provider: string;
let platform: string;

/** npm hands its own settings down to what it runs; an install by a user would not have them. */
function userEnvironment(): NodeJS.ProcessEnv {
  const handedDown = /^(npm_(?!config_(registry|cache|userconfig)$)|INIT_CWD$|NODE_PATH$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !handedDown.test(name)));
}

function run(command: string, given: string[], directory: string, more: NodeJS.ProcessEnv = {}) {
  return new Promise<Outcome>((settle, reject) => {
    const child = spawn(command, given, { cwd: directory, env: { ...userEnvironment(), ...more } });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => settle({ code: code ?? 1, output }));
  });
}

async function npm(directory: string, ...given: string[]): Promise<void> {
  const { code, output } = await run("npm", given, directory);
  if (code !== 0) throw new Error(`npm ${given.join(" ")} in ${directory} failed:\n${output}`);
}

async function pack(directory: string, destination: string): Promise<string> {
  await mkdir(destination);
  await npm(directory, "pack", "--pack-destination", destination);
  const [name = ""] = await readdir(destination);
  return join(destination, name);
}

/** Installs into a folder that holds nothing else. */
async function install(name: string, ...packages: string[]): Promise<string> {
  const directory = join(folder, name);
  await mkdir(directory);
  await writeFile(join(directory, "package.json"), '{ "private": true }\n');
  await npm(directory, "install", "--prefer-offline", "--no-audit", "--no-fund", ...packages);
  return directory;
}

async function filesOf(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort();
}

async function bytesOf(directory: string): Promise<number> {
  const sizes = (await filesOf(directory)).map(async (file) => (await stat(join(directory, file))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function lockedIn(directory: string): Promise<Record<string, LockedPackage>> {
  const text = await readFile(join(directory, "node_modules", ".package-lock.json"), "utf8");
  return (JSON.parse(text) as { packages: Record<string, LockedPackage> }).packages;
}

function withInstallScript(packages: Record<string, LockedPackage>): string[] {
  return Object.keys(packages).filter((path) => packages[path]?.hasInstallScript === true);
}

/** Files that are neither compiled from a source of `parts` nor named in `plain`. */
async function strangersIn(
  installed: string,
  parts: readonly string[],
  plain: readonly string[],
): Promise<string[]> {
  const listed = parts.map(async (part) => {
    const files = await filesOf(join(ROOT, part));
    return files.flatMap((file) => (/^(dist|node_modules)\//.test(file) ? [] : [`${part}/${file}`]));
  });
  const sources = new Set((await Promise.all(listed)).flat());
  return (await filesOf(installed)).filter((file) => {
    const compiled = /^dist\/(.+?)(\.d\.ts|\.js)$/.exec(file)?.[1];
    return compiled === undefined ? !plain.includes(file) : !sources.has(`${compiled}.ts`);
  });
}

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "sluice-packaging-")));
  provider = await pack(ROOT, join(folder, "provider tarball"));
  platform = await pack(join(ROOT, "platform"), join(folder, "platform tarball"));
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));

describe("the provider alone in an empty folder", () => {
  let alone: string;
  let bare: string;

  beforeAll(async () => {
    alone = await install("alone", provider);
    const { version = "" } = (await lockedIn(alone))["node_modules/@pulumi/pulumi"] ?? {};
    bare = await install("bare", `@pulumi/pulumi@${version}`);
  });

  it("holds compiled files of its own parts and nothing else", async () => {
    const texts = ["package.json", "schema.json", "CHANGELOG.md", "LICENSE", "README.md"];
    const executables = ["bin/pulumi-resource-sluice", "bin/pulumi-resource-sluice.cmd"];
    const plain = [...texts, ...executables, "dist/sdk/plugin/package.json"];
    const installed = join(alone, "node_modules", "pulumi-sluice");
    expect(await strangersIn(installed, ["cli", "flow", "provider", "sdk"], plain)).toEqual([]);
    expect(await filesOf(join(installed, "dist", "provider"))).not.toContain("codegen/generate.js");
    const entries = ["dist/sdk/nodejs/index.d.ts", "dist/sdk/plugin/index.d.ts", ...executables];
    expect(await filesOf(installed)).toEqual(expect.arrayContaining(entries));
  });

  it("brings the plugin's SDK, which asks for the plugin of its own version once a program uses it", async () => {
    const installed = join(alone, "node_modules", "pulumi-sluice");
    const { version } = JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as {
      version: string;
    };
    const program = [
      `const { Release } = require("pulumi-sluice/plugin");`,
      `const { getVersion } = require("./node_modules/pulumi-sluice/dist/sdk/plugin/utilities.js");`,
      `console.log(Release.__pulumiType, getVersion());`,
    ].join("\n");
    const { output } = await run(process.execPath, ["-e", program], alone);
    expect(output).toBe(`sluice:index:Release ${version}\n`);
    // Node.js hosts ask the engine for a plugin wherever a package.json below node_modules says so, used or not.
    const about = (await filesOf(installed)).filter((file) => file.endsWith("package.json"));
    for (const file of about)
      expect(JSON.parse(await readFile(join(installed, file), "utf8"))).not.toHaveProperty("pulumi");
  });

  it("brings no native module and no install script that @pulumi/pulumi does not bring", async () => {
    const native = (await filesOf(join(alone, "node_modules"))).filter((file) => /\.(node|gyp)$/.test(file));
    const known = await filesOf(join(bare, "node_modules"));
    expect(native.filter((file) => !known.includes(file))).toEqual([]);
    expect(native.filter((file) => file.endsWith(".node"))).toEqual([]);
    expect(withInstallScript(await lockedIn(alone))).toEqual(withInstallScript(await lockedIn(bare)));
  });

  it("adds at most 15 MB to @pulumi/pulumi", async () => {
    const sizes = { alone: await bytesOf(alone), bare: await bytesOf(bare) };
    const added = sizes.alone - sizes.bare;
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
    const figure = `${megabytes(sizes.alone)} installed, ${megabytes(added)} beyond @pulumi/pulumi`;
    process.stdout.write(`pulumi-sluice: ${figure}\n`);
    expect(added).toBeGreaterThan(0);
    expect(added).toBeLessThanOrEqual(LARGEST_ADDITION_BYTES);
  });

  it("says how to get the platform when it is to be started", async () => {
    const sluice = join(alone, "node_modules", ".bin", "sluice");
    const { code, output } = await run(sluice, ["platform", "start", "--data", join(folder, "no")], alone);
    expect(output).toContain("npm install sluice-platform");
    expect(code).toBe(2);
  });
});

describe.skipIf(isWithoutEngine)("both packages in an empty folder", () => {
  let environment: NodeJS.ProcessEnv;
  let directory: string;
  let server: ChildProcess | undefined;
  let endpoint: string;

  const sluice = (): string => join(directory, "node_modules", ".bin", "sluice");

  beforeAll(async () => {
    environment = await prepareEngine();
    const { devDependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
      devDependencies: { typescript: string };
    };
    const compiler = `typescript@${devDependencies.typescript}`;
    directory = await install("both", provider, platform, compiler);
    await cp(join(ROOT, "examples", "quickstart"), directory, {
      recursive: true,
      // A package that was built in the repository would hide that building one here fails.
      filter: (path) => !path.endsWith(".zip"),
    });
  });
  afterAll(() => {
    if (server?.exitCode === null) server.kill("SIGKILL");
  });

  it("holds compiled files of the platform and nothing else", async () => {
    const installed = join(directory, "node_modules", "sluice-platform");
    const plain = ["package.json", "LICENSE", "README.md"];
    expect(await strangersIn(installed, ["platform", "flow"], plain)).toEqual([]);
    expect(await filesOf(installed)).toContain("dist/platform/index.d.ts");
  });

  it("runs the quickstart program: one release after up, nothing left after destroy", async () => {
    const source = join("packages", "orders-1.0.0");
    const built = await run(sluice(), ["package", "build", source, "--out", `${source}.zip`], directory);
    expect(built).toMatchObject({ code: 0 });

    server = startPlatform();
    endpoint = await addressOf(server);
    const pulumi = async (...given: string[]): Promise<string> => {
      const target = { SLUICE_ENDPOINT: endpoint, SLUICE_TOKEN: TOKEN };
      const { code, output } = await run("pulumi", [...given, "--non-interactive"], directory, {
        ...environment,
        ...target,
        WAREHOUSE_PASSWORD: "packaging-test-password",
      });
      if (code !== 0) throw new Error(`pulumi ${given.join(" ")} ended with ${code}:\n${output}`);
      return output;
    };
    await pulumi("stack", "init", "prod");
    await pulumi("up", "--yes", "--skip-preview");
    expect(await ask("/v4/releases?deploymentId=1")).toMatchObject([{ id: 1, active: true }]);
    expect(await pulumi("preview")).toContain("6 unchanged");

    await pulumi("destroy", "--yes", "--skip-preview");
    expect(await ask("/v4/deployments")).toEqual([]);
    server.kill("SIGTERM");
    expect(await new Promise((ended) => server?.once("exit", ended))).toBe(0);
  });

  async function prepareEngine(): Promise<NodeJS.ProcessEnv> {
    const { engineEnvironment, findPulumi } = await import("../../tools/pulumi-cli.mjs");
    const { bin } = await findPulumi();
    const backend = join(folder, "backend");
    await mkdir(backend);
    return engineEnvironment({ bin, home: join(folder, "home"), backend, passphrase: "packaging test" });
  }

  function startPlatform(): ChildProcess {
    const given = ["platform", "start", "--data", join(folder, "platform"), "--environment", "prod"];
    return spawn(sluice(), [...given, "--log", "silent"], {
      env: { ...userEnvironment(), SLUICE_PLATFORM_TOKEN: TOKEN },
      stdio: ["ignore", "pipe", "inherit"],
    });
  }

  async function addressOf(child: ChildProcess): Promise<string> {
    if (child.stdout === null) throw new Error("the platform has no output to read its address from");
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /^prod: (http:\S+)$/.exec(line)?.[1];
      if (url !== undefined) return url;
    }
    throw new Error("the platform ended without printing an address");
  }

  async function ask(path: string): Promise<unknown> {
    const response = await fetch(`${endpoint}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(response.status).toBe(200);
    return ((await response.json()) as { data: unknown }).data;
  }
});
