import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { readPreview } from "../../cli/engine-preview.js";
import { impactSchema } from "../../cli/impact.js";
import { toImpact } from "../../cli/to-impact.js";
import { applyRules, describeContents } from "../../flow/index.js";
import { buildPackage } from "../../flow/source.js";

const URN = "urn:pulumi:prod::orders::pulumi-nodejs:dynamic/sluice:Release::orders";
const TYPE = "pulumi-nodejs:dynamic/sluice:Release";

const contentsOf = async (version: string, bucket: string) =>
  describeContents(
    applyRules(await buildPackage(`examples/quickstart/packages/orders-${version}`), {
      connections: [{ on: { uuid: "a7d6b1c0-0b52-11ef-8c55-0242ac120002" }, with: 7 }],
      values: [{ type: "s3Bucket", on: "acme-dev", with: bucket }],
    }),
  );

const release = (op: string, before: object | null, after: object | null) => ({
  op,
  urn: URN,
  ...(before && { oldState: { type: TYPE, inputs: before } }),
  ...(after && { newState: { type: TYPE, inputs: after } }),
});

const impactOf = (steps: object[], more: object = {}) =>
  toImpact(readPreview(JSON.stringify({ steps, changeSummary: { update: 1 }, ...more }), "the preview"));

describe("the report of a preview", () => {
  it("names each step, place and connection that changes, and is as its schema says", async () => {
    const before = { package: "orders-1.0.0.zip", contents: await contentsOf("1.0.0", "acme-prod") };
    const after = {
      package: "orders-1.1.0.zip",
      action: "deploy: a package that was not imported here before",
      contents: await contentsOf("1.1.0", "acme-live"),
      findings: ["sql-text: rules do not reach SQL: neither here"],
    };
    const impact = impactOf([release("update", before, after)]);
    expect(impact.releases).toMatchObject([
      {
        name: "orders",
        operation: "update",
        action: "deploy: a package that was not imported here before",
        package: { before: "orders-1.0.0.zip", after: "orders-1.1.0.zip" },
        isContentKnown: true,
        findings: [{ code: "sql-text", message: "rules do not reach SQL: neither here" }],
        connections: [],
      },
    ]);
    const [flow] = impact.releases[0]?.flows ?? [];
    expect(flow?.recipes.find((recipe) => recipe.name === "Clean orders")?.steps).toEqual([
      { change: "removed", text: "derive type: single value: quantity * price as: 'total'" },
      {
        change: "added",
        text: "filter type: custom rowType: single row: customer_id == 'C-TEST' || quantity < 1 action: Delete",
      },
      { change: "added", text: "derive type: single value: ROUND(quantity * price, 2) as: 'total'" },
    ]);
    expect(flow?.inputs).toEqual([
      {
        name: "orders.csv",
        change: "changed",
        before: "s3://acme-prod/orders/orders.csv",
        after: "s3://acme-live/orders/orders.csv",
      },
    ]);
    const validate = new Ajv2020().compile(impactSchema() as object);
    expect(validate(impact), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...impact, version: 2 })).toBe(false);
  });

  it("tells of the plugin host the resources alone: not their views, not what is read first, not its settings", () => {
    const [own, urn] = ["sluice:index:Release", "urn:pulumi:prod::orders::sluice:index:Release::orders"];
    const state = { type: own, inputs: { package: "a.zip" } };
    const view = { type: "sluice:index:Flow", inputs: {}, viewOf: urn };
    const settings = { type: "pulumi:providers:sluice", inputs: { token: "[secret]" } };
    const impact = impactOf([
      { op: "refresh", urn, oldState: state, newState: state },
      { op: "update", urn: `${urn}s`, oldState: settings, newState: settings },
      { op: "update", urn, oldState: state, newState: { ...state, inputs: { package: "b.zip" } } },
      { op: "create", urn: `${urn}$flow`, newState: view },
      { op: "create", urn: `${urn}$deployment`, newState: { type: "sluice:index:Deployment", inputs: {} } },
    ]);
    expect(impact.releases.map(({ name, operation }) => [name, operation])).toEqual([["orders", "update"]]);
    expect(impact.resources.map(({ type }) => type)).toEqual(["sluice:index:Deployment"]);
  });

  it("says everything of a first release is added, and of one that goes removed", async () => {
    const contents = await contentsOf("1.0.0", "acme-prod");
    const [created] = impactOf([release("create", null, { contents })]).releases;
    const [deleted] = impactOf([release("delete", { contents }, null)]).releases;
    expect(created?.flows).toMatchObject([{ name: "Orders", change: "added" }]);
    expect(created?.connections).toMatchObject([{ name: "warehouse dev", change: "added" }]);
    expect(deleted?.flows).toMatchObject([{ name: "Orders", change: "removed" }]);
  });

  it("does not lose a change in a package so large that flows are summed up", () => {
    const contents = (digest: string) => ({
      flows: { Orders: { summary: `9 recipes, digest ${digest}` } },
      shortened: "flows are shown as counts and digests",
    });
    const [changed] = impactOf([
      release("update", { contents: contents("aa") }, { contents: contents("bb") }),
    ]).releases;
    expect(changed?.shortened).toBe("flows are shown as counts and digests");
    expect(changed?.flows).toMatchObject([
      {
        name: "Orders",
        about: [{ name: "summary", before: "9 recipes, digest aa", after: "9 recipes, digest bb" }],
      },
    ]);
  });

  it("says so when contents are not known yet, instead of claiming that nothing changes", () => {
    const [created] = impactOf([release("create", null, { contents: "04da6b54-unknown" })]).releases;
    expect(created).toMatchObject({ isContentKnown: false, flows: [] });
  });

  it("names the changed inputs of other resources without their values, and leaves out what stays", () => {
    const type = "pulumi-nodejs:dynamic/sluice:Connection";
    const urn = `urn:pulumi:prod::orders::${type}::warehouse`;
    const inputs = { __provider: "x", host: "a", credentials: "canary-before" };
    const impact = impactOf([
      {
        op: "update",
        urn,
        oldState: { type, inputs },
        newState: { type, inputs: { ...inputs, credentials: "canary-after" } },
      },
      { op: "same", urn: `${urn}2`, oldState: { type, inputs }, newState: { type, inputs } },
    ]);
    expect(impact.resources).toEqual([
      { urn, type, name: "warehouse", operation: "update", changed: ["credentials"] },
    ]);
    expect(JSON.stringify(impact)).not.toContain("canary");
  });

  it("carries what the engine said", () => {
    const diagnostics = [{ severity: "error", message: "package v2.zip: there is no file\n", urn: URN }];
    expect(impactOf([], { diagnostics }).diagnostics).toEqual([
      { severity: "error", message: "package v2.zip: there is no file", urn: URN },
    ]);
  });

  it.each([
    ["not JSON", "pulumi: command not found"],
    ["another document", '{"a": 1}'],
  ])("refuses %s and says what to give", (_what, source) => {
    expect(() => readPreview(source, "standard input")).toThrow(
      /standard input is not .*pulumi preview --json/,
    );
  });
});
