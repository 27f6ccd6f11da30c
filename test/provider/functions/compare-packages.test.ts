import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyRules, contentDigest, diffPackages } from "../../../flow/index.js";
import type { FlowPackage, Step } from "../../../flow/index.js";
import { buildPackage } from "../../../flow/source.js";
import { writePackage } from "../../../flow/write.js";
import { UNKNOWN } from "../../../provider/framework/unknown.js";
import { filterStep, smallPackage } from "../../flow/small-package.js";
import type { Values } from "../provider-test.js";
import { failuresOf, invoke, outputsOf } from "./function-test.js";

const RULES = { values: [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" }] };

let folder: string;
let before: string;
let after: string;

async function write(name: string, source: FlowPackage): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, await writePackage(source));
  return path;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-functions-"));
  before = await write("1.0.0.zip", await buildPackage("examples/quickstart/packages/orders-1.0.0"));
  after = await write("1.1.0.zip", await buildPackage("examples/quickstart/packages/orders-1.1.0"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The small package with more steps at the end of its recipe. */
function withSteps(steps: readonly Step[]): FlowPackage {
  const source = smallPackage();
  return {
    ...source,
    flows: source.flows.map((flow) => ({
      ...flow,
      recipes: flow.recipes.map((recipe, index) =>
        index === flow.recipes.length - 1 ? { ...recipe, steps: [...recipe.steps, ...steps] } : recipe,
      ),
    })),
  };
}

/** The small package with its file output at another place. */
function withOutputTo(path: string): FlowPackage {
  const source = smallPackage();
  return {
    ...source,
    flows: source.flows.map((flow) => ({
      ...flow,
      outputs: flow.outputs.map((output) => ({
        ...output,
        files: output.files.map((file) => ({ ...file, path })),
      })),
    })),
  };
}

describe("comparePackages", () => {
  it("answers the differences as a list, as text and in one line, without any platform configured", async () => {
    const found = await outputsOf("comparePackages", { before, after });
    const changes = found.changes as Values[];
    expect(found).toMatchObject({ isSame: false, changesLeftOut: 0 });
    expect(found.summary).toMatch(new RegExp(`^${changes.length} changes: \\d+ `));
    expect(found.contentDigestBefore).not.toBe(found.contentDigestAfter);
    const step = changes.find(({ object, kind }) => object === "step" && kind === "added");
    expect(step).toMatchObject({
      path: ["Orders", "Clean orders"],
      after: expect.stringMatching(/\S/) as string,
      stepAfter: expect.any(Number) as number,
    });
    expect(step).not.toHaveProperty("before");
    expect(found.text).toContain("flow Orders");
    expect(found.text).toContain(step?.after);
    expect(JSON.stringify(found)).not.toContain("edits");
  });

  it("finds no difference between a package and another export of the same", async () => {
    const found = await outputsOf("comparePackages", { before, after: before });
    expect(found).toMatchObject({
      isSame: true,
      summary: "no changes",
      text: "",
      changes: [],
      changesLeftOut: 0,
      findings: [],
    });
  });

  it("applies the rules to both first", async () => {
    const source = await buildPackage("examples/quickstart/packages/orders-1.0.0");
    const ruled = applyRules(source, { connections: [], ...RULES } as Parameters<typeof applyRules>[1]);
    const found = await outputsOf("comparePackages", { before, after, rules: RULES });
    expect(found.contentDigestBefore).toBe(contentDigest(ruled.package));
    expect(JSON.stringify(found)).not.toContain("acme-dev");
  });

  it("reports what the package after brings, and not what the one before had already", async () => {
    const configuration = { "sluice:sourceMarkers": ["MARKED"] };
    const [plain, marked] = [
      await write("plain.zip", smallPackage()),
      await write("marked.zip", withOutputTo("s3://MARKED/clean.csv")),
    ];
    const codes = async (inputs: Values) =>
      ((await outputsOf("comparePackages", inputs, configuration)).findings as Values[]).map(
        ({ code }) => code,
      );
    expect(await codes({ before: plain, after: marked })).toContain("source-environment-left");
    expect(await codes({ before: marked, after: marked })).toEqual([]);
  });

  it("stays below a size that a program can handle, and says how much it left out", async () => {
    const many = withSteps(Array.from({ length: 4000 }, (_, at) => filterStep("city", `place number ${at}`)));
    const long = withSteps([filterStep("city", "x".repeat(500_000))]);
    const all = diffPackages(smallPackage(), many).changes.length;
    const paths = [await write("small.zip", smallPackage()), await write("many.zip", many)];
    const found = await outputsOf("comparePackages", { before: paths[0], after: paths[1] });
    const changes = found.changes as Values[];
    expect(JSON.stringify(found).length).toBeLessThan(400 * 1024);
    expect(changes.length).toBeGreaterThan(100);
    expect(found.changesLeftOut).toBe(all - changes.length);
    expect(found.changesLeftOut).toBeGreaterThan(0);
    expect(found.text).toMatch(/\n… and \d+ more lines$/);

    const cut = await outputsOf("comparePackages", {
      before: paths[0],
      after: await write("long.zip", long),
    });
    expect(JSON.stringify(cut).length).toBeLessThan(32 * 1024);
    expect(cut.changes).toHaveLength(diffPackages(smallPackage(), long).changes.length);
    expect(cut.text).toMatch(/ … \(\d+ characters more\)/);
  });

  it("says which of the two packages cannot be read, and waits for what is unknown", async () => {
    expect(await failuresOf("comparePackages", { before, after: "none.zip" })).toMatchObject([
      { property: "after" },
    ]);
    expect(await failuresOf("comparePackages", { before: "none.zip", after })).toMatchObject([
      { property: "before" },
    ]);
    expect(await failuresOf("comparePackages", {})).toMatchObject([
      { property: "before" },
      { property: "after" },
    ]);
    expect(await invoke("comparePackages", { before, after: UNKNOWN })).toEqual({ outputs: {} });
  });
});
