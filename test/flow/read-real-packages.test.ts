import { describe, expect, it } from "vitest";
import type { FlowPackage } from "../../flow/model.js";
import { readPackage } from "../../flow/read.js";
import { HAS_REAL_PACKAGES, listRealPackages } from "../real-packages.js";

/**
 * Counted in the definitions with jq-like scripts, not by the reader: generation, product version, nodes, edges, recipes,
 * steps, datasets, outputs, file targets, table targets, connections. Each has one flow.
 */
const COUNTS: Record<string, readonly [number, string, ...number[]]> = {
  "add-properties-as-columns/package.zip": [2, "7.8.0", 4, 3, 4, 16, 2, 0, 0, 0, 0],
  "controles/package.zip": [1, "6.0.2", 20, 22, 20, 75, 4, 3, 0, 3, 1],
  "controles/versions/2019-05-25_2be30479.zip": [1, "6.0.1", 18, 20, 18, 71, 4, 1, 0, 1, 1],
  "controles/versions/2019-05-27_97ac2bef.zip": [1, "6.0.1", 20, 22, 20, 73, 4, 3, 0, 3, 1],
  "controles/versions/2019-07-02_7a3e2684.zip": [1, "6.0.2", 20, 22, 20, 74, 4, 9, 6, 3, 1],
  "controles/versions/2019-07-11_d0de11f0.zip": [1, "6.0.2", 19, 21, 19, 68, 4, 2, 0, 2, 1],
  "data-onboarding/package.zip": [1, "6.4.1", 7, 5, 7, 36, 2, 1, 1, 0, 1],
  "data-onboarding/versions/2019-09-14_34fbe99b.zip": [1, "6.4.1", 3, 1, 3, 13, 2, 1, 1, 0, 0],
  "data-onboarding/versions/2019-09-18_d937719a.zip": [1, "6.4.1", 5, 4, 5, 19, 2, 1, 1, 0, 1],
  "data-onboarding/versions/2019-10-09_7ff49301.zip": [1, "6.4.1", 3, 2, 3, 10, 2, 1, 1, 0, 1],
  "empty-flow/package.zip": [1, "6.0.1", 0, 0, 0, 0, 0, 0, 0, 0, 0],
  "excel-import/package.zip": [1, "6.0.0", 2, 1, 2, 7, 1, 0, 0, 0, 0],
  "flow-parameters/package.zip": [2, "6.8.0", 2, 1, 2, 9, 1, 1, 1, 0, 0],
  "google-forms-survey/package.zip": [2, "8.0.0", 6, 5, 6, 91, 1, 8, 0, 8, 0],
  "last-day-of-month/package.zip": [2, "7.8.0", 2, 1, 2, 10, 1, 0, 0, 0, 0],
  "missing-days/package.zip": [2, "7.8.0", 2, 1, 2, 15, 1, 0, 0, 0, 0],
  "profiling-quality-rules/package.zip": [2, "7.8.0", 4, 2, 4, 38, 2, 2, 0, 2, 0],
  "remove-duplicate-names/package.zip": [2, "7.8.0", 2, 1, 2, 12, 1, 0, 0, 0, 0],
  "single-publication/package.zip": [1, "6.0.1", 2, 1, 2, 5, 1, 1, 0, 1, 1],
  "sql-flow/package.zip": [2, "6.8.0", 2, 1, 2, 2, 1, 0, 0, 0, 1],
  "sql-flow/versions/2020-02-12_25bd5c3e.zip": [2, "6.8.0", 2, 1, 2, 2, 1, 0, 0, 0, 1],
  "transpose-crosstab/package.zip": [2, "7.8.0", 2, 1, 2, 18, 1, 0, 0, 0, 0],
};

function counts(pkg: FlowPackage): (number | string)[] {
  const total = (count: (flow: FlowPackage["flows"][number]) => number) =>
    pkg.flows.reduce((sum, flow) => sum + count(flow), 0);
  return [
    pkg.generation,
    pkg.metadata.productVersion.split("+")[0] ?? "",
    total((flow) => flow.nodes.length),
    total((flow) => flow.edges.length),
    total((flow) => flow.recipes.length),
    total((flow) => flow.recipes.reduce((sum, recipe) => sum + recipe.steps.length, 0)),
    total((flow) => flow.datasets.length),
    total((flow) => flow.outputs.length),
    total((flow) => flow.outputs.reduce((sum, output) => sum + output.files.length, 0)),
    total((flow) => flow.outputs.reduce((sum, output) => sum + output.tables.length, 0)),
    pkg.connections.length,
  ];
}

