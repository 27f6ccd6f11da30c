import { describe, expect, it } from "vitest";
import { contentDigest, isSameContent, rulesFingerprint } from "../../flow/digest.js";
import type { Flow, FlowPackage, JsonValue, Step } from "../../flow/model.js";
import { readPackage } from "../../flow/read.js";
import type { ImportRules } from "../../flow/rule-types.js";
import { applyRules } from "../../flow/rules.js";
import { writePackage } from "../../flow/write.js";
import { HAS_REAL_PACKAGES, listRealPackages } from "../real-packages.js";
import { createRandom, randomPackage } from "./random-package.js";
import { filterStep, smallPackage, WAREHOUSE_UUID, withFlow } from "./small-package.js";

const NO_RULES: ImportRules = { connections: [], values: [] };

/** The same list in another order. */
function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((value) => ({ value, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}

/** The same package with its tables in another order; steps, insertions and lists inside steps stay. */
function shuffleTables(pkg: FlowPackage, seed: number): FlowPackage {
  const random = createRandom(seed);
  const tables = ["nodes", "edges", "recipes", "datasets", "outputs", "references", "webhooks"] as const;
  const shuffleFlow = (flow: Flow): Flow => ({
    ...flow,
    ...Object.fromEntries(tables.map((table) => [table, shuffled<unknown>(flow[table], random)])),
  });
  return {
    ...pkg,
    flows: shuffled(pkg.flows, random).map(shuffleFlow),
    connections: shuffled(pkg.connections, random),
  };
}

function reverseKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reverseKeys(member)]),
  );
}

/** The steps of the small package's user-made recipe, changed. */
function withSteps(change: (steps: readonly Step[]) => readonly Step[]): FlowPackage {
  return withFlow(smallPackage(), (flow) => ({
    recipes: flow.recipes.map((recipe) =>
      recipe.name === "Clean" ? { ...recipe, steps: change(recipe.steps) } : recipe,
    ),
  }));
}

