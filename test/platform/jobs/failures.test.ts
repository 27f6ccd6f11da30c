import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeDirectory } from "../platform-fixture.js";
import { oneRecipe, ordersFlow, startJobPlatform, withFileOutput, type JobPlatform } from "./job-fixture.js";

const STEPS = ["drop col: price action: Drop"];

/** Runs a package that must fail; answers the reason. Nothing may be left in the folder of its output. */
async function reasonOf(platform: JobPlatform, pkg: Parameters<JobPlatform["deploy"]>[0]): Promise<string> {
  const ended = await platform.run(await platform.deploy(pkg));
  expect(ended.status).toBe("Failed");
  const folder = join(platform.bucket, "out");
  expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  return ended["failureReason"] as string;
}

it("names the dataset and the place of a file that is missing", async () => {
  const platform = await startJobPlatform();
  const reason = await reasonOf(platform, oneRecipe(STEPS, {}, { file: "s3://acme-dev/orders/none.csv" }));
  expect(reason).toBe(
    `the dataset "orders.csv" has no file: there is nothing at s3://acme-dev/orders/none.csv ` +
      `(looked for ${platform.bucket}/orders/none.csv)`,
  );
});

it("refuses rows that do not have the dataset's columns, and says where", async () => {
  const platform = await startJobPlatform();
  platform.put("orders/orders.csv", "order_id,country,quantity,price,status\n1,DE,2,3,paid\n2,FR\n");
  const ragged = await reasonOf(platform, oneRecipe(STEPS));
  expect(ragged).toContain("a row of a file does not have the columns");
  expect(ragged).toContain("orders.csv");
  platform.put("orders/orders.csv", "order_id;country;quantity;price;status\n1;DE;2;3;paid\n");
  expect(await reasonOf(platform, oneRecipe(STEPS))).toContain("orders.csv");
});

it("refuses a file in another encoding", async () => {
  const platform = await startJobPlatform();
  const bytes = Buffer.from("order_id,country,quantity,price,status\n1,D\u00fcsseldorf,2,3,paid\n", "latin1");
  platform.put("orders/orders.csv", bytes);
  expect(await reasonOf(platform, oneRecipe(STEPS))).toContain("is not in the encoding");
});

it("names recipe and step where a column is gone", async () => {
  const platform = await startJobPlatform();
  const reason = await reasonOf(platform, oneRecipe(["drop col: nothing action: Drop"]));
  expect(reason).toContain('recipe "R", step 1 (Drop)');
  expect(reason).toContain("nothing");
});

it("refuses locations that leave their storage", async () => {
  const platform = await startJobPlatform();
  const climbing = withFileOutput(oneRecipe(STEPS), { path: "s3://acme-dev/out/../../../x.csv" });
  expect(await reasonOf(platform, climbing)).toContain("leaves its storage");
  const outside = makeDirectory();
  mkdirSync(join(outside, "out"));
  symlinkSync(outside, join(platform.bucket, "link"));
  const linked = withFileOutput(oneRecipe(STEPS), { path: "s3://acme-dev/link/out/x.csv" });
  expect(await reasonOf(platform, linked)).toContain("over a symbolic link");
  expect(readdirSync(join(outside, "out"))).toEqual([]);
});

it.each([
  [{ format: "avro" }, "the format avro is not written"],
  [{ compression: "bzip2" }, "csv is not compressed with bzip2"],
  [{ format: "pqt", action: "append" }, "a single Parquet file cannot be appended to"],
])("refuses the output %j before it reads anything", async (change, reason) => {
  const platform = await startJobPlatform();
  expect(await reasonOf(platform, withFileOutput(oneRecipe(STEPS), change))).toContain(reason);
  expect((await platform.call("GET", "/v4/jobGroups/1/inputs")).body).toEqual({ data: [] });
});

it("refuses tables of other databases", async () => {
  const platform = await startJobPlatform();
  const pkg = oneRecipe(STEPS);
  const [flow] = pkg.flows;
  const [output] = flow?.outputs ?? [];
  if (flow === undefined || output === undefined) throw new Error("no output");
  const table = {
    id: 1,
    path: ["public"],
    table: "t",
    targetType: "postgres",
    action: "create",
    connectionId: null,
    parameters: [],
  };
  const published = { ...pkg, flows: [{ ...flow, outputs: [{ ...output, files: [], tables: [table] }] }] };
  expect(await reasonOf(platform, published)).toContain("the output table public.t lies in another database");
});

it("fails one output without the others", async () => {
  const platform = await startJobPlatform();
  const outputs = [
    { recipe: "Clean orders", file: "s3://acme-dev/../clean.csv" },
    { recipe: "Revenue", file: "s3://acme-dev/revenue.csv" },
  ];
  const { body } = await platform.call(
    "POST",
    `/v4/deployments/${await platform.deploy(ordersFlow({ outputs }))}/run`,
  );
  const ids = (body.data as { id: number }[]).map(({ id }) => id);
  const ends = [];
  for (const id of ids) ends.push((await platform.ended(id)).status);
  expect(ends).toEqual(["Failed", "Complete"]);
  expect((await platform.call("GET", "/v4/flowRuns/1/status")).body).toBe("Failed");
});
