import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isWithoutEngine, startEngineTest, TOKEN } from "./stack.js";
import type { EngineTest } from "./stack.js";

const run = promisify(execFile);

describe.skipIf(isWithoutEngine)("the engine's own list of existing objects", () => {
  let test: EngineTest;

  beforeAll(async () => {
    test = await startEngineTest({ plugin: resolve("bin"), config: {} });
    for (const name of ["orders", "orders of last year", "payments"])
      await test.call("POST", "/v4/deployments", { name });
  }, 60_000);
  afterAll(() => test.close());

  async function list(type: string, ...inputs: string[]): Promise<unknown> {
    const { findPulumi } = await import("../../tools/pulumi-cli.mjs");
    const { bin } = await findPulumi();
    const call = [
      "do",
      "--package",
      resolve("bin", "pulumi-resource-sluice"),
      `sluice:index:${type}`,
      "list",
    ];
    const settings = ["--sluice:endpoint", test.platform.endpoint("prod"), "--sluice:token", TOKEN];
    const { stdout } = await run(join(bin, "pulumi"), [...call, ...settings, ...inputs], {
      cwd: test.folder,
      env: { ...process.env, ...test.stack.workspace.envVars },
    });
    return JSON.parse(stdout);
  }

  it("holds every object with its id and name, and only those whose name contains what is asked for", async () => {
    expect(await list("Deployment")).toMatchObject([
      { name: "payments" },
      { name: "orders of last year" },
      { name: "orders" },
    ]);
    expect(await list("Deployment", "--input:name", "last")).toEqual([
      { id: "2", name: "orders of last year" },
    ]);
  });
});
