import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FlowPackage } from "../../../flow/index.js";
import { buildFromSource, writePackage } from "../../../flow/index.js";
import { buildPackage } from "../../../flow/source.js";
import { UNKNOWN } from "../../../provider/framework/unknown.js";
import { failuresOf, invoke, outputsOf } from "./function-test.js";

const RULES = {
  values: [
    { type: "s3Bucket", on: "acme-dev", with: "acme-prod" },
    { type: "dbTableName", on: "countries", with: "countries_v2" },
  ],
};

let folder: string;
let path: string;

async function write(name: string, source: FlowPackage): Promise<string> {
  await writeFile(join(folder, name), await writePackage(source));
  return join(folder, name);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-functions-"));
  path = await write("orders.zip", await buildPackage("examples/quickstart/packages/orders-1.1.0"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("renderSql", () => {
  it("writes a recipe and what it reads as one query that follows the rules, without any platform configured", async () => {
    const found = await outputsOf("renderSql", { package: path, recipe: "Daily revenue", rules: RULES });
    expect(found).toMatchObject({
      recipe: "Orders / Daily revenue",
      sql: expect.stringMatching(/^WITH\n/) as string,
      columns: [
        { name: "day", type: "String" },
        { name: "country_name", type: "String" },
        { name: "revenue", type: "Float" },
        { name: "orders", type: "Integer" },
        { name: "average_order", type: "Float" },
      ],
      inputs: [
        { dataset: "orders.csv", kind: "file", source: "s3://acme-prod/orders/orders.csv" },
        {
          dataset: "Countries",
          kind: "table",
          source: "reference.countries_v2",
          connection: "warehouse dev",
        },
      ],
    });
    expect(found.sql).toContain(`read_csv('s3://acme-prod/orders/orders.csv'`);
    expect(found.sql).toContain(`FROM "reference"."countries_v2"`);
    expect(found.sql).toContain("-- filter type: custom rowType: single row: customer_id == 'C-TEST'");
    expect(found.sql).not.toContain("acme-dev");
  });

  it("writes every column as text, or with its type when that is asked for", async () => {
    const inputs = { package: path, recipe: "Orders / Daily revenue" };
    const text = await outputsOf("renderSql", inputs);
    const typed = await outputsOf("renderSql", { ...inputs, typed: true });
    expect(text.sql).toContain('CAST("orders" AS VARCHAR) AS "orders"');
    expect(typed.sql).not.toContain("AS VARCHAR");
    expect(typed.columns).toEqual(text.columns);
  });

  it("puts the values of parameters where steps use them", async () => {
    const source = buildFromSource(
      {
        exportedAt: "2024-05-06T08:00:00.000Z",
        uuid: "0b2f6a51-31a8-4f25-9a5e-5f8d9b0f6c11",
        flows: [
          {
            name: "Sales",
            parameters: { region: "EU" },
            datasets: { "sales.csv": { file: "s3://acme-dev/sales.csv", columns: ["id", "region"] } },
            recipes: {
              Some: {
                from: "sales.csv",
                steps: ["filter type: custom rowType: single row: region == $region action: Keep"],
              },
            },
          },
        ],
      },
      "sales",
    );
    const inputs = { package: await write("sales.zip", source), recipe: "Some" };
    expect((await outputsOf("renderSql", inputs)).sql).toContain("'EU'");
    const other = await outputsOf("renderSql", { ...inputs, parameters: { region: "it's" } });
    expect(other.sql).toContain("'it''s'");
    expect(await failuresOf("renderSql", { ...inputs, parameters: { regoin: "US" } })).toEqual([
      {
        property: "parameters.regoin",
        reason: 'the package has no parameter of this name (did you mean "region"?); it has region',
      },
    ]);
  });

  it("refuses a recipe that is not there, naming those that are", async () => {
    expect(await failuresOf("renderSql", { package: path, recipe: "Daily revenu" })).toEqual([
      {
        property: "recipe",
        reason: expect.stringMatching(/^no recipe is named "Daily revenu" \(did you mean/) as string,
      },
    ]);
  });

  it("refuses a step that does not compile, with the recipe and the step's number", async () => {
    const source = await buildPackage("examples/quickstart/packages/orders-1.1.0");
    const odd = await write("odd.zip", {
      ...source,
      flows: source.flows.map((flow) => ({
        ...flow,
        recipes: flow.recipes.map((recipe) => ({
          ...recipe,
          steps: recipe.steps.map((step) =>
            step.task.type === "Derive" ? { ...step, task: { ...step.task, type: "Divine" } } : step,
          ),
        })),
      })),
    });
    expect(await failuresOf("renderSql", { package: odd, recipe: "Daily revenue" })).toEqual([
      {
        property: "recipe",
        reason: 'recipe "Clean orders", step 6 (Divine): the step type Divine is not supported',
      },
    ]);
  });

  it("says what it lacks where only the data can tell", async () => {
    const source = await buildPackage("examples/quickstart/packages/orders-1.1.0");
    const bare = await write("bare.zip", {
      ...source,
      flows: source.flows.map((flow) => ({
        ...flow,
        datasets: flow.datasets.map((dataset) =>
          dataset.kind === "table" ? { ...dataset, columns: [] } : dataset,
        ),
        recipes: flow.recipes.map((recipe) => ({
          ...recipe,
          steps: recipe.steps.map(({ task, ...step }) => ({
            ...step,
            task: { ...task, parameters: withoutColumns(task) },
          })),
        })),
      })),
    });
    const [failure] = await failuresOf("renderSql", { package: bare, recipe: "Daily revenue" });
    expect(failure).toMatchObject({ property: "recipe" });
    expect(failure?.reason).toContain('does not say which columns "Countries" has');
    expect(failure?.reason).toContain("`sluice package run` runs the recipe over files");
  });

  it("answers nothing while an input is unknown", async () => {
    expect(await invoke("renderSql", { package: path, recipe: UNKNOWN })).toEqual({ outputs: {} });
  });
});

/** A Load as an exporter writes it that kept no list of the columns. */
function withoutColumns({
  type,
  parameters,
}: FlowPackage["flows"][number]["recipes"][number]["steps"][number]["task"]) {
  if (type !== "Load") return parameters;
  const { location } = parameters;
  return location === undefined ? {} : { location };
}
