import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { buildPackage } from "../../../flow/source.js";
import { packageForm } from "../flow-fixture.js";
import { makeDirectory } from "../platform-fixture.js";
import { startJobPlatform } from "./job-fixture.js";

const EXAMPLE = join(__dirname, "../../../examples/quickstart");

it("the quickstart's flow runs over its sample, and both versions write the report that they promise", async () => {
  const data = makeDirectory();
  const storage = join(data, "storage/dev");
  await promisify(execFile)(process.execPath, [join(EXAMPLE, "put-sample.mjs"), storage]);
  const platform = await startJobPlatform({}, data);
  const bucket = join(storage, "s3/acme-prod");
  const connection = { vendor: "duckdb", vendorName: "duckdb", type: "jdbc", credentialType: "basic" };
  const params = { database: "s3://acme-prod/warehouse.duckdb" };
  await platform.call("POST", "/v4/connections", { ...connection, name: "warehouse", params });
  const deploymentId = (await platform.call("POST", "/v4/deployments", { name: "orders" })).body.id as number;
  const rules = `/v4/deployments/${deploymentId}`;
  await platform.call("PATCH", `${rules}/objectImportRules`, [
    { tableName: "connections", onCondition: { name: "warehouse dev" }, withCondition: { id: 1 } },
  ]);
  await platform.call("PATCH", `${rules}/valueImportRules`, [
    { type: "s3Bucket", on: "acme-dev", with: "acme-prod" },
  ]);

  const reportOf = async (version: string): Promise<string[]> => {
    const pkg = await buildPackage(join(EXAMPLE, `packages/orders-${version}`));
    const imported = await platform.call("POST", `${rules}/releases`, await packageForm(pkg));
    expect(imported.status).toBe(201);
    const group = await platform.run(deploymentId);
    expect(group).toMatchObject({ status: "Complete", failureReason: null });
    const outputs = await platform.call("GET", `/v4/jobGroups/${group.id}/outputs`);
    const rows = readFileSync(join(bucket, "reports/daily_revenue.csv"), "utf8").trimEnd().split("\n");
    const written = { rowCount: rows.length - 1 };
    expect(outputs.body).toMatchObject({ files: [written], tables: [written] });
    return rows.sort();
  };

  const before = await reportOf("1.0.0");
  expect(before).toHaveLength(9);
  expect(before).toContain("2024-05-02,Germany,83.05,2");
  expect(before).toContain("2024-05-04,France,0,1");
  const after = await reportOf("1.1.0");
  expect(after).toHaveLength(8);
  expect(after).toContain("2024-05-02,Germany,79.8,1,79.8");
  expect(after.filter((row) => row.startsWith("2024-05-04,France"))).toEqual([]);
});
