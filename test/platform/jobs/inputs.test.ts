import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, it } from "vitest";
import type { FlowPackage } from "../../../flow/model.js";
import { oneRecipe, ORDERS, startJobPlatform } from "./job-fixture.js";

const FIRST_COLUMN = ["drop col: order_id action: Keep"];
const HEADER = "order_id,country,quantity,price,status\n";

/** A package of one recipe whose dataset differs. */
function withDataset(change: Record<string, unknown>): FlowPackage {
  const pkg = oneRecipe(FIRST_COLUMN);
  return {
    ...pkg,
    flows: pkg.flows.map((flow) => ({
      ...flow,
      datasets: flow.datasets.map((dataset) => ({ ...dataset, ...change })),
    })),
  };
}

function parameterised(
  pathTemplate: string,
  name: string,
  value: Record<string, unknown>,
  index: number,
): FlowPackage {
  return withDataset({
    pathTemplate,
    isParameterised: true,
    parameters: [{ id: 1, type: "path", name, value, insertions: [{ index, order: 0 }] }],
  });
}

it("reads gzip files and UTF-16 as they are", async () => {
  const platform = await startJobPlatform();
  const deployment = await platform.deploy(oneRecipe(FIRST_COLUMN));
  const marked = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(ORDERS, "utf16le")]);
  for (const content of [gzipSync(ORDERS), marked, gzipSync(marked)]) {
    platform.put("orders/orders.csv", content);
    expect(await platform.run(deployment)).toMatchObject({ failureReason: null });
    expect(platform.read("out/result.csv")).toBe("order_id\n1\n2\n3\n4\n");
  }
});

it.each([
  ["\n", "\r\n"],
  ["\r\n", "\n"],
  ["\n", "\r"],
])("takes a line break inside quotes for none where lines end with %j and it is %j", async (end, inside) => {
  const platform = await startJobPlatform();
  const row = `1,"D${inside}E",2,39.90,"x${inside}"`;
  platform.put("orders/orders.csv", ["order_id,country,quantity,price,status", row, row, ""].join(end));
  const kept = ["drop col: country, status action: Keep"];
  const deployment = await platform.deploy(oneRecipe(kept));
  expect(await platform.run(deployment)).toMatchObject({ failureReason: null });
  const written = `"D${inside}E","x${inside}"\n`;
  expect(platform.read("out/result.csv")).toBe(`country,status\n${written}${written}`);
  for (const first of [`"order ${inside} "`, '\ufeff"order "']) {
    platform.put("orders/orders.csv", `${first},country,quantity,price,status${end}${row}${end}`);
    expect(await platform.run(deployment)).toMatchObject({ failureReason: null });
    expect(platform.read("out/result.csv")).toBe(`country,status\n${written}`);
  }
});

it("reads every row of a file that begins with a byte order mark and a quoted name with a line break", async () => {
  const platform = await startJobPlatform();
  const rows = [
    '\uFEFF"order\n_id",country,quantity,price,status',
    "1,DE,2,39.90,new",
    "2,FR,1,5.00,new",
    "",
  ];
  for (const content of [rows.join("\n"), gzipSync(rows.join("\n"))]) {
    platform.put("orders/orders.csv", content);
    const deployment = await platform.deploy(oneRecipe(["drop col: country action: Keep"]));
    expect(await platform.run(deployment)).toMatchObject({ failureReason: null });
    expect(platform.read("out/result.csv")).toBe("country\nDE\nFR\n");
  }
});

it.each([
  ["\n", "\r\n"],
  ["\r\n", "\n"],
])("takes a quote behind a digit for no quote when it looks how lines end: with %j", async (end, inside) => {
  const platform = await startJobPlatform();
  const rows = ['order_id,size 5",quantity,price,status', `1,"D${inside}E",2,39.90,new`, ""];
  platform.put("orders/orders.csv", rows.join(end));
  const deployment = await platform.deploy(oneRecipe(FIRST_COLUMN));
  expect(await platform.run(deployment)).toMatchObject({ failureReason: null });
  expect(platform.read("out/result.csv")).toBe("order_id\n1\n");
});

