import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { oneRecipe, ordersFlow, startJobPlatform, type JobPlatform } from "./job-fixture.js";

const KEEP_TWO = ["drop col: order_id, country action: Keep"];
const TWO_RECIPES = ordersFlow({
  outputs: [
    { recipe: "Clean orders", file: "s3://acme-dev/out/clean.csv", action: "overwrite" },
    { recipe: "Revenue", file: "s3://acme-dev/out/revenue.csv", action: "overwrite" },
  ],
});

/** The ids of the recipes of a deployment's flow, by name. */
async function recipeIds(platform: JobPlatform): Promise<Record<string, number>> {
  const { body } = await platform.call("GET", "/v4/wrangledDatasets");
  const nodes = body.data as { id: number; recipe: { name: string }; name?: string }[];
  return Object.fromEntries(nodes.map((node) => [node.name ?? node.recipe.name, node.id]));
}

describe("a run of one recipe", () => {
  /** Runs the recipe R with these write settings; answers the job group's end. */
  async function runR(platform: JobPlatform, settings: object, more: object = {}) {
    const ids = await recipeIds(platform);
    const started = await platform.call("POST", "/v4/jobGroups", {
      wrangledDataset: { id: ids["R"] },
      overrides: { writesettings: [settings] },
      ...more,
    });
    expect(started.status).toBe(201);
    return platform.ended(started.body.id as number);
  }

  it("writes as each of its write settings says", async () => {
    const platform = await startJobPlatform();
    await platform.deploy(oneRecipe(KEEP_TWO));
    const path = "s3://acme-dev/trial/a.csv";
    await runR(platform, { path, delim: "|", header: false, hasQuotes: false });
    expect(platform.read("trial/a.csv")).toBe("1|DE\n2|FR\n3|DE\n4|GB, Wales\n");
    await runR(platform, { path, action: "append", delim: "|", header: false, hasQuotes: true });
    expect(platform.read("trial/a.csv").split("\n").slice(3, 5)).toEqual(["4|GB, Wales", '"1"|"DE"']);
    await runR(platform, { path, action: "overwrite", hasQuotes: true });
    expect(platform.read("trial/a.csv").split("\n")[1]).toBe('"1","DE"');
    await runR(platform, { path, action: "create" });
    expect(existsSync(join(platform.bucket, "trial/a_2.csv"))).toBe(true);
    await runR(platform, { path: `${path}.gz`, compression: "gzip", hasQuotes: false });
    const unpacked = gunzipSync(readFileSync(join(platform.bucket, "trial/a.csv.gz"))).toString();
    expect(unpacked.split("\n")[0]).toBe("order_id,country");
    await runR(platform, { path: "s3://acme-dev/trial/b.json", format: "json" });
    expect(platform.read("trial/b.json").split("\n")[0]).toBe('{"order_id":"1","country":"DE"}');
    await runR(platform, { path: "s3://acme-dev/trial/c.csv", prefix: "eu-", suffix: "-1" });
    expect(existsSync(join(platform.bucket, "trial/eu-c-1.csv"))).toBe(true);
    await runR(platform, { path: "s3://acme-dev/trial/d.parquet", format: "pqt", compression: "snappy" });
    expect(readFileSync(join(platform.bucket, "trial/d.parquet")).subarray(0, 4).toString()).toBe("PAR1");
    await runR(platform, { path: "s3://acme-dev/trial/parts.csv", asSingleFile: false });
    expect(platform.read("trial/parts.csv/part-0.csv")).toContain("DE");
    expect(existsSync(join(platform.bucket, "out"))).toBe(false);
  });

  it("fails with a reason where a write setting cannot be followed", async () => {
    const platform = await startJobPlatform();
    await platform.deploy(oneRecipe(KEEP_TWO));
    const path = "s3://acme-dev/trial/a.csv";
    for (const [settings, reason] of [
      [{ path, format: "hyper" }, "the format hyper is not written"],
      [{ path, compression: "snappy" }, "csv is not compressed with snappy"],
      [{ path, action: "upsert" }, 'the action "upsert" is not known'],
      [{ path, delim: "" }, "the delimiter is empty"],
    ] as const) {
      const ended = await runR(platform, settings);
      expect(ended.status).toBe("Failed");
      expect(ended["failureReason"]).toContain(reason);
    }
  });

  it("takes ignoreRecipeErrors and says that it is not followed; refuses testMode", async () => {
    const platform = await startJobPlatform();
    await platform.deploy(oneRecipe(["drop col: nothing action: Drop"]));
    const ended = await runR(platform, { path: "s3://acme-dev/x.csv" }, { ignoreRecipeErrors: true });
    expect(ended.status).toBe("Failed");
    expect(await platform.log(ended.id)).toContain("ignoreRecipeErrors is not followed");
    const ids = await recipeIds(platform);
    const refused = await platform.call("POST", "/v4/jobGroups", {
      wrangledDataset: { id: ids["R"] },
      testMode: true,
    });
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.body)).toContain("testMode");
  });
});

