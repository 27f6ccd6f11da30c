import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, it } from "vitest";
import { oneRecipe, startJobPlatform, withFileOutput, type JobPlatform } from "./job-fixture.js";

const KEEP_TWO = ["drop col: order_id, country action: Keep"];
const TWO_COLUMNS = 'order_id,country\n1,DE\n2,FR\n3,DE\n4,"GB, Wales"\n';

/** Runs a deployment of a package whose file output differs; answers the names in its folder. */
async function runWith(platform: JobPlatform, change: Record<string, unknown>, runs = 1): Promise<string[]> {
  const deployment = await platform.deploy(withFileOutput(oneRecipe(KEEP_TWO), change));
  for (let run = 0; run < runs; run += 1) {
    expect(await platform.run(deployment)).toMatchObject({ failureReason: null, status: "Complete" });
  }
  return readdirSync(join(platform.bucket, "out")).sort();
}

async function rowsOf(relation: string): Promise<unknown[][]> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const reader = await connection.runAndReadAll(`SELECT * FROM ${relation}`);
  return reader.getRowsJson();
}

it("overwrites, and leaves nothing but the file", async () => {
  const platform = await startJobPlatform();
  platform.put("out/result.csv", "old");
  expect(await runWith(platform, { action: "overwrite" })).toEqual(["result.csv"]);
  expect(platform.read("out/result.csv")).toBe(TWO_COLUMNS);
});

it("makes a new numbered file with every run where the action is create", async () => {
  const platform = await startJobPlatform();
  const names = await runWith(platform, { action: "create", suffix: "_increment" }, 3);
  expect(names).toEqual(["result.csv", "result_2.csv", "result_3.csv"]);
  expect(platform.read("out/result_3.csv")).toBe(TWO_COLUMNS);
  const outputs = await platform.call("GET", "/v4/jobGroups/3/outputs");
  expect(outputs.body.files[0].uri).toBe("s3://acme-dev/out/result_3.csv");
});

it("appends rows without a second header, to gzip files too", async () => {
  const platform = await startJobPlatform();
  await runWith(platform, { action: "append" }, 2);
  const twice = TWO_COLUMNS + TWO_COLUMNS.slice(TWO_COLUMNS.indexOf("\n") + 1);
  expect(platform.read("out/result.csv")).toBe(twice);
  await runWith(platform, { action: "append", compression: "gzip", path: "s3://acme-dev/out/b.csv.gz" }, 2);
  expect(gunzipSync(readFileSync(join(platform.bucket, "out/b.csv.gz"))).toString()).toBe(twice);
});

it("jobs that append to one file at the same time lose no row and write one header", async () => {
  const platform = await startJobPlatform({ jobs: { workers: 2 } });
  const rows = 100_000;
  platform.put(
    "orders/orders.csv",
    `order_id,country,quantity,price,status\n${"7,DE,1,1,paid\n".repeat(rows)}`,
  );
  const run = `/v4/deployments/${await platform.deploy(withFileOutput(oneRecipe(KEEP_TWO), { action: "append" }))}/run`;
  for (const _job of [1, 2]) await platform.call("POST", run);
  const [first, second] = [await platform.ended(1), await platform.ended(2)];
  expect([first["failureReason"], second["failureReason"]]).toEqual([null, null]);
  expect((second["startedAt"] as string) < (first["endedAt"] as string)).toBe(true);
  const lines = platform.read("out/result.csv").split("\n");
  expect(lines.filter((line) => line === "order_id,country")).toHaveLength(1);
  expect(lines.filter((line) => line === "7,DE")).toHaveLength(2 * rows);
  expect(readdirSync(join(platform.bucket, "out"))).toEqual(["result.csv"]);
});

it("does not append to a file of other columns", async () => {
  const platform = await startJobPlatform();
  platform.put("out/result.csv", "a,b\n1,2\n");
  const deployment = await platform.deploy(withFileOutput(oneRecipe(KEEP_TWO), { action: "append" }));
  expect((await platform.run(deployment))["failureReason"]).toBe(
    "appending to s3://acme-dev/out/result.csv: the columns there are a, b, and those of the result are order_id, country; " +
      "write to another file, or overwrite",
  );
  expect(platform.read("out/result.csv")).toBe("a,b\n1,2\n");
});