it("reads the files that a wildcard in the path matches, in the order of their names", async () => {
  const platform = await startJobPlatform();
  platform.put("in/b.csv", `${HEADER}2,,,,\n`);
  platform.put("in/a.csv", `${HEADER}1,,,,\n`);
  platform.put("in/a.txt", "x");
  platform.put("in/deep/c.csv", `${HEADER}3,,,,\n`);
  const pkg = parameterised("/in/.csv", "file", { pattern: { wildcard: { value: "*" } } }, 4);
  const { id, failureReason } = await platform.run(await platform.deploy(pkg));
  expect(failureReason).toBeNull();
  expect(platform.read("out/result.csv")).toBe("order_id\n1\n2\n");
  const { body } = await platform.call("GET", `/v4/jobGroups/${id}/inputs`);
  expect(body.data[0].inputs.map((file: { uri: string }) => file.uri)).toEqual([
    "s3://acme-dev/in/a.csv",
    "s3://acme-dev/in/b.csv",
  ]);
});

it("takes the value of a variable in the path from the run, from the flow, or from the dataset", async () => {
  const platform = await startJobPlatform();
  for (const name of ["first", "second"]) platform.put(`in/${name}.csv`, `${HEADER}${name},,,,\n`);
  const pkg = parameterised("/in/.csv", "file", { variable: { value: "first" } }, 4);
  const deployment = await platform.deploy(pkg);
  await platform.run(deployment);
  expect(platform.read("out/result.csv")).toBe("order_id\nfirst\n");
  await platform.run(deployment, {
    runParameters: { overrides: { data: [{ key: "file", value: "second" }] } },
  });
  expect(platform.read("out/result.csv")).toBe("order_id\nsecond\n");
});

it("reads the files of a date range as of the run's reference date; the flow's override of it wins", async () => {
  const platform = await startJobPlatform();
  for (const day of ["2024-03-01", "2024-03-07", "2024-03-08"])
    platform.put(`in/${day}.csv`, `${HEADER}${day},,,,\n`);
  const range = { formats: ["yyyy-MM-dd"], timezone: "Europe/Berlin", last: { unit: "days", number: 1 } };
  const deployment = await platform.deploy(parameterised("/in/.csv", "day", { dateRange: range }, 4));
  // An hour before midnight in UTC is the next day in Berlin already.
  const late = { runParameters: { referenceDate: "2024-03-07T23:30:00Z" } };
  expect(await platform.run(deployment, late)).toMatchObject({ failureReason: null });
  expect(platform.read("out/result.csv")).toBe("order_id\n2024-03-08\n");
  const value = { dateRange: { ...range, last: { unit: "weeks", number: 1 } } };
  const override = { flowId: 1, overrideKey: "day", value };
  expect((await platform.call("POST", "/v4/flowRunParameterOverrides", override)).status).toBe(201);
  expect(await platform.run(deployment, late)).toMatchObject({ failureReason: null });
  expect(platform.read("out/result.csv")).toBe("order_id\n2024-03-07\n2024-03-08\n");
});

it("names dataset, parameter and pattern where a pattern in a path cannot be used", async () => {
  const platform = await startJobPlatform();
  const pkg = parameterised("/in/.csv", "file", { pattern: { regex: { value: "(?<=a)b" } } }, 4);
  const ended = await platform.run(await platform.deploy(pkg));
  expect(ended["failureReason"]).toMatch(
    /^the path of the dataset "orders.csv": the parameter "file": the pattern \/\(\?<=a\)b\/ cannot be used: /,
  );
});

it("takes special characters of file names as they are", async () => {
  const platform = await startJobPlatform();
  platform.put("in/a[1]*?.csv", ORDERS);
  const location = {
    path: "/in/a[1]*?.csv",
    bucket: "acme-dev",
    container: null,
    host: null,
    userinfo: null,
  };
  const pkg = withDataset({ location: { ...location, uri: "s3://acme-dev/in/a[1]*?.csv" } });
  expect(await platform.run(await platform.deploy(pkg))).toMatchObject({ failureReason: null });
  expect(platform.read("out/result.csv")).toBe("order_id\n1\n2\n3\n4\n");
});

