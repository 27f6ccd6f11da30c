import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

const run = promisify(execFile);
const NODE_MODULES = join(__dirname, "../../node_modules");

const PROGRAM = `import * as pulumi from "@pulumi/pulumi";

const provider: pulumi.dynamic.ResourceProvider = {
  create: async (inputs: { word: string }) => ({ id: "made", outs: { word: inputs.word.toUpperCase() } }),
};

class Thing extends pulumi.dynamic.Resource {
  declare public readonly word: pulumi.Output<string>;
  constructor(name: string, word: string) {
    super(provider, name, { word }, {}, "sluice", "Thing");
  }
}

export const word = new Thing("thing", "said").word;
`;

describe.skipIf(process.env["SLUICE_SKIP_ENGINE"] === "1")("the Pulumi CLI that set-up finds", () => {
  let folder: string;

  beforeEach(async () => {
    // The space is deliberate: the backend's address must carry it.
    folder = await mkdtemp(join(tmpdir(), "sluice engine "));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("runs a TypeScript program with a dynamic resource, in folders of its own", async () => {
    const { engineEnvironment, findPulumi } = await import("../../tools/pulumi-cli.mjs");
    const { bin } = await findPulumi();
    const home = join(folder, "home");
    const backend = join(folder, "backend");
    const program = join(folder, "program");
    await Promise.all([home, backend, program].map((path) => mkdir(path)));
    await writeFile(join(program, "Pulumi.yaml"), "name: thing\nruntime: nodejs\n");
    await writeFile(join(program, "package.json"), JSON.stringify({ name: "thing", main: "index.ts" }));
    await writeFile(join(program, "index.ts"), PROGRAM);
    await symlink(NODE_MODULES, join(program, "node_modules"), "junction");

    const environment = { ...process.env, ...engineEnvironment({ bin, home, backend, passphrase: "words" }) };
    const pulumi = (...commandArguments: string[]): Promise<{ stdout: string }> =>
      run(join(bin, "pulumi"), [...commandArguments, "--non-interactive"], {
        cwd: program,
        env: environment,
      });
    await pulumi("stack", "init", "test");
    await pulumi("up", "--yes", "--skip-preview", "--stack", "test");
    const { stdout } = await pulumi("stack", "output", "--json", "--stack", "test");
    expect(JSON.parse(stdout)).toEqual({ word: "SAID" });
    await pulumi("destroy", "--yes", "--skip-preview", "--stack", "test");
  });
});