it("writes delimiters, quotes and headers as the output says", async () => {
  const platform = await startJobPlatform();
  await runWith(platform, { delimiter: "|", hasQuotes: true, hasHeader: false });
  expect(platform.read("out/result.csv")).toBe('"1"|"DE"\n"2"|"FR"\n"3"|"DE"\n"4"|"GB, Wales"\n');
});

it("writes JSON and Parquet with the types of the columns", async () => {
  const platform = await startJobPlatform();
  const pkg = oneRecipe(["drop col: order_id action: Keep", "settype col: order_id type: Integer"]);
  for (const [format, path] of [
    ["json", "out/result.json"],
    ["pqt", "out/result.parquet"],
  ] as const) {
    const compression = format === "pqt" ? "snappy" : "none";
    const deployment = await platform.deploy(
      withFileOutput(pkg, { format, path: `s3://acme-dev/${path}`, compression }),
    );
    expect(await platform.run(deployment)).toMatchObject({ failureReason: null });
  }
  expect(platform.read("out/result.json").split("\n")[0]).toBe('{"order_id":1}');
  const parquet = join(platform.bucket, "out/result.parquet");
  expect(await rowsOf(`read_parquet('${parquet}')`)).toEqual([["1"], ["2"], ["3"], ["4"]]);
});

it("writes a folder of parts where several files are asked for, and appends parts to it", async () => {
  const platform = await startJobPlatform();
  const several = { isSingleFile: false, path: "s3://acme-dev/out/parts.csv" };
  expect(await runWith(platform, several, 2)).toEqual(["parts.csv"]);
  expect(platform.read("out/parts.csv/part-0.csv")).toBe(TWO_COLUMNS);
  await runWith(platform, { ...several, action: "append" });
  expect(readdirSync(join(platform.bucket, "out/parts.csv"))).toEqual(["part-0.csv", "part-1.csv"]);
});

it("takes the destination of one run from its overrides", async () => {
  const platform = await startJobPlatform();
  const deployment = await platform.deploy(oneRecipe(KEEP_TWO));
  await platform.run(deployment);
  const [first] = (await platform.call("GET", "/v4/jobGroups")).body.data;
  const started = await platform.call("POST", "/v4/jobGroups", {
    wrangledDataset: { id: first.wrangledDataset.id },
    overrides: { writesettings: [{ path: "s3://other/trial.csv", delim: ";", hasQuotes: false }] },
  });
  expect(started.status).toBe(201);
  expect(await platform.ended(started.body.id as number)).toMatchObject({ failureReason: null });
  const trial = join(platform.directory, "storage/dev/s3/other/trial.csv");
  expect(readFileSync(trial, "utf8").split("\n")[0]).toBe("order_id;country");
});

it("puts its time stamps and run parameters into the path", async () => {
  const platform = await startJobPlatform();
  const deployment = await platform.deploy(
    withFileOutput(oneRecipe(KEEP_TWO), {
      path: "s3://acme-dev/out/-.csv",
      parameters: [
        {
          id: 1,
          type: "path",
          name: "region",
          value: { variable: { value: "EU" } },
          insertions: [{ index: 18, order: 0 }],
        },
        {
          id: 2,
          type: "path",
          name: "day",
          value: { timestamp: { format: "yyyyMMdd" } },
          insertions: [{ index: 19, order: 0 }],
        },
      ],
    }),
  );
  const ended = await platform.run(deployment, {
    runParameters: {
      overrides: { data: [{ key: "region", value: "US" }] },
      referenceDate: "2024-03-01T10:00:00.000Z",
    },
  });
  expect(ended).toMatchObject({ failureReason: null });
  expect(existsSync(join(platform.bucket, "out/US-20240301.csv"))).toBe(true);
});
