import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGraph } from "../../flow/graph.js";
import { printRecipe } from "../../flow/language/print.js";
import type { Flow, FlowPackage } from "../../flow/model.js";
import { readPackage } from "../../flow/read.js";
import { SourceError } from "../../flow/source-error.js";
import { buildFromSource, buildPackage } from "../../flow/source.js";
import { writePackage } from "../../flow/write.js";

const EXAMPLES = join(__dirname, "../../examples");
const PACKAGES = [
  "quickstart/packages/orders-1.0.0",
  "quickstart/packages/orders-1.1.0",
  "two-environments/packages/customer-value-1.0.0",
  "two-environments/packages/customer-value-1.1.0",
];

type Json = Record<string, unknown>;

/** A small valid source; the second argument replaces members of its one flow. */
function source(flow: Json = {}, root: Json = {}): Json {
  return {
    uuid: "6f0c2f4e-0b52-11ef-9a3e-0242ac120002",
    exportedAt: "2024-05-06T08:00:00.000Z",
    connections: { warehouse: { uuid: "a7d6b1c0-0b52-11ef-8c55-0242ac120002", vendor: "postgres" } },
    flows: [
      {
        name: "F",
        datasets: {
          "a.csv": { file: "s3://b/in/a.csv", columns: ["id", "name", "x y"] },
          T: { connection: "warehouse", table: "public.t", columns: ["code", "label"] },
        },
        recipes: { R: { from: "a.csv", steps: ["flatten col: id"] } },
        ...flow,
      },
    ],
    ...root,
  };
}

function problems(json: Json): readonly string[] {
  try {
    buildFromSource(json, "test");
  } catch (error) {
    if (error instanceof SourceError) return error.problems;
    throw error;
  }
  throw new Error("the source was built");
}

function onlyFlow(pkg: FlowPackage): Flow {
  const [flow] = pkg.flows;
  if (flow === undefined) throw new Error("no flow");
  return flow;
}

function stepsOf(pkg: FlowPackage, name: string): string[] {
  const graph = createGraph(pkg);
  const placed = pkg.flows.flatMap((flow) => graph.nodesOf(flow)).find((one) => one.name === name);
  if (placed === undefined) throw new Error(`no recipe ${name}`);
  return printRecipe(placed.recipe, graph.tableNames(placed.node.id));
}

describe("example packages", () => {
  it.each(PACKAGES)("%s is the same after writing and reading", async (folder) => {
    const pkg = await buildPackage(join(EXAMPLES, folder));
    expect(await readPackage(await writePackage(pkg))).toEqual(pkg);
  });

  it.each(PACKAGES)("%s gives the same bytes each time", async (folder) => {
    const first = await writePackage(await buildPackage(join(EXAMPLES, folder)));
    const second = await writePackage(await buildPackage(join(EXAMPLES, folder)));
    expect(Buffer.from(second).equals(Buffer.from(first))).toBe(true);
  });

  it("have the columns that their sample files have", async () => {
    const pkg = await buildPackage(join(EXAMPLES, "quickstart/packages/orders-1.0.0"));
    const [header = ""] = (await readFile(join(EXAMPLES, "quickstart/sample/orders.csv"), "utf8")).split(
      "\n",
    );
    expect(stepsOf(pkg, "orders.csv")[1]).toBe(
      `split type: on col: column1 on: ',' limit: ${String(header.split(",").length - 1)} quote: '\\"'`,
    );
    const load = onlyFlow(pkg).recipes[0]?.steps.at(-1);
    expect(load?.task.parameters["as"]).toEqual({
      kind: "array",
      type: "Array",
      value: header.split(",").map((value) => ({ kind: "constant", type: "String", value })),
    });
  });

  it("print the steps that their sources hold", async () => {
    const pkg = await buildPackage(join(EXAMPLES, "quickstart/packages/orders-1.1.0"));
    expect(stepsOf(pkg, "Clean orders")).toEqual([
      "//The shop exports everything as text",
      "settype col: quantity type: Integer",
      "settype col: price type: Float",
      "filter type: custom rowType: single row: status == 'cancelled' action: Delete",
      "filter type: custom rowType: single row: customer_id == 'C-TEST' || quantity < 1 action: Delete",
      "derive type: single value: ROUND(quantity * price, 2) as: 'total'",
      "lookup with: Countries col: country key: code as: 'country_name', 'currency'",
    ]);
  });
});