async function readReal(name: string): Promise<FlowPackage> {
  const found = listRealPackages().find((real) => real.name === name);
  if (found === undefined) throw new Error(`the collection has no ${name}`);
  return readPackage(found.path);
}

describe.skipIf(!HAS_REAL_PACKAGES)("reading real packages", () => {
  it("covers the whole collection", () => {
    expect(listRealPackages().map((real) => real.name)).toEqual(Object.keys(COUNTS).sort());
  });

  it.each(listRealPackages())("finds everything in $name", async ({ name, path }) => {
    const pkg = await readPackage(path);
    expect(pkg.flows.map((flow) => flow.isPrimary)).toEqual([true]);
    expect(counts(pkg)).toEqual(COUNTS[name]);
  });

  it("names a dataset after its parsing recipe", async () => {
    const pkg = await readReal("controles/package.zip");
    expect(pkg.flows[0]?.datasets.map((dataset) => dataset.name)).toEqual([
      "Referentiel",
      "Fichier Societaires",
      "Fichier Contrats",
      "Risques.csv",
    ]);
  });

  it("reads a table of an old export with its connection", async () => {
    const pkg = await readReal("controles/package.zip");
    expect(pkg.flows[0]?.datasets[0]).toMatchObject({
      kind: "table",
      path: ["public"],
      table: "Referentiel",
      query: null,
      connectionId: 24,
    });
  });

  it("keeps a query's parameter once although the export lists it twice", async () => {
    const pkg = await readReal("sql-flow/package.zip");
    const [dataset] = pkg.flows[0]?.datasets ?? [];
    expect(dataset).toMatchObject({ kind: "table", query: 'select * from ""', isParameterised: true });
    expect(dataset?.parameters).toEqual([
      {
        id: 9,
        type: "sql",
        name: "tablename",
        value: { variable: { value: "Customers" } },
        insertions: [{ index: 15, order: 0 }],
      },
    ]);
  });

  it("reads path parameters of datasets and outputs, and flow-level values", async () => {
    const pkg = await readReal("profiling-quality-rules/package.zip");
    const flow = pkg.flows[0];
    expect(flow?.datasets[0]?.parameters.map(({ name, insertions }) => [name, insertions[0]?.index])).toEqual(
      [
        ["user", 1],
        ["output_dataset", 9],
        ["jobid", 10],
      ],
    );
    expect(flow?.overrides.map(({ name, value }) => [name, value])).toEqual([
      ["jobid", { variable: { value: "7337885" } }],
      ["output_dataset", { variable: { value: "Advertising_Clickstream" } }],
      ["user", { variable: { value: "vcoustenoble@trifacta.com" } }],
    ]);
    expect(flow?.recipes[0]?.qualityRules).toHaveLength(3);
  });

  it("tells manual from scheduled outputs", async () => {
    const pkg = await readReal("google-forms-survey/package.zip");
    const outputs = pkg.flows[0]?.outputs ?? [];
    expect(outputs.filter((output) => output.isManual)).toHaveLength(4);
    expect(outputs.filter((output) => !output.isManual)).toHaveLength(4);
  });

  it("marks a spreadsheet as converted even where the export has no table for it", async () => {
    const old = await readReal("excel-import/package.zip");
    const recent = await readReal("google-forms-survey/package.zip");
    expect(old.flows[0]?.datasets[0]?.conversion).toEqual({});
    expect(recent.flows[0]?.datasets[0]?.conversion).toEqual({ selection: ["Form Responses 1"] });
  });

  it("orders the steps of an old export by their index and takes the port from the edit", async () => {
    const pkg = await readReal("controles/package.zip");
    const recipe = pkg.flows[0]?.recipes.find(({ name }) => name === "Contrat existe");
    expect(recipe?.steps.map((step) => [step.task.type, step.port])).toEqual([
      ["Load", null],
      ["Load", 3],
      ["Join", null],
      ["Derive", null],
    ]);
  });
});