describe("a run of a flow", () => {
  it("writes the outputs of the recipes that it names, and takes overrides by their names", async () => {
    const platform = await startJobPlatform();
    await platform.deploy(TWO_RECIPES);
    const ids = await recipeIds(platform);
    const started = await platform.call("POST", "/v4/flows/1/run", {
      wrangledDatasetIds: [ids["Revenue"]],
      overrides: { Revenue: { writesettings: [{ path: "s3://acme-dev/trial/r.csv", hasQuotes: false }] } },
    });
    expect(started.body.data).toHaveLength(1);
    expect(await platform.ended(started.body.data[0].id as number)).toMatchObject({ failureReason: null });
    expect(platform.read("trial/r.csv")).toContain("country,revenue,orders");
    expect(existsSync(join(platform.bucket, "out"))).toBe(false);
  });

  it("refuses names of recipes that it does not write", async () => {
    const platform = await startJobPlatform();
    await platform.deploy(TWO_RECIPES);
    for (const [body, text] of [
      [{ wrangledDatasetIds: [999] }, "no output that this run writes belongs to recipe 999"],
      [{ overrides: { Nobody: { profiler: false } } }, "belongs to recipe Nobody"],
    ] as const) {
      for (const path of ["/v4/flows/1/run", "/v4/deployments/1/run"]) {
        const refused = await platform.call("POST", path, body);
        expect(refused.status).toBe(400);
        expect(JSON.stringify(refused.body)).toContain(text);
      }
    }
    expect((await platform.call("GET", "/v4/jobGroups/count")).body.count).toBe(0);
  });
});

it("an output with SQL scripts is not run without them", async () => {
  const platform = await startJobPlatform();
  const pkg = oneRecipe(KEEP_TWO);
  const sqlScripts = [{ id: 1, sql: "DELETE FROM t", type: "pre", vendor: "postgres", connectionId: null }];
  const flows = pkg.flows.map((flow) => ({
    ...flow,
    outputs: flow.outputs.map((output) => ({ ...output, sqlScripts })),
  }));
  const ended = await platform.run(await platform.deploy({ ...pkg, flows }));
  expect(ended).toMatchObject({ status: "Failed" });
  expect(ended["failureReason"]).toMatch(
    /^the output has 1 SQL script \(pre\), which this platform does not run; /,
  );
  expect(await platform.log(ended.id)).toContain(`Failed: ${ended["failureReason"] as string}\n`);
  expect(existsSync(join(platform.bucket, "out"))).toBe(false);
});

it("a webhook is not called, and the log says so without its address", async () => {
  const platform = await startJobPlatform();
  const deployment = await platform.deploy(oneRecipe(KEEP_TWO));
  const made = await platform.call("POST", "/v4/webhookFlowTasks", {
    name: "Tell the team",
    flowId: 1,
    url: "http://127.0.0.1:9/secret-path",
    method: "post",
    triggerEvent: "onJobDone",
    triggerObject: "any",
  });
  expect(made.status).toBe(201);
  const ended = await platform.run(deployment);
  const log = await platform.log(ended.id);
  expect(log).toContain('the webhook "Tell the team" is not called');
  expect(log).not.toContain("secret-path");
});