/** The package of one recipe over another file, which nothing cuts up: it has columns of its own. */
function overTypedFile(path: string): FlowPackage {
  const pkg = oneRecipe(["derive type: single value: order_id + 1 as: 'next'"]);
  return {
    ...pkg,
    flows: pkg.flows.map((flow) => ({
      ...flow,
      recipes: flow.recipes.map((recipe) =>
        recipe.name === "orders.csv" ? { ...recipe, steps: recipe.steps.slice(0, 1) } : recipe,
      ),
      datasets: flow.datasets.map((dataset) =>
        dataset.kind === "file"
          ? { ...dataset, location: { ...dataset.location, path: `/${path}`, uri: `s3://acme-dev/${path}` } }
          : dataset,
      ),
    })),
  };
}

it("reads Parquet files with their own columns", async () => {
  const platform = await startJobPlatform();
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const file = join(platform.bucket, "orders/orders.parquet");
  await connection.run(`COPY (SELECT 7 AS order_id, 'DE' AS country) TO '${file}' (FORMAT parquet)`);
  const deployment = await platform.deploy(overTypedFile("orders/orders.parquet"));
  expect(await platform.run(deployment)).toMatchObject({ failureReason: null });
  expect(platform.read("out/result.csv")).toBe("order_id,next,country\n7,8,DE\n");
});

it("passes typed values on with every digit, whatever they are", async () => {
  const platform = await startJobPlatform();
  const values: [sql: string, text: string][] = [
    ["7", "7"],
    ["9007199254740993", "9007199254740993"],
    ["18446744073709551615::UBIGINT", "18446744073709551615"],
    ["5::UBIGINT", "5"],
    ["12345678901234567890.123456789::DECIMAL(38, 9)", "12345678901234567890.123456789"],
    ["12345678901234.5678::DECIMAL(18, 4)", "12345678901234.5678"],
    ["12.5::DECIMAL(38, 18)", "12.5"],
    ["-0.05::DECIMAL(18, 2)", "-0.05"],
    ["TIMESTAMP '1969-12-31 23:59:59.999999'", "1969-12-31 23:59:59.999999"],
    ["TIMESTAMP '1850-01-01 00:00:00.5'", "1850-01-01 00:00:00.5"],
    ["TIMESTAMP '2024-01-01 10:00:00'", "2024-01-01 10:00:00"],
    ["TIMESTAMPTZ '1950-01-01 00:30:00.25+01:00'", "1949-12-31 23:30:00.25"],
    ["DATE '0850-01-02'", "0850-01-02"],
    ["'07'", "07"],
  ];
  const items = values.map(([sql], index) => `${sql} AS ${index === 0 ? "order_id" : `c${index}`}`);
  const nothing = values.map(([sql]) => `nullif(${sql}, ${sql})`);
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const file = join(platform.bucket, "orders/orders.parquet");
  await connection.run(
    `COPY (SELECT ${items.join(", ")} UNION ALL SELECT ${nothing.join(", ")}) TO '${file}' (FORMAT parquet)`,
  );
  const deployment = await platform.deploy(overTypedFile("orders/orders.parquet"));
  expect(await platform.run(deployment)).toMatchObject({ failureReason: null });
  const [, row = "", empty] = platform.read("out/result.csv").split("\n");
  const [id, , ...others] = row.split(",");
  expect([id, ...others]).toEqual(values.map(([, text]) => text));
  expect(empty).toBe(",".repeat(values.length));
});

it("takes whole numbers of JSON beyond 64 bits as they are", async () => {
  const platform = await startJobPlatform();
  platform.put("orders/orders.json", '{"order_id":1,"a":18446744073709551615,"b":9223372036854775808}\n');
  const deployment = await platform.deploy(overTypedFile("orders/orders.json"));
  expect(await platform.run(deployment)).toMatchObject({ failureReason: null });
  expect(platform.read("out/result.csv")).toBe(
    "order_id,next,a,b\n1,2,18446744073709551615,9223372036854775808\n",
  );
});

it("reads JSON lines with their own columns, gzip files too", async () => {
  const platform = await startJobPlatform();
  platform.put("orders/orders.json.gz", gzipSync('{"order_id":7,"country":"DE"}\n{"order_id":9}\n'));
  const deployment = await platform.deploy(overTypedFile("orders/orders.json.gz"));
  expect(await platform.run(deployment)).toMatchObject({ failureReason: null });
  expect(platform.read("out/result.csv")).toBe("order_id,next,country\n7,8,DE\n9,10,\n");
});
