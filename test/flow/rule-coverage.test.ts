import { describe, expect, it } from "vitest";
import type { FlowPackage } from "../../flow/model.js";
import { describeCoverage } from "../../flow/rule-coverage.js";
import type { ImportRules } from "../../flow/rule-types.js";
import { applyRules } from "../../flow/rules.js";
import { smallPackage, WAREHOUSE_UUID, withFlow } from "./small-package.js";

function coverage(rules: Partial<ImportRules>, pkg: FlowPackage = smallPackage()) {
  return describeCoverage(applyRules(pkg, { connections: [], values: [], ...rules }));
}

describe("the coverage of import rules", () => {
  it("tells what each rule says, and every value that it changed", () => {
    const [connection, value] = coverage({
      connections: [{ on: { uuid: WAREHOUSE_UUID }, with: 12 }],
      values: [{ type: "s3Bucket", on: "/dev$/", with: "prod" }],
    });
    expect(connection).toMatchObject({
      rule: "connections[0]",
      text: `uuid ${WAREHOUSE_UUID} → connection 12`,
      status: "matches",
    });
    expect(value).toEqual({
      rule: "values[0]",
      text: "s3Bucket /dev$/ → prod",
      status: "matches",
      matches: [
        { object: 'flow "Orders", dataset "orders.csv"', before: "acme-dev", after: "acme-prod" },
        { object: 'flow "Orders", output of "Clean"', before: "acme-dev", after: "acme-prod" },
      ],
      unreached: [],
    });
  });

  it("tells apart a rule that an earlier one shadows and one that matches nothing", () => {
    const values: ImportRules["values"] = [
      { type: "s3Bucket", on: "acme-dev", with: "prod" },
      { type: "s3Bucket", on: "acme", with: "other" },
      { type: "s3Bucket", on: "nowhere", with: "other" },
    ];
    expect(coverage({ values }).map(({ rule, status, shadowedBy }) => [rule, status, shadowedBy])).toEqual([
      ["values[0]", "matches", undefined],
      ["values[1]", "shadowed", "values[0]"],
      ["values[2]", "matches-nothing", undefined],
    ]);
  });

  it("names the parameterised datasets and the SQL text that a rule does not reach", () => {
    const pkg = withFlow(smallPackage(), (flow) => ({
      datasets: flow.datasets.map((dataset) =>
        dataset.kind === "file"
          ? { ...dataset, isParameterised: true }
          : { ...dataset, table: null, query: "select * from dev.customers_dev" },
      ),
      outputs: [],
    }));
    const values: ImportRules["values"] = [
      { type: "s3Bucket", on: "acme-dev", with: "prod" },
      { type: "dbTableName", on: "customers_dev", with: "customers" },
      { type: "host", on: "acme-dev", with: "prod" },
    ];
    expect(coverage({ values }, pkg).map(({ status, unreached }) => [status, unreached])).toEqual([
      ["unreached", ['flow "Orders", dataset "orders.csv" (parameterised)']],
      ["unreached", ['flow "Orders", dataset "Customers" (its SQL)']],
      ["matches-nothing", []],
    ]);
  });
});
