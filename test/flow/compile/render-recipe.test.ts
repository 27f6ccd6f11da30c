import { describe, expect, it } from "vitest";
import { renderRecipe } from "../../../flow/compile/render-recipe.js";
import type { FlowPackage, PathParameter } from "../../../flow/model.js";
import { buildFromSource } from "../../../flow/source.js";

/** A flow that reads a file and joins a query, both with the given parameters in them. */
function flowWith(path: PathParameter[], query: PathParameter[]): FlowPackage {
  const built = buildFromSource(
    {
      exportedAt: "2024-05-06T08:00:00.000Z",
      uuid: "5e0bd7a4-4c0e-4f0b-8f7b-3b1e8d1f0a01",
      connections: { crm: { uuid: "42b7f0de-2f64-11ef-8e0a-0242ac120002", vendor: "postgres" } },
      flows: [
        {
          name: "Visits",
          datasets: {
            visits: { file: "s3://logs/in/visits.csv", columns: ["id", "page"] },
            People: {
              connection: "crm",
              query: "SELECT id, name FROM people WHERE region = ''",
              columns: ["id", "name"],
            },
          },
          recipes: {
            Named: { from: "visits", steps: ["lookup with: People col: id key: id as: 'name'"] },
          },
        },
      ],
    },
    "visits",
  );
  return {
    ...built,
    flows: built.flows.map((flow) => ({
      ...flow,
      datasets: flow.datasets.map((dataset) =>
        dataset.kind === "file"
          ? { ...dataset, pathTemplate: "/in//.csv", parameters: path, isParameterised: true }
          : { ...dataset, parameters: query, isParameterised: true },
      ),
    })),
  };
}

function parameter(name: string, value: PathParameter["value"], index: number): PathParameter {
  return { id: index, type: "path", name, value, insertions: [{ index, order: 0 }] };
}

const DAY = parameter("day", { variable: { value: "monday" } }, 4);
const ANY = parameter("any", { pattern: { wildcard: "*" } }, 5);
const REGION = parameter("region", { variable: { value: "EU" } }, 44);

describe("a recipe as a query for people", () => {
  it("reads parameterised paths and queries under the values of their parameters", async () => {
    const { sql, inputs } = await renderRecipe(flowWith([DAY, ANY], [REGION]), "Named");
    expect(inputs).toEqual([
      { dataset: "visits", kind: "file", source: "s3://logs/in/monday/*.csv", connection: null },
      {
        dataset: "People",
        kind: "query",
        source: "SELECT id, name FROM people WHERE region = 'EU'",
        connection: "crm",
      },
    ]);
    expect(sql).toContain("'s3://logs/in/monday/*.csv'");
    expect(sql).toContain("FROM (SELECT id, name FROM people WHERE region = 'EU') AS query");
  });

  it("takes a given value before the flow's override, and that before the default", async () => {
    const pkg = flowWith([DAY, ANY], [REGION]);
    const [flow] = pkg.flows;
    if (flow === undefined) throw new Error("the package has a flow");
    const overridden = {
      ...pkg,
      flows: [{ ...flow, overrides: [{ id: 1, name: "day", value: { variable: { value: "tuesday" } } }] }],
    };
    const sourceOf = async (parameters: Record<string, string>) =>
      (await renderRecipe(overridden, "Named", { parameters })).inputs[0]?.source;
    expect(await sourceOf({})).toBe("s3://logs/in/tuesday/*.csv");
    expect(await sourceOf({ day: "friday" })).toBe("s3://logs/in/friday/*.csv");
  });

  it("shows no password that a location holds", async () => {
    const pkg = flowWith([], []);
    const uri = (userinfo: string) => `wasbs://${userinfo}@acme.blob.core.windows.net/in/visits.csv`;
    const sourceOf = async (userinfo: string) => {
      const flows = pkg.flows.map((flow) => ({
        ...flow,
        datasets: flow.datasets.map((dataset) =>
          dataset.kind === "file"
            ? { ...dataset, pathTemplate: null, location: { ...dataset.location, uri: uri(userinfo) } }
            : dataset,
        ),
      }));
      const { sql, inputs } = await renderRecipe({ ...pkg, flows }, "Named");
      expect(sql).toContain(`'${inputs[0]?.source}'`);
      return inputs[0]?.source;
    };
    expect(await sourceOf("container")).toBe(uri("container"));
    expect(await sourceOf("loader:hunter2")).toBe(uri("loader:…"));
  });

  it("asks for the value of a parameter that a query cannot do without", async () => {
    const since = parameter("since", { dateRange: { from: "2024-01-01" } }, 44);
    const pkg = flowWith([DAY, ANY], [since]);
    await expect(renderRecipe(pkg, "Named")).rejects.toMatchObject({
      name: "DataNeeded",
      message: expect.stringContaining('"People" has no value for its parameter "since"') as string,
    });
    const { inputs } = await renderRecipe(pkg, "Named", { parameters: { since: "2024" } });
    expect(inputs[1]?.source).toContain("region = '2024'");
  });
});
