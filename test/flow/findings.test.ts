import { describe, expect, it } from "vitest";
import { checkPackage, type Finding } from "../../flow/findings.js";
import type { Dataset, FlowPackage, Webhook } from "../../flow/model.js";
import { readPackage } from "../../flow/read.js";
import type { ImportRules } from "../../flow/rule-types.js";
import { applyRules } from "../../flow/rules.js";
import { HAS_REAL_PACKAGES, listRealPackages } from "../real-packages.js";
import { smallPackage, WAREHOUSE_UUID, withFlow } from "./small-package.js";

const MAPPED: ImportRules = { connections: [{ on: { uuid: WAREHOUSE_UUID }, with: 12 }], values: [] };

function findings(pkg: FlowPackage, rules: ImportRules): Finding[] {
  return checkPackage(applyRules(pkg, rules));
}

function withDataset(kind: Dataset["kind"], change: object): FlowPackage {
  return withFlow(smallPackage(), (flow) => ({
    datasets: flow.datasets.map((dataset) => (dataset.kind === kind ? { ...dataset, ...change } : dataset)),
  }));
}

const WEBHOOK: Webhook = {
  id: 1,
  name: "Tell us",
  url: "https://example.com/hook",
  method: "post",
  triggerEvent: "onJobFailure",
  triggerObject: "any",
  body: null,
  headers: { "Content-Type": "application/json" },
  secretKey: null,
  verifiesTls: true,
  retries: false,
  nodeIds: [],
};

describe("checking a package with its rules", () => {
  it("finds nothing where everything is mapped and reached", () => {
    expect(findings(smallPackage(), MAPPED)).toEqual([]);
  });

  it("names a used connection without a rule, and what uses it", () => {
    expect(findings(smallPackage(), { connections: [], values: [] })).toEqual([
      {
        code: "connection-not-mapped",
        severity: "error",
        object: 'connection "warehouse"',
        message:
          `connection "warehouse" (uuid ${WAREHOUSE_UUID}), used by dataset "Customers", is not mapped; ` +
          `add it to the import rules: connections: [{on: {uuid: "${WAREHOUSE_UUID}"}, with: <connection id of the target>}]`,
        connectionUuid: WAREHOUSE_UUID,
      },
    ]);
  });

  it("lets an unused connection be", () => {
    const [stub] = smallPackage().connections;
    if (stub === undefined) throw new Error("the small package has a connection");
    const pkg = { ...smallPackage(), connections: [stub, { ...stub, id: 52, uuid: "unused" }] };
    expect(findings(pkg, MAPPED)).toEqual([]);
  });

  it("finds rules that match nothing, with their place", () => {
    const rules: ImportRules = {
      connections: [...MAPPED.connections, { on: { uuid: "unknown" }, with: 13 }],
      values: [{ type: "s3Bucket", on: "nowhere", with: "x" }],
    };
    expect(findings(smallPackage(), rules).map(({ code, object }) => [code, object])).toEqual([
      ["rule-matches-nothing", "connections[1]"],
      ["rule-matches-nothing", "values[0]"],
    ]);
  });

  it("finds rules that an earlier one shadows", () => {
    const rules: ImportRules = {
      connections: [...MAPPED.connections, { on: { name: "warehouse" }, with: 13 }],
      values: [
        { type: "s3Bucket", on: "acme-dev", with: "prod" },
        { type: "s3Bucket", on: "acme", with: "other" },
      ],
    };
    const found = findings(smallPackage(), rules);
    expect(found.map(({ code, object }) => [code, object])).toEqual([
      ["rule-shadowed", "connections[1]"],
      ["rule-shadowed", "values[1]"],
    ]);
    expect(found[1]?.message).toContain("rule values[0] comes first");
  });

  it("warns of a parameterised dataset only where value rules might be meant for it", () => {
    const pkg = withDataset("file", { isParameterised: true });
    const values = [{ type: "dbPath", on: "dev", with: "prod" }] as const;
    const severities = [MAPPED, { ...MAPPED, values }].map((rules) =>
      findings(pkg, rules).map(({ code, severity }) => [code, severity]),
    );
    expect(severities).toEqual([[["parameterised-dataset", "info"]], [["parameterised-dataset", "warning"]]]);
  });

  it("warns of SQL text in datasets and scripts", () => {
    const pkg = withFlow(withDataset("table", { query: "select 1", table: null }), (flow) => ({
      outputs: flow.outputs.map((output) => ({
        ...output,
        sqlScripts: [{ id: 1, sql: "drop table x", type: "pre", vendor: "postgres", connectionId: 51 }],
      })),
    }));
    expect(findings(pkg, MAPPED).map(({ code, object }) => [code, object])).toEqual([
      ["sql-text", '"Orders", dataset "Customers"'],
      ["sql-text", '"Orders", SQL script of output 61'],
    ]);
  });

  it("warns of a dataset that was converted at import", () => {
    const found = findings(withDataset("file", { conversion: { selection: ["Sheet 1"] } }), MAPPED);
    expect(found.map(({ code }) => code)).toEqual(["converted-dataset"]);
  });

  it("warns of credentials in webhooks without showing them", () => {
    const withWebhook = (change: Partial<Webhook>) =>
      findings(
        withFlow(smallPackage(), () => ({ webhooks: [{ ...WEBHOOK, ...change }] })),
        MAPPED,
      );
    const places = [
      { headers: { Authorization: "Bearer canary" } },
      { headers: { "X-Api-Key": "canary" } },
      { secretKey: "canary" },
      { url: "https://user:canary@example.com/hook" },
    ];
    for (const place of places) {
      const found = withWebhook(place);
      expect(found.map(({ code }) => code)).toEqual(["webhook-secret"]);
      expect(JSON.stringify(found)).not.toContain("canary");
    }
    expect(withWebhook({})).toEqual([]);
  });

  it("tells which parameters a run can set", () => {
    const pkg = withFlow(smallPackage(), () => ({
      parameters: [{ id: 1, name: "region", value: {} }],
      overrides: [{ id: 2, name: "day", value: {} }],
    }));
    expect(findings(pkg, MAPPED)).toMatchObject([
      {
        code: "run-parameters",
        severity: "info",
        message: expect.stringContaining("(day, region)") as string,
      },
    ]);
  });
});

describe.skipIf(!HAS_REAL_PACKAGES)("checking real packages", () => {
  it("finds the connection, the SQL text and the parameter of a query", async () => {
    const [real] = listRealPackages().filter(({ name }) => name === "sql-flow/package.zip");
    const found = findings(await readPackage(real?.path ?? ""), { connections: [], values: [] });
    expect(found.map(({ code, severity }) => [code, severity])).toEqual([
      ["connection-not-mapped", "error"],
      ["sql-text", "warning"],
      ["run-parameters", "info"],
    ]);
  });
});
