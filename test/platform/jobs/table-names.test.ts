import { describe, expect, it } from "vitest";
import type { FlowPackage, PathParameter } from "../../../flow/model.js";
import { startJobPlatform } from "./job-fixture.js";
import { connectFile, databaseFile, ORDERS_FILE, runOnFile, shopFlow } from "./relation-fixture.js";

/** A parameter that was cut out at a place of a text. */
function parameter(type: string, name: string, value: string, index: number): PathParameter {
  return { id: 1, type, name, value: { variable: { value } }, insertions: [{ index, order: 0 }] };
}

function withParameters(
  pkg: FlowPackage,
  datasets: readonly PathParameter[],
  tables: readonly PathParameter[],
): FlowPackage {
  return {
    ...pkg,
    flows: pkg.flows.map((flow) => ({
      ...flow,
      datasets: flow.datasets.map((dataset) => ({ ...dataset, parameters: [...datasets] })),
      outputs: flow.outputs.map((output) => ({
        ...output,
        tables: output.tables.map((table) => ({ ...table, parameters: [...tables] })),
      })),
    })),
  };
}

const RESULT = { file: "s3://acme-dev/out/result.csv", action: "overwrite" };

describe("a parameter", () => {
  it("in a query is filled in by the run, and cannot add a second statement", async () => {
    const platform = await startJobPlatform();
    const file = databaseFile(platform, "sqlite");
    await runOnFile(
      "sqlite",
      file,
      "CREATE TABLE orders (id INTEGER, country TEXT)",
      "INSERT INTO orders VALUES (1, 'DE'), (2, 'FR')",
    );
    const query = "SELECT id FROM orders WHERE country = ''";
    const dataset = { connection: "Shop", query, columns: ["id"] };
    const flow = shopFlow(await connectFile(platform, "sqlite"), dataset, RESULT);
    const country = parameter("sql", "country", "DE", query.length - 1);
    const deployment = await platform.deploy(withParameters(flow, [country], []));
    expect(await platform.run(deployment)).toMatchObject({ failureReason: null });
    expect(platform.read("out/result.csv")).toBe("id\n1\n");
    const runWith = (value: string) =>
      platform.run(deployment, { runParameters: { overrides: { data: [{ key: "country", value }] } } });
    expect(await runWith("FR")).toMatchObject({ failureReason: null });
    expect(platform.read("out/result.csv")).toBe("id\n2\n");
    await runWith("FR'; DROP TABLE orders; --");
    expect(await runOnFile("sqlite", file, "SELECT count(*) FROM orders")).toEqual([[2]]);
  });

  it("in the name of an output's table is filled in, and quoted with it", async () => {
    const platform = await startJobPlatform();
    const file = databaseFile(platform, "sqlite");
    const output = { connection: "Shop", table: "orders_", action: "createAndLoad" };
    const flow = shopFlow(await connectFile(platform, "sqlite"), ORDERS_FILE, output);
    const month = parameter("tableName", "month", "2024", "orders_".length);
    const deployment = await platform.deploy(withParameters(flow, [], [month]));
    await platform.run(deployment);
    const data = [{ key: "month", value: `x" (a); DROP TABLE orders_2024; --` }];
    expect(await platform.run(deployment, { runParameters: { overrides: { data } } })).toMatchObject({
      failureReason: null,
    });
    expect(await runOnFile("sqlite", file, "SELECT name FROM sqlite_master ORDER BY name")).toEqual([
      ["orders_2024"],
      [`orders_x" (a); DROP TABLE orders_2024; --`],
    ]);
  });
});
