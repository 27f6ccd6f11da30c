import { describe, expect, it } from "vitest";
import { applyDiff, diffPackages, type PackageDiff } from "../../flow/diff.js";
import { contentDigest } from "../../flow/digest.js";
import type { Flow, FlowPackage } from "../../flow/model.js";
import { readPackage } from "../../flow/read.js";
import { writePackage } from "../../flow/write.js";
import { HAS_REAL_PACKAGES, listRealPackages } from "../real-packages.js";
import { exportElsewhere } from "./diff/other-export.js";
import { PACKAGE_EDITS } from "./diff/package-edits.js";
import { lookupStep, packageToEdit } from "./diff/random-edits.js";
import { createRandom } from "./random-package.js";
import { filterStep, loadStep, smallPackage, tableName, withFlow } from "./small-package.js";

/** A package with one name for everything, so that only content and place tell objects apart. */
function withoutNames(pkg: FlowPackage): FlowPackage {
  const nameless = <T>(list: readonly T[]): T[] => list.map((one) => ({ ...one, name: "x" }));
  const toFlow = (flow: Flow): Flow => ({
    ...flow,
    name: "x",
    recipes: nameless(flow.recipes),
    datasets: nameless(flow.datasets),
    references: nameless(flow.references),
  });
  return { ...pkg, flows: pkg.flows.map(toFlow) };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function kindsOf(diff: PackageDiff): string[] {
  return diff.changes.map(({ kind, object }) => `${kind} ${object}`);
}

const SEEDS = Array.from({ length: 80 }, (_, index) => index + 1);

describe("applying the diff of two packages to the first", () => {
  it("gives the second one's content, in a package that can be written and read", async () => {
    for (const seed of SEEDS) {
      const before = packageToEdit(seed);
      const after = packageToEdit(seed + 1000);
      const applied = applyDiff(diffPackages(before, after), before);
      expect(contentDigest(applied), `seed ${seed}`).toBe(contentDigest(after));
      const reread = await readPackage(await writePackage(applied));
      expect(contentDigest(reread), `seed ${seed}`).toBe(contentDigest(after));
    }
  });

  it("gives it also where no name tells objects apart", () => {
    for (const seed of SEEDS) {
      const before = withoutNames(packageToEdit(seed));
      const after = withoutNames(packageToEdit(seed + 1000));
      const applied = applyDiff(diffPackages(before, after), before);
      expect(contentDigest(applied), `seed ${seed}`).toBe(contentDigest(after));
    }
  });

  it("refuses another package than the first", () => {
    const diff = diffPackages(
      smallPackage(),
      withFlow(smallPackage(), () => ({ name: "Renamed" })),
    );
    expect(() => applyDiff(diff, smallPackage(500))).toThrow(
      "diff not applied: the package has no object 1 in flows; apply a diff to the package it was made from",
    );
  });
});

describe("the diff of a package with another export of it", () => {
  it("is empty, whatever ids, ports, generated names and order the other exporter chose", () => {
    for (const seed of SEEDS) {
      for (const pkg of [packageToEdit(seed), withoutNames(packageToEdit(seed))]) {
        expect(diffPackages(pkg, exportElsewhere(pkg, seed)).changes, `seed ${seed}`).toEqual([]);
      }
    }
  });

  it("is empty exactly when the content digests are equal", () => {
    const packages = Array.from({ length: 25 }, (_, index) => packageToEdit(1 + Math.floor(index / 2)));
    for (const before of packages) {
      for (const after of packages) {
        const isSame = contentDigest(before) === contentDigest(after);
        expect(diffPackages(before, after).changes.length === 0).toBe(isSame);
      }
    }
  });
});

describe("one edit of a package is one change", () => {
  it.each(PACKAGE_EDITS)("$title: $kind $object", ({ kind, object, edit }) => {
    let edited = 0;
    for (const seed of SEEDS) {
      const before = packageToEdit(seed);
      const after = edit(before, createRandom(seed));
      if (after === null || contentDigest(after) === contentDigest(before)) continue;
      edited += 1;
      const diff = diffPackages(before, exportElsewhere(after, seed));
      expect(kindsOf(diff), `seed ${seed}`).toEqual([`${kind} ${object}`]);
      expect(contentDigest(applyDiff(diff, before)), `seed ${seed}`).toBe(contentDigest(after));
    }
    expect(edited).toBeGreaterThan(10);
  });
});

describe("a change as a reviewer reads it", () => {
  const steps = [filterStep("state", "paid"), filterStep("country", "fr"), filterStep("total", "0")];

  function withSteps(...visible: ReturnType<typeof filterStep>[]): FlowPackage {
    return withFlow(smallPackage(), (flow) => ({
      recipes: flow.recipes.map((recipe) =>
        recipe.name === "Clean" ? { ...recipe, steps: [...recipe.steps.slice(0, 2), ...visible] } : recipe,
      ),
    }));
  }

  const line = (column: string, value: string) =>
    `filter type: custom rowType: single row: ${column} == '${value}' action: Keep`;

  it("names the flow, the recipe and the step's numbers, and shows the step before and after", () => {
    const edited = withSteps(steps[0]!, filterStep("country", "de"), steps[2]!);
    const { changes, recipes } = diffPackages(withSteps(...steps), edited);
    expect(changes.map(({ edits: _edits, ...change }) => change)).toEqual([
      {
        kind: "changed",
        object: "step",
        path: ["Orders", "Clean"],
        before: line("country", "fr"),
        after: line("country", "de"),
        position: { before: 2, after: 2 },
      },
    ]);
    expect(recipes).toEqual([
      {
        path: ["Orders", "Clean"],
        steps: [
          { mark: "same", isMoved: false, number: 1, text: line("state", "paid") },
          { mark: "removed", isMoved: false, number: 2, text: line("country", "fr") },
          { mark: "added", isMoved: false, number: 2, text: line("country", "de") },
          { mark: "same", isMoved: false, number: 3, text: line("total", "0") },
        ],
      },
    ]);
  });

  it("tells where a moved step stood", () => {
    const { changes } = diffPackages(withSteps(...steps), withSteps(steps[1]!, steps[2]!, steps[0]!));
    expect(changes).toMatchObject([{ kind: "moved", position: { before: 1, after: 3 } }]);
  });

  it("says what differs when the text of a step does not", () => {
    const [first, ...rest] = steps;
    const annotated = { ...first!, task: { ...first!.task, annotations: { seen: true } } };
    const { changes } = diffPackages(withSteps(...steps), withSteps(annotated, ...rest));
    expect(changes).toMatchObject([
      { before: line("state", "paid"), after: `${line("state", "paid")} (differs in annotations)` },
    ]);
  });

  it("takes the Load of a table and its edge for a part of the step that uses the table", () => {
    const table = tableName(77);
    const lookup = lookupStep(table, tableName(78));
    const after = withFlow(withSteps(...steps), (flow) => ({
      recipes: flow.recipes.map((recipe) =>
        recipe.name === "Clean"
          ? { ...recipe, steps: [...recipe.steps, loadStep(9, table), lookup] }
          : recipe,
      ),
      edges: [...flow.edges, { id: 90, from: 12, to: 13, port: 9 }],
    }));
    const { changes } = diffPackages(withSteps(...steps), exportElsewhere(after, 3));
    expect(changes).toMatchObject([
      { kind: "added", object: "step", after: "lookup with: Customers col: country key: code as: 'name'" },
    ]);
  });

  it("shows a dataset's and an output's places, and only the members that these do not tell", () => {
    const after = withFlow(smallPackage(), (flow) => ({
      datasets: flow.datasets.map((dataset) =>
        dataset.kind === "table" ? { ...dataset, table: "customers_prod", hasTypeInference: false } : dataset,
      ),
      outputs: flow.outputs.map((output) => ({
        ...output,
        files: output.files.map((file) => ({ ...file, delimiter: ";" })),
      })),
    }));
    const changes = diffPackages(smallPackage(), after).changes;
    expect(changes.map(({ object, path, before, after: now }) => [object, path, before, now])).toEqual([
      [
        "dataset",
        ["Orders", "Customers"],
        "table dev.customers_dev via connection warehouse\nhasTypeInference: true",
        "table dev.customers_prod via connection warehouse\nhasTypeInference: false",
      ],
      ["file output", ["Orders", "Clean (manual)"], "delimiter: ,", "delimiter: ;"],
    ]);
  });

  it("never shows what a webhook's header, key, body or address holds", () => {
    const webhook = {
      id: 80,
      name: "Tell us",
      url: "https://example.com/canary-1",
      method: "post",
      triggerEvent: "onJobFailure",
      triggerObject: "any",
      body: "canary-2",
      headers: { Authorization: "canary-3" },
      secretKey: "canary-4",
      verifiesTls: true,
      retries: false,
      nodeIds: [13],
    };
    const before = withFlow(smallPackage(), () => ({ webhooks: [webhook] }));
    const changed = { ...webhook, url: "https://example.com/canary-5", body: "canary-6", secretKey: null };
    const after = withFlow(smallPackage(), () => ({
      webhooks: [{ ...changed, headers: { Authorization: "canary-7" } }],
    }));
    for (const [one, other] of [
      [before, after],
      [smallPackage(), after],
      [before, smallPackage()],
    ] as const) {
      const shown = diffPackages(one, other).changes.map(({ edits: _edits, ...change }) => change);
      expect(shown).toHaveLength(1);
      expect(JSON.stringify(shown)).not.toContain("canary");
    }
    expect(diffPackages(before, after).changes[0]?.after).toContain("headers: changed, not shown");
  });

  it("finds a flow under another name by what is in it", () => {
    const { changes } = diffPackages(
      smallPackage(),
      exportElsewhere(
        withFlow(smallPackage(), () => ({ name: "[1b2c3d4e] Orders" })),
        5,
      ),
    );
    expect(changes).toMatchObject([
      { kind: "changed", object: "flow", before: "name: Orders", after: "name: [1b2c3d4e] Orders" },
    ]);
  });
});

describe.skipIf(!HAS_REAL_PACKAGES)("diffs of real packages", () => {
  it("are empty between a package and itself written and read again", async () => {
    for (const { name, path } of listRealPackages()) {
      const pkg = await readPackage(path);
      expect(diffPackages(pkg, await readPackage(await writePackage(pkg))).changes, name).toEqual([]);
    }
  });

  it("lead from every package to every other", async () => {
    const packages = await Promise.all(listRealPackages().map(({ path }) => readPackage(path)));
    for (const before of packages) {
      for (const after of packages) {
        const applied = applyDiff(diffPackages(before, after), before);
        expect(contentDigest(applied)).toBe(contentDigest(after));
      }
    }
  });

  const read = listRealPackages().map(({ name, path }) => ({ name, read: once(() => readPackage(path)) }));

  it.each(PACKAGE_EDITS)("$title: $kind $object", async ({ kind, object, edit }) => {
    for (const [index, { name, read: readOnce }] of read.entries()) {
      const before = await readOnce();
      const after = edit(before, createRandom(index));
      if (after === null || contentDigest(after) === contentDigest(before)) continue;
      expect(kindsOf(diffPackages(before, exportElsewhere(after, index))), name).toEqual([
        `${kind} ${object}`,
      ]);
    }
  });
});

describe("a package of 300 flows and 15,000 steps", () => {
  function largePackage(isEdited: boolean): FlowPackage {
    let last = 0;
    const nextId = () => (last += 1);
    const flows = Array.from({ length: 300 }, (_, number): Flow => {
      const [flow] = smallPackage(number * 100).flows;
      if (flow === undefined) throw new Error("the small package has a flow");
      const added = Array.from({ length: 49 }, (_unused, index) =>
        filterStep(
          `column ${index}`,
          isEdited && number % 10 === 0 && index === 7 ? "edited" : String(number),
        ),
      );
      return {
        ...flow,
        name: `Flow ${nextId()}`,
        recipes: flow.recipes.map((recipe) =>
          recipe.name === "Clean" ? { ...recipe, steps: [...recipe.steps, ...added] } : recipe,
        ),
      };
    });
    const stubs = flows.flatMap((_, number) => smallPackage(number * 100).connections);
    return { ...smallPackage(), flows, connections: stubs };
  }

  it("is compared by meaning, whatever the ids", () => {
    const before = largePackage(false);
    const after = exportElsewhere(largePackage(true), 1);
    expect(diffPackages(before, after).changes).toHaveLength(30);
  });
});
