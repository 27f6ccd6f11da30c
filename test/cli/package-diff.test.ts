import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkPackage } from "../../flow/findings.js";
import type { FlowPackage, Webhook } from "../../flow/model.js";
import { readPackage } from "../../flow/read.js";
import { applyRules } from "../../flow/rules.js";
import { writePackage } from "../../flow/write.js";
import { exportElsewhere } from "../flow/diff/other-export.js";
import { filterStep, smallPackage, withFlow } from "../flow/small-package.js";
import { HAS_REAL_PACKAGES, listRealPackages } from "../real-packages.js";
import { expectGolden, sluice } from "./command-line.js";

const EXAMPLES = join(__dirname, "../../examples");
const ORDERS = join(EXAMPLES, "quickstart/packages/orders-1");
const CUSTOMER_VALUE = join(EXAMPLES, "two-environments/packages/customer-value-1");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-diff-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function zip(name: string, pkg: FlowPackage): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, await writePackage(pkg));
  return file;
}

/** A package in which something of each kind is another than in the small one. */
function editedPackage(): FlowPackage {
  const recipe = {
    id: 29,
    name: "Report | `daily`",
    description: null,
    isActive: true,
    steps: [filterStep("a", "b|c")],
    qualityRules: [],
  };
  const edited = withFlow(smallPackage(), (flow) => ({
    description: "Paid orders\nof *every* country",
    nodes: [
      ...flow.nodes,
      { id: 19, recipeId: 29, isWrangled: true, referenceId: null, sourceReferenceId: null },
    ],
    edges: [...flow.edges, { id: 39, from: 13, to: 19, port: null }],
    recipes: [
      ...flow.recipes.map((one) =>
        one.name === "Clean" ? { ...one, steps: [...one.steps, filterStep("country", "fr")] } : one,
      ),
      recipe,
    ],
    datasets: flow.datasets.map((dataset) =>
      dataset.kind === "table" ? { ...dataset, table: "customers" } : dataset,
    ),
    outputs: flow.outputs.map((output) => ({
      ...output,
      files: output.files.map((file) => ({ ...file, format: "parquet", compression: "snappy" })),
      tables: [],
    })),
    parameters: [{ id: 99, name: "region", value: { variable: { value: "eu" } } }],
  }));
  return {
    ...edited,
    connections: edited.connections.map((stub) => ({ ...stub, vendor: "snowflake" })),
  };
}

