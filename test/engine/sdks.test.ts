import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type * as Plugin from "pulumi-sluice/plugin";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installPythonSdk } from "./python-program.js";
import { isWithoutEngine } from "./stack.js";

const ROOT = resolve(__dirname, "..", "..");

interface Schema {
  version: string;
  resources: Record<string, unknown>;
  functions: Record<string, unknown>;
}

let folder: string;
let schema: Schema;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-sdks-"));
  schema = JSON.parse(await readFile(join(ROOT, "schema.json"), "utf8")) as Schema;
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));

/** Resolves with what a program printed; rejects with it when the program fails. */
async function run(command: string, given: string[], directory: string, more: NodeJS.ProcessEnv = {}) {
  const options = { cwd: directory, env: { ...process.env, ...more }, maxBuffer: 64 * 1024 * 1024 };
  const { stdout, stderr } = await promisify(execFile)(command, given, options).catch(
    (error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`${command} ${given.join(" ")}: ${error.stdout ?? ""}${error.stderr ?? ""}`, {
        cause: error,
      });
    },
  );
  return stdout + stderr;
}

const namesOf = (tokens: Record<string, unknown>): string[] =>
  Object.keys(tokens).map((token) => token.slice(token.lastIndexOf(":") + 1));

describe.skipIf(isWithoutEngine)("the checked-in SDKs", () => {
  it("are what Pulumi's generators make of schema.json", async ({ skip }) => {
    const { whyWithoutGo } = await import("../../tools/sdk-generator.mjs");
    const withoutGo = await whyWithoutGo();
    skip(withoutGo !== undefined, withoutGo);
    const generate = join(ROOT, "tools", "generate-sdks.mjs");
    expect(await run(process.execPath, [generate, "--check"], ROOT)).toContain("up to date");
  });
});

describe("the Node.js SDK of the plugin", () => {
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const program = (property: string): string =>
    [
      `import * as sluice from "pulumi-sluice/plugin";`,
      `const provider = new sluice.Provider("prod", { endpoint: "http://127.0.0.1" });`,
      `const orders = new sluice.Deployment("orders", { ${property}: "orders" }, { provider });`,
      `export const id = sluice.getDeploymentOutput({ id: orders.deploymentId }).activeReleaseId;`,
    ].join("\n");

  beforeAll(() => symlink(join(ROOT, "node_modules"), join(folder, "node_modules")));

  function check(name: string, resolution: string): Promise<string> {
    const modules = resolution === "node10" ? "commonjs" : resolution;
    const flags = [
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "--ignoreDeprecations",
      "6.0",
      "--types",
      "node",
    ];
    const settings = ["--target", "es2022", "--module", modules, "--moduleResolution", resolution];
    return run(process.execPath, [compiler, ...flags, ...settings, name], folder);
  }

  it.each(["node10", "node16"])("has its types found by module resolution %s", async (resolution) => {
    await writeFile(join(folder, "right.ts"), program("name"));
    expect(await check("right.ts", resolution)).toBe("");
  });

  it("refuses a property that the schema does not know", async () => {
    await writeFile(join(folder, "wrong.ts"), program("nmae"));
    await expect(check("wrong.ts", "node16")).rejects.toThrow(
      /'nmae' does not exist in type 'DeploymentArgs'/,
    );
  });

  it("holds every resource and function, and asks for the plugin of its own version", async () => {
    const sdk = createRequire(__filename)("pulumi-sluice/plugin") as typeof Plugin;
    const functions = namesOf(schema.functions).flatMap((name) => [name, `${name}Output`]);
    const expected = [...namesOf(schema.resources), ...functions, "Provider", "config", "types"];
    expect(Object.keys(sdk).sort()).toEqual(expected.sort());
    const utilities = createRequire(__filename)("../../dist/sdk/plugin/utilities.js") as {
      getVersion(): string;
    };
    expect(utilities.getVersion()).toBe(schema.version);
  });
});

describe.skipIf(isWithoutEngine)("the Python SDK", () => {
  const listing = [
    "import compileall, json, sys, importlib.metadata",
    "import pulumi_sluice",
    "assert compileall.compile_dir(sys.argv[1], quiet=1, force=True)",
    `names = [name for name in dir(pulumi_sluice) if not name.startswith("_")]`,
    `print(json.dumps({"version": importlib.metadata.version("pulumi_sluice"), "names": names}))`,
  ].join("\n");

  it("installs with pip, compiles, and holds every resource and function", async ({ skip }) => {
    const { findPythonSdk, whyWithoutPython } = await import("../../tools/python-sdk.mjs");
    const withoutPython = await whyWithoutPython();
    skip(withoutPython !== undefined, withoutPython);
    const { python } = await findPythonSdk();
    const site = await installPythonSdk(folder);
    const output = await run(python, ["-c", listing, site], folder, { PYTHONPATH: site });
    const { version, names } = JSON.parse(output) as { version: string; names: string[] };
    expect(version).toBe(schema.version);
    const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const functions = namesOf(schema.functions).flatMap((name) => [snake(name), `${snake(name)}_output`]);
    expect(names).toEqual(expect.arrayContaining([...namesOf(schema.resources), ...functions, "Provider"]));
  });
});

const GO_PROGRAM = `package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/sluice-dev/pulumi-sluice/sdk/go/sluice"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		orders, err := sluice.NewDeployment(ctx, "orders", &sluice.DeploymentArgs{Name: pulumi.String("orders")})
		if err != nil {
			return err
		}
		found := sluice.LookupDeploymentOutput(ctx, sluice.LookupDeploymentOutputArgs{Id: orders.DeploymentId})
		ctx.Export("releases", found.ReleaseCount())
		return nil
	})
}
`;

describe.skipIf(isWithoutEngine)("the Go SDK", () => {
  it("compiles, and so does a program that uses it", async ({ skip }) => {
    const { whyWithoutGo } = await import("../../tools/sdk-generator.mjs");
    const withoutGo = await whyWithoutGo();
    skip(withoutGo !== undefined, withoutGo);
    const module = join(folder, "go");
    await cp(join(ROOT, "sdk", "go"), module, { recursive: true });
    await mkdir(join(module, "program"));
    await writeFile(join(module, "program", "main.go"), GO_PROGRAM);
    // The flags of the CLI's build, whose compiled packages are then used again.
    const flags = ["-mod=readonly", "-trimpath", "-buildvcs=false"];
    const settings = { GOWORK: "off", GOFLAGS: "", CGO_ENABLED: "0" };
    await run("go", ["build", ...flags, "./..."], module, settings);
  });
});