describe("buildFromSource", () => {
  it("parses a delimited file with the steps that the product makes", () => {
    expect(stepsOf(buildFromSource(source(), "test"), "a.csv")).toEqual([
      `splitrows col: column1 on: '\\n' quote: '\\"' quoteEscapeChar: '\\"'`,
      `split type: on col: column1 on: ',' limit: 2 quote: '\\"'`,
      `replace col: * type: on with: '\\"' on: '\\"\\"' global: true`,
      "replace col: * type: on with: '' on: `{start}\\\"|\\\"{end}` global: true",
      "header",
    ]);
  });

  it("names the columns in the split when a plain file has no header", () => {
    const parse = { delimiter: "\t", header: false, quoted: false, lineEnd: "\r\n" };
    const datasets = { "a.tsv": { file: "gs://b/a.tsv", columns: ["id", "x"], parse } };
    const pkg = buildFromSource(source({ datasets, recipes: {} }), "test");
    const flow = onlyFlow(pkg);
    expect(stepsOf(pkg, "a.tsv")).toEqual([
      "splitrows col: column1 on: '\\r\\n'",
      "split type: on col: column1 on: '\\t' as: 'id', 'x'",
    ]);
    expect(flow.datasets[0]).toMatchObject({
      type: "gs",
      location: { bucket: "b", path: "/a.tsv", host: null, uri: "gs://b/a.tsv" },
    });
  });

  it("turns a side input into a hidden Load, a port and an edge", () => {
    const steps = [
      "lookup with: T col: id key: code as: 'label'",
      "lookup with: T col: name key: code as: 'l2'",
    ];
    const pkg = buildFromSource(source({ recipes: { R: { from: "a.csv", steps } } }), "test");
    const flow = onlyFlow(pkg);
    const recipe = flow.recipes.find((one) => one.name === "R");
    const shape = recipe?.steps.map(({ port, task }) => [
      task.type,
      port,
      task.parameters["location"]?.["value"],
    ]);
    expect(shape).toEqual([
      ["Load", null, "portId://null"],
      ["Load", 1, "portId://1"],
      ["Lookup", null, undefined],
      ["Load", 2, "portId://2"],
      ["Lookup", null, undefined],
    ]);
    const node = (name: string): number | undefined =>
      flow.nodes.find((one) => flow.recipes.find((r) => r.id === one.recipeId)?.name === name)?.id;
    expect(flow.edges.map(({ from, to, port }) => ({ from, to, port }))).toEqual([
      { from: node("a.csv"), to: node("R"), port: null },
      { from: node("T"), to: node("R"), port: 1 },
      { from: node("T"), to: node("R"), port: 2 },
    ]);
    const lookup = recipe?.steps[2]?.task.parameters;
    const load = recipe?.steps[1]?.task.outputName;
    expect(load).toMatch(/^table_[0-9a-f]{40}$/);
    expect(lookup?.["with"]?.["value"]).toBe(load);
    expect(lookup?.["key"]?.["relation"]).toBe(load);
    expect(lookup?.["col"]?.["relation"]).toBe(lookup?.["table"]?.["value"]);
    expect(lookup?.["table"]?.["value"]).not.toBe(load);
    expect(stepsOf(pkg, "R")).toEqual(steps);
  });

  it("reads another flow's reference through a node of its own", async () => {
    const pkg = await buildPackage(join(EXAMPLES, "two-environments/packages/customer-value-1.0.0"));
    const [value, customers] = pkg.flows;
    const reference = customers?.references[0];
    expect(reference?.name).toBe("Active customers");
    expect(customers?.nodes.filter((node) => node.referenceId === reference?.id)).toHaveLength(1);
    const reader = value?.nodes.find((node) => node.sourceReferenceId !== null);
    expect(reader?.sourceReferenceId).toBe(reference?.id);
    expect(value?.edges.some((edge) => edge.from === reader?.id)).toBe(true);
    expect(pkg.metadata.primaryFlowIds).toEqual([value?.id]);
  });

  it("gathers a recipe's destinations of one kind in one output", () => {
    const outputs = [
      { recipe: "R", file: "s3://b/out.csv" },
      { recipe: "R", connection: "warehouse", table: "s.t", action: "dropAndLoad" },
      { recipe: "R", manual: false, file: "s3://b/night.csv", action: "append", format: "json" },
    ];
    const flow = onlyFlow(buildFromSource(source({ outputs }), "test"));
    const shown = flow.outputs.map((one) => [
      one.isManual,
      one.files.map((file) => `${file.format} ${file.action} ${file.path}`),
      one.tables.map((table) => `${table.targetType} ${table.action} ${table.path.join(".")}.${table.table}`),
    ]);
    expect(shown).toEqual([
      [true, ["csv create s3://b/out.csv"], ["postgres dropAndLoad s.t"]],
      [false, ["json append s3://b/night.csv"], []],
    ]);
  });

  it.each<[string, Json, string]>([
    [
      "a step that cannot be read",
      source({ recipes: { R: { from: "a.csv", steps: ["header", "flaten col: id"] } } }),
      'flows[0].recipes["R"].steps[1]: column 1: unknown step "flaten" (did you mean "flatten"?)',
    ],
    [
      "an input that does not exist",
      source({ recipes: { R: { from: "a.cvs", steps: [] } } }),
      'flows[0].recipes["R"].from: no dataset, recipe or reference is named "a.cvs" (did you mean "a.csv"?)',
    ],
    [
      "a side table that does not exist",
      source({ recipes: { R: { from: "T", steps: ["lookup with: U col: id key: code as: 'l'"] } } }),
      'flows[0].recipes["R"].steps[0]: no dataset, recipe or reference is named "U"',
    ],
    [
      "a connection that does not exist",
      source({ outputs: [{ recipe: "R", connection: "warehose", table: "s.t" }] }),
      'flows[0].outputs[0].connection: no connection is named "warehose" (did you mean "warehouse"?)',
    ],
    [
      "an output of no recipe",
      source({ outputs: [{ recipe: "Q", file: "s3://b/o.csv" }] }),
      'flows[0].outputs[0].recipe: no recipe is named "Q"',
    ],
    [
      "an unknown key",
      source({ recipes: { R: { from: "a.csv", stesp: [], steps: [] } } }),
      'flows[0].recipes["R"]: unknown key "stesp" (did you mean "steps"?)',
    ],
    [
      "a fault inside one form of a dataset",
      source({ datasets: { "a.csv": { file: "s3://b/a.csv", columns: [] } } }),
      'flows[0].datasets["a.csv"].columns: Too small: expected array to have >=1 items',
    ],
    [
      "a path without a scheme",
      source({ datasets: { "a.csv": { file: "in/a.csv", columns: ["a"] } } }),
      'flows[0].datasets["a.csv"].file: expected a full URI such as s3://bucket/folder/file.csv, found "in/a.csv"',
    ],
    [
      "recipes that read each other",
      source({ recipes: { R: { from: "S", steps: [] }, S: { from: "R", steps: [] } } }),
      'flows[0].recipes["R"]: reads its own rows, directly or through other recipes',
    ],
    [
      "a reference of no recipe",
      source({ references: { Ref: { recipe: "RR" } } }),
      'flows[0].references["Ref"].recipe: no recipe is named "RR"',
    ],
    [
      "no primary flow",
      source({ primary: false }),
      "flows: no flow is primary: leave out primary: false on one",
    ],
    ["a uuid that is none", source({}, { uuid: "x" }), "uuid: expected a UUID in lower case"],
  ])("refuses %s with its place", (_, json, problem) => {
    expect(problems(json)).toContain(problem);
  });

  it("reports every problem at once", () => {
    const recipes = { R: { from: "x", steps: ["deriv"] }, S: { from: "y", steps: ["header"] } };
    expect(problems(source({ recipes })).map((text) => text.split(":")[0])).toEqual([
      'flows[0].recipes["R"].from',
      'flows[0].recipes["R"].steps[0]',
      'flows[0].recipes["S"].from',
    ]);
  });
});

describe("buildPackage", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-source-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("takes one *.flow.json5 when there is no package.json5, and a file by its path", async () => {
    const file = join(folder, "orders.flow.json5");
    await writeFile(file, JSON.stringify(source()));
    expect(await buildPackage(folder)).toEqual(await buildPackage(file));
  });

  it("says what a folder without a source should hold", async () => {
    await expect(buildPackage(folder)).rejects.toThrow(
      `package source ${folder}: expected package.json5 or one *.flow.json5 in the folder, it holds neither`,
    );
  });

  it("says that a folder does not exist", async () => {
    await expect(buildPackage(join(folder, "none"))).rejects.toThrow("there is no such folder or file");
  });

  it("gives the line of a syntax error", async () => {
    await writeFile(join(folder, "package.json5"), "{\n  uuid: 'x',\n  flows: [}\n}");
    await expect(buildPackage(folder)).rejects.toThrow(/package\.json5: not JSON5: .*3:11/);
  });
});
