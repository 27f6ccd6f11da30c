import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { createEngine, describeWithEngine } from "../engine/engine.js";
import type { Engine } from "../engine/engine.js";

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

describeWithEngine("the Pulumi CLI that set-up finds", () => {
  let engine: Engine;

  beforeEach(async () => {
    engine = await createEngine();
  });

  afterEach(() => engine.remove());

  it("runs a TypeScript program with a dynamic resource, in folders of its own", async () => {
    const program = join(engine.folder, "program");
    await mkdir(program);
    await writeFile(join(program, "Pulumi.yaml"), "name: thing\nruntime: nodejs\n");
    await writeFile(join(program, "package.json"), JSON.stringify({ name: "thing", main: "index.ts" }));
    await writeFile(join(program, "index.ts"), PROGRAM);
    await symlink(NODE_MODULES, join(program, "node_modules"), "junction");

    await engine.pulumi(program, "stack", "init", "test");
    await engine.pulumi(program, "up", "--yes", "--skip-preview", "--stack", "test");
    const { stdout } = await engine.pulumi(program, "stack", "output", "--json", "--stack", "test");
    expect(JSON.parse(stdout)).toEqual({ word: "SAID" });
    await engine.pulumi(program, "destroy", "--yes", "--skip-preview", "--stack", "test");
  });
});