describe("sluice package diff", () => {
  it("answers 0 and says so when nothing changes but the export", async () => {
    const before = await zip("before.zip", smallPackage());
    const after = await zip("after.zip", exportElsewhere(smallPackage(), 3));
    expect(await sluice("package", "diff", before, after)).toEqual({
      code: 0,
      out: "before.zip → after.zip: no changes\n",
      error: "",
    });
  });

  it("compares a package with the folder of its source", async () => {
    const { code, out } = await sluice("package", "diff", `${ORDERS}.0.0`, `${ORDERS}.0.0.zip`);
    expect({ code, out }).toEqual({ code: 0, out: "orders-1.0.0 → orders-1.0.0.zip: no changes\n" });
  });

  it.each([
    ["orders", ORDERS],
    ["customer-value", CUSTOMER_VALUE],
  ])(
    "answers 1 and shows what changes in the example %s, for a terminal and for a comment",
    async (name, path) => {
      const text = await sluice("package", "diff", `${path}.0.0`, `${path}.1.0`);
      expect({ code: text.code, error: text.error }).toEqual({ code: 1, error: "" });
      expectGolden(`${name}-diff.txt`, text.out);
      const markdown = await sluice("package", "diff", `${path}.0.0`, `${path}.1.0`, "--format", "markdown");
      expect(markdown.code).toBe(1);
      expectGolden(`${name}-diff.md`, markdown.out);
    },
  );

  it("shows changes of every kind of object", async () => {
    const files = [await zip("before.zip", smallPackage()), await zip("after.zip", editedPackage())] as const;
    expectGolden("edited-diff.txt", (await sluice("package", "diff", ...files)).out);
    expectGolden("edited-diff.md", (await sluice("package", "diff", ...files, "--format", "markdown")).out);
  });

  it("prints the same changes as JSON for programs, without the edits", async () => {
    const files = [await zip("before.zip", smallPackage()), await zip("after.zip", editedPackage())] as const;
    const { code, out } = await sluice("package", "diff", ...files, "--json");
    expect(code).toBe(1);
    const shown = JSON.parse(out) as { changes: object[]; before: object };
    expect(shown.before).toMatchObject({ file: "before.zip" });
    expect(shown.changes).toContainEqual({
      kind: "added",
      object: "step",
      path: ["Orders", "Clean"],
      before: null,
      after: "filter type: custom rowType: single row: country == 'fr' action: Keep",
      position: { after: 2 },
    });
    expect(out).not.toContain('"edits"');
  });

  it("applies import rules to both before it compares", async () => {
    const before = await zip("before.zip", smallPackage());
    const moved = withFlow(smallPackage(), (flow) => ({
      outputs: flow.outputs.map((output) => ({
        ...output,
        files: output.files.map((file) => ({ ...file, path: "s3://acme-test/development/clean.csv" })),
      })),
    }));
    const after = await zip("after.zip", moved);
    const rules = join(folder, "rules.json");
    await writeFile(
      rules,
      JSON.stringify({ values: [{ type: "s3Bucket", on: "/acme-\\w+/", with: "acme" }] }),
    );
    expect((await sluice("package", "diff", before, after)).code).toBe(1);
    expect(await sluice("package", "diff", before, after, "--rules", rules)).toMatchObject({
      code: 0,
      error: "",
    });
  });

  it("shows no credential of a webhook in any format", async () => {
    const webhook: Webhook = {
      id: 80,
      name: "Tell us",
      url: "https://example.com/canary",
      method: "post",
      triggerEvent: "onJobFailure",
      triggerObject: "any",
      body: "canary",
      headers: { Authorization: "canary" },
      secretKey: "canary",
      verifiesTls: true,
      retries: false,
      nodeIds: [13],
    };
    const before = await zip("before.zip", smallPackage());
    const after = await zip(
      "after.zip",
      withFlow(smallPackage(), () => ({ webhooks: [webhook] })),
    );
    for (const format of ["text", "markdown", "json"]) {
      const { code, out } = await sluice("package", "diff", before, after, "--format", format);
      expect(code).toBe(1);
      expect(out).toContain("Tell us");
      expect(out).not.toContain("canary");
    }
  });

  it("keeps a comment below the length that code hosts take", async () => {
    const steps = Array.from({ length: 3000 }, (_, index) => filterStep("column", `value ${String(index)}`));
    const long = withFlow(smallPackage(), (flow) => ({
      recipes: flow.recipes.map((recipe) =>
        recipe.name === "Clean" ? { ...recipe, steps: [...recipe.steps, ...steps] } : recipe,
      ),
    }));
    const files = [await zip("before.zip", smallPackage()), await zip("after.zip", long)] as const;
    const { out } = await sluice("package", "diff", ...files, "--format", "markdown");
    expect(out).toContain("3000 steps added");
    expect(out).toContain("The rest is left out");
    expect(out.length).toBeLessThan(65_536);
  });

  it.each([
    [{ values: [{ type: "s3Bucket", on: "/(/", with: "x" }] }, /rules\.json: values\[0\]\.on: invalid regex/],
    [{ connections: [{ on: {}, with: 1 }] }, /rules\.json: connections\[0\]\.on: is empty/],
    [[], /rules\.json: expected an object with `connections` and `values`/],
  ])("answers 2 and the place of the fault for the rules %j", async (rules, message) => {
    const file = join(folder, "rules.json");
    await writeFile(file, JSON.stringify(rules));
    const { code, out, error } = await sluice("package", "diff", ORDERS, ORDERS, "--rules", file);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(error).toMatch(message);
  });

  it("answers 2 for rules that are not there or not JSON, for no package, and for an unknown format", async () => {
    const file = join(folder, "rules.json");
    const orders = `${ORDERS}.0.0`;
    const diff = (...more: string[]) => sluice("package", "diff", orders, ...more);
    expect(await diff(orders, "--rules", file)).toMatchObject({
      code: 2,
      error: `error: rules ${file}: there is no such file\n`,
    });
    await writeFile(file, "{");
    expect((await diff(orders, "--rules", file)).error).toContain(`error: rules ${file}: not JSON`);
    expect(await diff(file)).toMatchObject({ code: 2, out: "" });
    expect(await diff(orders, "--format", "html")).toMatchObject({ code: 2, out: "" });
  });
});

describe.skipIf(!HAS_REAL_PACKAGES)("sluice package with real packages", () => {
  it.each(listRealPackages())("shows, compares and checks $name in every format", async ({ path }) => {
    const pkg = await readPackage(path);
    const edited = await zip("edited.zip", {
      ...pkg,
      flows: pkg.flows.map((flow) => ({
        ...flow,
        recipes: flow.recipes.map((recipe) => ({
          ...recipe,
          steps: [...recipe.steps, filterStep("a", "b")],
        })),
      })),
    });
    const isSound = checkPackage(applyRules(pkg, { connections: [], values: [] })).length === 0;
    const recipes = pkg.flows.reduce((sum, flow) => sum + flow.recipes.length, 0);
    for (const format of ["text", "markdown", "json"]) {
      expect(await sluice("package", "show", path, "--format", format)).toMatchObject({ code: 0, error: "" });
      expect(await sluice("package", "diff", path, path, "--format", format)).toMatchObject({
        code: 0,
        error: "",
      });
      const diff = await sluice("package", "diff", path, edited, "--format", format);
      expect({ code: diff.code, error: diff.error }).toEqual({ code: recipes === 0 ? 0 : 1, error: "" });
      const check = await sluice("package", "check", path, "--fail-on", "info", "--format", format);
      expect({ code: check.code, error: check.error }).toEqual({ code: isSound ? 0 : 1, error: "" });
    }
  });
});
