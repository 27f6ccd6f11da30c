import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isWithoutEngine } from "./stack.js";

const run = promisify(execFile);

describe.skipIf(isWithoutEngine)("schema.json before a real engine", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-schema-"));
    await copyFile("schema.json", join(folder, "schema.json"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function check(): Promise<string> {
    const { engineEnvironment, findPulumi } = await import("../../tools/pulumi-cli.mjs");
    const { bin } = await findPulumi();
    const home = join(folder, "home");
    const environment = engineEnvironment({ bin, home, backend: home, passphrase: "schema test" });
    const { stdout, stderr } = await run(join(bin, "pulumi"), ["schema", "check", "schema.json"], {
      cwd: folder,
      env: { ...process.env, ...environment },
    });
    return `${stdout}${stderr}`;
  }

  it("is accepted without a word of doubt", async () => {
    expect(await check()).not.toMatch(/warning|error/i);
  });

  it("would be refused with a reference that leads nowhere", async () => {
    const broken = {
      name: "sluice",
      resources: { "sluice:index:A": { properties: { a: { $ref: "#/types/none" } } } },
    };
    await writeFile(join(folder, "schema.json"), JSON.stringify(broken));
    await expect(check()).rejects.toThrow(/none/);
  });
});