describe("the content digest", () => {
  const digest = contentDigest(smallPackage());

  it("is 64 hex digits", () => {
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it("does not depend on ids, uuid of the export, time, product version or checksum", () => {
    const other = smallPackage(1000);
    const metadata = {
      ...other.metadata,
      uuid: "x",
      exportedAt: null,
      exportedBy: 7,
      productVersion: "9.7.0",
    };
    expect(contentDigest({ ...other, generation: 1, hash: "abc", metadata })).toBe(digest);
  });

  it("does not depend on the order of tables", () => {
    for (let seed = 1; seed <= 150; seed += 1) {
      const pkg = randomPackage(seed);
      expect(contentDigest(shuffleTables(pkg, seed)), `seed ${seed}`).toBe(contentDigest(pkg));
    }
  });

  it("does not depend on ids in any package", () => {
    for (let seed = 1; seed <= 150; seed += 1) {
      expect(contentDigest(randomPackage(seed, 5000)), `seed ${seed}`).toBe(
        contentDigest(randomPackage(seed)),
      );
    }
  });

  it("does not depend on the order of keys, or on stale column lists", () => {
    const reordered = withSteps((steps) =>
      steps.map((step) => ({
        ...step,
        task: {
          ...step.task,
          parameters: reverseKeys(step.task.parameters as JsonValue) as Step["task"]["parameters"],
        },
        columns: ["stale"],
      })),
    );
    expect(contentDigest(reordered)).toBe(digest);
  });

  it("tells different packages apart", () => {
    const digests = Array.from({ length: 150 }, (_, seed) => contentDigest(randomPackage(seed)));
    const packages = Array.from({ length: 150 }, (_, seed) => randomPackage(seed));
    const hasContent = packages.filter((pkg) => pkg.flows.some((flow) => flow.nodes.length > 0)).length;
    expect(new Set(digests).size).toBeGreaterThanOrEqual(hasContent);
  });

  const changes: [string, FlowPackage][] = [
    ["the name of a flow", withFlow(smallPackage(), () => ({ name: "Orders 2" }))],
    ["an added step", withSteps((steps) => [...steps, filterStep("a", "b")])],
    ["a value in a step", withSteps((steps) => [...steps.slice(0, -1), filterStep("state", "open")])],
    ["the order of steps", withSteps((steps) => [...steps].reverse())],
    [
      "the edge's source",
      withFlow(smallPackage(), (flow) => ({
        edges: flow.edges.map((edge) => ({ ...edge, from: edge.from === 11 ? 12 : 11 })),
      })),
    ],
    ["a removed edge", withFlow(smallPackage(), (flow) => ({ edges: flow.edges.slice(1) }))],
    [
      "the file of a dataset",
      applyRules(smallPackage(), {
        connections: [],
        values: [{ type: "s3Bucket", on: "dev", with: "prod" }],
      }).package,
    ],
    [
      "the action of an output",
      withFlow(smallPackage(), (flow) => ({
        outputs: flow.outputs.map((output) => ({
          ...output,
          files: output.files.map((file) => ({ ...file, action: "append" })),
        })),
      })),
    ],
    [
      "engine options of an output",
      withFlow(smallPackage(), (flow) => ({
        outputs: flow.outputs.map((output) => ({ ...output, options: { spark: { memory: "4g" } } })),
      })),
    ],
    [
      "the kind of an output",
      withFlow(smallPackage(), (flow) => ({
        outputs: flow.outputs.map((output) => ({ ...output, isManual: false })),
      })),
    ],
    [
      "the connection behind a dataset",
      {
        ...smallPackage(),
        connections: smallPackage().connections.map((stub) => ({ ...stub, uuid: "other" })),
      },
    ],
    [
      "a flow-level parameter value",
      withFlow(smallPackage(), () => ({
        overrides: [{ id: 1, name: "region", value: { variable: { value: "eu" } } }],
      })),
    ],
    ["a flow's settings", withFlow(smallPackage(), () => ({ settings: { optimize: "enabled" } }))],
  ];

  it.each(changes)("changes with %s", (_title, pkg) => {
    expect(contentDigest(pkg)).not.toBe(digest);
  });

  it("tells which of two equal recipes an output stands on, when their inputs differ", () => {
    const twins = (nodeId: number) =>
      withFlow(smallPackage(), (flow) => ({
        nodes: [
          ...flow.nodes,
          { id: 14, recipeId: 23, isWrangled: true, referenceId: null, sourceReferenceId: null },
        ],
        edges: [...flow.edges, { id: 33, from: 12, to: 14, port: null }],
        outputs: flow.outputs.map((output) => ({ ...output, nodeId })),
      }));
    expect(contentDigest(twins(13))).not.toBe(contentDigest(twins(14)));
  });
});

describe.skipIf(!HAS_REAL_PACKAGES)("the content digest of real packages", () => {
  it("survives writing and reading", async () => {
    for (const { name, path } of listRealPackages()) {
      const pkg = await readPackage(path);
      expect(contentDigest(await readPackage(await writePackage(pkg))), name).toBe(contentDigest(pkg));
    }
  });

  it("differs between all packages and versions", async () => {
    const digests = await Promise.all(
      listRealPackages().map(async ({ path }) => contentDigest(await readPackage(path))),
    );
    expect(new Set(digests).size).toBe(listRealPackages().length);
  });
});

describe("the rules' fingerprint", () => {
  const rules: ImportRules = {
    connections: [{ on: { uuid: "u", id: "1" }, with: 2 }],
    values: [
      { type: "s3Bucket", on: "a", with: "b" },
      { type: "dbPath", on: "a", with: "b" },
    ],
  };

  it("does not depend on the order of keys, but on the order of rules", () => {
    const sameRules: ImportRules = {
      values: rules.values.map((rule) => ({ with: rule.with, on: rule.on, type: rule.type })),
      connections: [{ with: 2, on: { id: "1", uuid: "u" } }],
    };
    expect(rulesFingerprint(sameRules)).toBe(rulesFingerprint(rules));
    expect(rulesFingerprint({ ...rules, values: [...rules.values].reverse() })).not.toBe(
      rulesFingerprint(rules),
    );
    expect(rulesFingerprint(rules)).toMatch(/^[0-9a-f]{64}$/);
  });

  it("tells a connection rule from a value rule, and one target from another", () => {
    const other: ImportRules = { ...rules, connections: [{ on: { uuid: "u", id: "1" }, with: 3 }] };
    expect(rulesFingerprint(other)).not.toBe(rulesFingerprint(rules));
    expect(rulesFingerprint(NO_RULES)).not.toBe(rulesFingerprint({ ...rules, values: [] }));
  });
});

describe("comparing with what a platform exports back", () => {
  /** The small package as a platform gives it back: local ids, and the local connection. */
  function exported(connectionId: number, uuid: string): FlowPackage {
    const local = smallPackage(700);
    const moved = (id: number | null) => (id === null ? null : connectionId);
    return {
      ...withFlow(local, (flow) => ({
        datasets: flow.datasets.map((dataset) => ({ ...dataset, connectionId: moved(dataset.connectionId) })),
        outputs: flow.outputs.map((output) => ({
          ...output,
          tables: output.tables.map((table) => ({ ...table, connectionId: moved(table.connectionId) })),
        })),
      })),
      connections: local.connections.map((stub) => ({ ...stub, id: connectionId, uuid, name: "local name" })),
    };
  }

  const mapped: ImportRules = { connections: [{ on: { uuid: WAREHOUSE_UUID }, with: 12 }], values: [] };

  it("finds the same content behind a mapped connection", () => {
    expect(isSameContent(applyRules(smallPackage(), mapped), exported(12, "local-uuid"))).toBe(true);
  });

  it("notices another connection than the mapped one", () => {
    expect(isSameContent(applyRules(smallPackage(), mapped), exported(13, "local-uuid"))).toBe(false);
  });

  it("finds the same content behind a local twin of the same uuid, without any rule", () => {
    expect(isSameContent(applyRules(smallPackage(), NO_RULES), exported(5, WAREHOUSE_UUID))).toBe(true);
    expect(isSameContent(applyRules(smallPackage(), NO_RULES), exported(5, "local-uuid"))).toBe(false);
  });

  it("compares with the values after the rules", () => {
    const rules: ImportRules = { ...mapped, values: [{ type: "s3Bucket", on: "dev", with: "prod" }] };
    const ruled = applyRules(smallPackage(), rules);
    const local = exported(12, "local-uuid");
    expect(isSameContent(ruled, local)).toBe(false);
    expect(isSameContent(ruled, applyRules(local, { connections: [], values: rules.values }).package)).toBe(
      true,
    );
  });

  it("notices a step that somebody changed by hand", () => {
    const edited = withFlow(exported(12, "local-uuid"), (flow) => ({
      recipes: flow.recipes.map((recipe) => ({ ...recipe, steps: [...recipe.steps, filterStep("x", "y")] })),
    }));
    expect(isSameContent(applyRules(smallPackage(), mapped), edited)).toBe(false);
  });
});
