import { describe, expect, it } from "vitest";
import { describeContents } from "../../flow/contents.js";
import type { FlowPackage, Webhook } from "../../flow/model.js";
import { buildFromSource } from "../../flow/source.js";
import { readPackage } from "../../flow/read.js";
import { CONNECTION_TO_BE_MADE, type ImportRules } from "../../flow/rule-types.js";
import { applyRules } from "../../flow/rules.js";
import { HAS_REAL_PACKAGES, listRealPackages } from "../real-packages.js";
import { filterStep, smallPackage, WAREHOUSE_UUID, withFlow } from "./small-package.js";

const NO_RULES: ImportRules = { connections: [], values: [] };

function contentsOf(pkg: FlowPackage, rules = NO_RULES) {
  return describeContents(applyRules(pkg, rules));
}

describe("the contents of a package", () => {
  it("show steps, inputs, outputs and connections, and nothing that is empty", () => {
    expect(contentsOf(smallPackage())).toEqual({
      flows: {
        Orders: {
          recipes: { Clean: "filter type: custom rowType: single row: state == 'paid' action: Keep" },
          inputs: {
            Customers: "table dev.customers_dev via connection warehouse",
            "orders.csv": "s3://acme-dev/development/orders.csv",
          },
          outputs: {
            "Clean (manual)": [
              "csv → s3://acme-dev/development/clean.csv (overwrite)",
              "postgres table dev.clean_dev via connection warehouse (dropAndLoad)",
            ],
          },
          reads: { Clean: "orders.csv, Customers" },
        },
      },
      connections: { warehouse: `uuid ${WAREHOUSE_UUID} → not mapped` },
    });
  });

  it("show what the rules make of it", () => {
    const contents = contentsOf(smallPackage(), {
      connections: [{ on: { uuid: WAREHOUSE_UUID }, with: 12 }],
      values: [
        { type: "s3Bucket", on: "dev", with: "prod" },
        { type: "dbPath", on: "dev", with: "prod" },
      ],
    });
    expect(contents.flows["Orders"]?.inputs).toEqual({
      Customers: "table prod.customers_dev via connection warehouse",
      "orders.csv": "s3://acme-prod/development/orders.csv",
    });
    expect(contents.connections).toEqual({ warehouse: `uuid ${WAREHOUSE_UUID} → connection 12` });
  });

  it("show a connection that is yet to be made", () => {
    const rules: ImportRules = {
      connections: [{ on: { uuid: WAREHOUSE_UUID }, with: CONNECTION_TO_BE_MADE }],
      values: [],
    };
    expect(contentsOf(smallPackage(), rules).connections).toEqual({
      warehouse: `uuid ${WAREHOUSE_UUID} → a connection yet to be made`,
    });
  });

  it("are the same for the same package with other ids", () => {
    expect(contentsOf(smallPackage(300))).toEqual(contentsOf(smallPackage()));
  });

  it("put each step on a line of its own, so that a diff shows the changed ones", () => {
    const pkg = withFlow(smallPackage(), (flow) => ({
      recipes: flow.recipes.map((recipe) =>
        recipe.name === "Clean" ? { ...recipe, steps: [...recipe.steps, filterStep("total", "0")] } : recipe,
      ),
    }));
    const before = contentsOf(smallPackage()).flows["Orders"]?.recipes?.["Clean"]?.split("\n") ?? [];
    const after = contentsOf(pkg).flows["Orders"]?.recipes?.["Clean"]?.split("\n") ?? [];
    expect(after.slice(0, -1)).toEqual(before);
    expect(after.at(-1)).toBe("filter type: custom rowType: single row: total == '0' action: Keep");
  });

  it("tell recipes of one name apart by their node ids, whatever the order of the tables", () => {
    const pkg = withFlow(smallPackage(), (flow) => ({
      recipes: flow.recipes.map((recipe) => ({ ...recipe, name: "Same" })),
    }));
    const reversed = withFlow(pkg, (flow) => ({
      nodes: [...flow.nodes].reverse(),
      recipes: [...flow.recipes].reverse(),
      datasets: [...flow.datasets].reverse(),
    }));
    expect(contentsOf(pkg).flows["Orders"]?.reads).toEqual({ "Same (3)": "Same, Same (2)" });
    expect(JSON.stringify(contentsOf(reversed))).toBe(JSON.stringify(contentsOf(pkg)));
  });

  it("show parameters where they stand and with their values", () => {
    const parameter = { id: 1, type: "path", name: "region", value: { variable: { value: "eu" } } };
    const pkg = withFlow(smallPackage(), (flow) => ({
      datasets: flow.datasets.map((dataset) =>
        dataset.kind === "file"
          ? {
              ...dataset,
              isParameterised: true,
              pathTemplate: "/in//orders.csv",
              parameters: [{ ...parameter, insertions: [{ index: 4, order: 0 }] }],
            }
          : dataset,
      ),
      overrides: [{ id: 2, name: "region", value: { variable: { value: "us" } } }],
    }));
    const flow = contentsOf(pkg).flows["Orders"];
    expect(flow?.inputs?.["orders.csv"]).toBe("s3://acme-dev/in/{region=eu}/orders.csv");
    expect(flow?.parameters).toEqual({ region: "us" });
  });

  it("name what is read from another flow", () => {
    const upstream = withFlow(smallPackage(), (flow) => ({
      nodes: flow.nodes.map((node) => (node.id === 13 ? { ...node, referenceId: 90 } : node)),
      references: [{ id: 90, name: "Paid orders", description: null }],
    }));
    const [reader] = smallPackage(500).flows;
    if (reader === undefined) throw new Error("the small package has a flow");
    const downstream = {
      ...reader,
      name: "Report",
      isPrimary: true,
      nodes: reader.nodes.map((node) => (node.id === 513 ? { ...node, sourceReferenceId: 90 } : node)),
      edges: [{ id: 599, from: 13, to: 513, port: 504 }],
    };
    const contents = contentsOf({ ...upstream, flows: [...upstream.flows, downstream] });
    expect(contents.flows["Report"]?.reads).toEqual({ Clean: "Orders / Clean, Orders / Paid orders" });
  });

  it("never show a webhook's headers, body, key or address", () => {
    const webhook: Webhook = {
      id: 1,
      name: "Tell us",
      url: "https://hooks.example.com/T0/canary-path?token=canary-query",
      method: "post",
      triggerEvent: "onJobFailure",
      triggerObject: "any",
      body: "canary-body",
      headers: { Authorization: "Bearer canary-header" },
      secretKey: "canary-key",
      verifiesTls: true,
      retries: false,
      nodeIds: [],
    };
    const contents = contentsOf(withFlow(smallPackage(), () => ({ webhooks: [webhook] })));
    expect(contents.flows["Orders"]?.webhooks).toEqual({
      "Tell us": "onJobFailure: post to hooks.example.com",
    });
    expect(JSON.stringify(contents)).not.toContain("canary");
  });

  it("fall back to counts and digests of recipes, of flows, of everything, and say so", () => {
    const steps = Array.from(
      { length: 90 },
      (_, at) => `derive type: single value: price * ${at} as: 'p${at}'`,
    );
    const flow = (name: string) => ({
      name,
      datasets: { "in.csv": { file: `s3://acme/${name}.csv`, columns: ["price"] } },
      recipes: { Clean: { from: "in.csv", steps } },
      outputs: [{ recipe: "Clean", file: `s3://acme/${name}-out.csv`, action: "overwrite" }],
    });
    const about = { uuid: "4b1d7f52-6f1c-11ef-a4b5-0242ac120002", exportedAt: "2024-09-10T08:00:00.000Z" };
    const flows = [flow("A"), { ...flow("B"), primary: false }];
    const ruled = applyRules(buildFromSource({ ...about, flows }, "two flows"), NO_RULES);
    const shown = (maxBytes: number) => describeContents(ruled, { maxBytes });

    expect(shown(64 * 1024)).not.toHaveProperty("shortened");
    const recipes = shown(2000);
    expect(recipes.flows["A"]?.recipes?.["Clean"]).toMatch(/^90 steps, digest [0-9a-f]{8}$/);
    expect(recipes.flows["A"]?.outputs).toBeDefined();
    expect(recipes.shortened).toBe(
      "recipes are shown as counts and digests: their text is longer than 2000 bytes",
    );
    const summaries = shown(400);
    expect(summaries.flows["B"]).toEqual({
      summary: expect.stringMatching(/^2 recipes, 1 inputs, 1 outputs, digest [0-9a-f]{8}$/) as string,
    });
    const everything = shown(50);
    expect(Object.keys(everything.flows)).toEqual(["all 2 flows"]);
    expect(everything.shortened).toMatch(/^the package is shown as counts and a digest/);
  });
});

