import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { installPythonSdk } from "./python-program.js";
import { PASSWORD, startProgram } from "./languages/program.js";
import type { LanguageProgram } from "./languages/program.js";
import { isWithoutEngine, writesOf } from "./stack.js";

const ROOT = resolve(__dirname, "..", "..");

/** What a program in any language must do; five resources that refer to each other, a secret and two functions. */
async function expectWholeLife(program: LanguageProgram): Promise<void> {
  const previewed = await program.requestsDuring(() => program.pulumi("preview"));
  expect(writesOf(previewed)).toEqual([]);

  const output = await program.pulumi("up", "--yes", "--skip-preview");
  expect(output).not.toContain(PASSWORD);
  expect(await program.list("/v4/connections")).toMatchObject([
    { name: "warehouse", host: "db.example.com" },
  ]);
  expect(await program.list("/v4/deployments")).toMatchObject([{ id: 1, name: "orders" }]);
  expect(await program.list("/v4/releases?deploymentId=1")).toMatchObject([{ id: 1, active: true }]);
  expect(await program.state()).not.toContain(PASSWORD);
  const outputs = JSON.parse(await program.pulumi("stack", "output", "--json")) as Record<string, string>;
  expect(outputs).toMatchObject({ releaseId: "1", action: "deploy: the first release from this program" });
  expect(outputs["sameContent"]).toBe(outputs["contentDigest"]);
  expect(outputs["notes"]).toContain("orders 1.0.0");

  await program.pulumi("preview", "--expect-no-changes");

  await program.pulumi("destroy", "--yes", "--skip-preview");
  for (const kind of ["connections", "deployments"]) expect(await program.list(`/v4/${kind}`)).toEqual([]);
}

describe.skipIf(isWithoutEngine)("a program on the plugin", () => {
  it.each([
    { name: "orders-typescript", language: "nodejs" },
    { name: "orders-yaml", language: "yaml" },
  ] as const)(
    "in $language previews, deploys, has nothing left to change, and cleans up",
    async ({ name, language }) => {
      const program = await startProgram(name, language);
      try {
        await expectWholeLife(program);
      } finally {
        await program.close();
      }
    },
  );

  it("in python does the same, with a provider of its own", async ({ skip }) => {
    const { findPythonSdk, whyWithoutPython } = await import("../../tools/python-sdk.mjs");
    const withoutPython = await whyWithoutPython();
    skip(withoutPython !== undefined, withoutPython);
    const sdk = await findPythonSdk();
    const program = await startProgram("orders-python", "python", async (folder) => ({
      path: [dirname(sdk.python)],
      variables: { PYTHONPATH: await installPythonSdk(folder) },
    }));
    try {
      await expectWholeLife(program);
    } finally {
      await program.close();
    }
  });
});

describe.skipIf(isWithoutEngine)("the executable of the plugin", () => {
  it("tells the engine the schema that is checked in", async () => {
    const { engineEnvironment, findPulumi } = await import("../../tools/pulumi-cli.mjs");
    const { bin } = await findPulumi();
    const home = await mkdtemp(join(tmpdir(), "sluice-get-schema-"));
    try {
      const environment = engineEnvironment({ bin, home, backend: home, passphrase: "get-schema" });
      const executable = join(ROOT, "bin", "pulumi-resource-sluice");
      const { stdout } = await promisify(execFile)(
        join(bin, "pulumi"),
        ["package", "get-schema", executable],
        { cwd: home, env: { ...process.env, ...environment }, maxBuffer: 64 * 1024 * 1024 },
      );
      const checkedIn: unknown = JSON.parse(await readFile(join(ROOT, "schema.json"), "utf8"));
      expect(JSON.parse(stdout)).toEqual(checkedIn);
    } finally {
      await rm(home, { recursive: true, force: true, maxRetries: 3 });
    }
  });
});
