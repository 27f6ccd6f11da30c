import { describe, expect, it } from "vitest";
import { parameterNames, unknownParameters } from "../../flow/parameters.js";
import { buildFromSource } from "../../flow/source.js";

const PACKAGE = buildFromSource(
  {
    uuid: "6f0c2f4e-0b52-11ef-9a3e-0242ac120002",
    exportedAt: "2024-05-06T08:00:00.000Z",
    flows: [
      {
        name: "Sales",
        parameters: { region: "EU" },
        datasets: { "sales.csv": { file: "s3://acme-dev/sales.csv", columns: ["id", "region", "day"] } },
        recipes: {
          Some: {
            from: "sales.csv",
            steps: [
              "set col: region value: IFMISSING($col, $region)",
              "filter type: custom rowType: single row: day == $since && $sourcerownumber > 1 action: Keep",
            ],
          },
        },
      },
    ],
  },
  "sales",
);

describe("parameterNames", () => {
  it("names declared parameters and those that only steps use, and not the current column", () => {
    expect(PACKAGE.flows.map(parameterNames)).toEqual([["region", "since"]]);
  });
});

describe("unknownParameters", () => {
  it("tells which name is meant, and which there are", () => {
    expect(unknownParameters(PACKAGE, ["regoin", "since", "tax"])).toEqual([
      {
        name: "regoin",
        reason: 'the package has no parameter of this name (did you mean "region"?); it has region, since',
      },
      { name: "tax", reason: "the package has no parameter of this name; it has region, since" },
    ]);
  });
});