describe.skipIf(!HAS_REAL_PACKAGES)("the contents of real packages", () => {
  it("show a line for every visible step, and no table hash", async () => {
    for (const { name, path } of listRealPackages()) {
      const pkg = await readPackage(path);
      const flow = Object.values(contentsOf(pkg).flows)[0];
      const lines = Object.values(flow?.recipes ?? {}).flatMap((text) => text.split("\n"));
      const visible = pkg.flows[0]?.recipes.flatMap((recipe) =>
        recipe.steps.filter((step) => step.task.annotations["hidden"] !== true),
      );
      expect(
        lines.filter((line) => line !== "(no steps)"),
        name,
      ).toHaveLength(visible?.length ?? 0);
      expect(lines.join("\n"), name).not.toMatch(/table_[0-9a-f]{40}/);
    }
  });

  it("show three recipes of one name in a published flow", async () => {
    const [real] = listRealPackages().filter(({ name }) => name === "controles/package.zip");
    const contents = contentsOf(await readPackage(real?.path ?? ""));
    expect(
      Object.keys(contents.flows["Contrôles"]?.recipes ?? {}).filter((name) => name.includes("Unique")),
    ).toEqual(["Contrôle Id Unique", "Contrôle Id Unique (2)", "Contrôle Id Unique (3)"]);
    expect(contents.flows["Contrôles"]?.inputs?.["Fichier Contrats"]).toBe(
      "adl:///data/{Fichier_Contrats=Contrats}.csv",
    );
  });
});
