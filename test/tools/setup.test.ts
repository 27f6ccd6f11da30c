import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

const REPOSITORY = join(__dirname, "../..");

let folder: string;

interface Outcome {
  code: number | null;
  output: string;
}

function runSetup(...commandArguments: string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(folder, "tools", "setup.mjs"), ...commandArguments]);
    let output = "";
    child.stdout.on("data", (text: Buffer) => (output += text.toString()));
    child.stderr.on("data", (text: Buffer) => (output += text.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

async function write(path: string, content: unknown): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), typeof content === "string" ? content : JSON.stringify(content));
}

const read = (path: string): Promise<string> => readFile(join(folder, path), "utf8");

async function isThere(path: string): Promise<boolean> {
  return stat(join(folder, path)).then(
    () => true,
    () => false,
  );
}

/** A small repository with the real tools, whose one dependency is a folder beside it, so that npm needs no network. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-setup-"));
  await cp(join(REPOSITORY, "tools"), join(folder, "tools"), {
    recursive: true,
    filter: (path) => !path.endsWith(".ts") && !path.endsWith("tsconfig.json"),
  });
  const dependencies = { thing: "file:vendor/thing" };
  await write("package.json", {
    name: "pulumi-sluice",
    version: "0.0.1",
    engines: { node: ">=20" },
    dependencies,
  });
  await write("vendor/thing/package.json", { name: "thing", version: "1.0.0", main: "index.js" });
  await write("vendor/thing/index.js", "exports.word = 'installed';\n");
  await write("package-lock.json", {
    name: "pulumi-sluice",
    version: "0.0.1",
    lockfileVersion: 3,
    requires: true,
    packages: {
      "": { name: "pulumi-sluice", version: "0.0.1", dependencies },
      "node_modules/thing": { resolved: "vendor/thing", link: true },
      "vendor/thing": { version: "1.0.0" },
    },
  });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Adds a source and the compiler of this repository, in place of one that npm would install. */
async function addSources(): Promise<void> {
  await write("tsconfig.json", {
    compilerOptions: { types: [], lib: ["es5"], module: "node16", skipLibCheck: true },
  });
  await write("tsconfig.build.json", {
    extends: "./tsconfig.json",
    compilerOptions: {
      rootDir: ".",
      outDir: "dist",
      incremental: true,
      tsBuildInfoFile: "dist/.tsbuildinfo",
    },
    include: ["flow"],
  });
  await write("flow/first.ts", "export const first = 1;\n");
  await write("flow/second.ts", "export const second = 2;\n");
  expect(await runSetupWithoutCompiler()).toContain("installing npm packages");
  await symlink(
    join(REPOSITORY, "node_modules", "typescript"),
    join(folder, "node_modules", "typescript"),
    "junction",
  );
}

async function runSetupWithoutCompiler(): Promise<string> {
  const { code, output } = await runSetup();
  expect(code).toBe(1);
  return output;
}

describe("set-up", () => {
  it("installs what the lock file asks for, links the package to itself, and is silent the second time", async () => {
    const first = await runSetup();
    expect(first).toEqual({ code: 0, output: "installing npm packages (npm ci): about a minute\n" });
    expect(await read("node_modules/thing/index.js")).toContain("installed");
    expect(JSON.parse(await read("node_modules/pulumi-sluice/package.json"))).toMatchObject({
      version: "0.0.1",
    });
    expect(await runSetup()).toEqual({ code: 0, output: "" });
  });

  it("adopts packages that are already as the lock file wants them", async () => {
    await runSetup();
    await rm(join(folder, "node_modules", ".sluice-installed.json"));
    expect(await runSetup()).toEqual({ code: 0, output: "" });
  });

  it("installs again when the lock file asks for something that is not there", async () => {
    await runSetup();
    await rm(join(folder, "node_modules"), { recursive: true });
    const { output } = await runSetup();
    expect(output).toContain("installing npm packages");
    expect(await isThere("node_modules/thing/index.js")).toBe(true);
  });

  it("compiles, and compiles again only when a source changed", async () => {
    await addSources();
    expect(await runSetup()).toEqual({
      code: 0,
      output: "compiling flow, provider, cli, sdk/nodejs: some seconds\n",
    });
    expect(await runSetup()).toEqual({ code: 0, output: "" });
    await write("flow/first.ts", "export const first = 11;\n");
    const { output } = await runSetup();
    expect(output).toContain("compiling");
    expect(await read("dist/flow/first.js")).toContain("11");
  });

  it("leaves the compiling out when only packages are asked for", async () => {
    await addSources();
    expect(await runSetup("--without-build")).toEqual({ code: 0, output: "" });
    expect(await isThere("dist")).toBe(false);
  });

  it("removes the output of a source that is gone", async () => {
    await addSources();
    await runSetup();
    expect(await isThere("dist/flow/second.js")).toBe(true);
    await rm(join(folder, "flow", "second.ts"));
    await runSetup();
    expect(await isThere("dist/flow/second.js")).toBe(false);
    expect(await isThere("dist/flow/first.js")).toBe(true);
  });

  it("fails with the compiler's words, and fails again until the source is mended", async () => {
    await addSources();
    await write("flow/first.ts", "export const first: string = 1;\n");
    for (const attempt of [await runSetup(), await runSetup()]) {
      expect(attempt.code).toBe(1);
      expect(attempt.output).toMatch(/flow\/first\.ts\(1,14\): error TS2322/);
    }
    await write("flow/first.ts", "export const first = 1;\n");
    expect((await runSetup()).code).toBe(0);
  });

  it("does its work once when two of it run at the same time", async () => {
    const outcomes = await Promise.all([runSetup(), runSetup()]);
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
    expect(outcomes.filter(({ output }) => output.includes("installing"))).toHaveLength(1);
  });

  it("says which Node.js is needed when this one is too old", async () => {
    const settings = JSON.parse(await read("package.json")) as object;
    await write("package.json", { ...settings, engines: { node: ">=99" } });
    const { code, output } = await runSetup();
    expect(code).toBe(1);
    expect(output).toContain(`Node.js ${process.versions.node} is too old: >=99 is needed`);
    expect(await isThere("node_modules")).toBe(false);
  });

  it("refuses an argument that it does not know, with its usage", async () => {
    const { code, output } = await runSetup("--engin");
    expect(code).toBe(1);
    expect(output).toContain("unknown argument --engin");
    expect(output).toContain("Usage: node tools/setup.mjs [--without-build | --cli | --engine]");
  });

  it("shows npm's reason when npm fails", async () => {
    await write("package-lock.json", {
      name: "pulumi-sluice",
      lockfileVersion: 3,
      packages: { "node_modules/thing": {} },
    });
    const { code, output } = await runSetup();
    expect(code).toBe(1);
    expect(output).toMatch(/set-up: npm ci failed in .*\n\s+npm error/);
  });
});
