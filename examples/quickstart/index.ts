import * as pulumi from "@pulumi/pulumi";
import * as sluice from "pulumi-sluice";

const config = new pulumi.Config("orders");

// `pulumi config set version 1.1.0` promotes; setting 1.0.0 again rolls back.
const version = config.get("version") ?? "1.0.0";
// A DuckDB file in the platform's storage can stand for the server: jobs then run on a laptop, with nothing to install.
const file = config.get("warehouseFile");

const warehouse = new sluice.Connection("warehouse", {
  name: "warehouse",
  ...(file === undefined
    ? {
        vendor: "postgres",
        host: "warehouse.prod.example.com",
        port: 5432,
        params: { database: "sales" },
      }
    : { vendor: "duckdb", params: { database: file } }),
  credentials: { username: "loader", password: { fromEnv: "WAREHOUSE_PASSWORD" } },
});

const deployment = new sluice.Deployment("orders", { name: "orders" });

const rules = new sluice.ImportRules("orders", {
  deploymentId: deployment.id,
  connections: [{ on: { uuid: "a7d6b1c0-0b52-11ef-8c55-0242ac120002" }, with: warehouse.id }],
  values: [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" }],
});

const release = new sluice.Release("orders", {
  deploymentId: deployment.id,
  package: `packages/orders-${version}.zip`,
  rules,
  notes: `orders ${version}`,
});

const nightly = new sluice.Schedule("nightly", {
  deploymentId: release.deploymentId,
  name: "orders nightly",
  triggers: [{ daily: { hourOfDay: 2, minuteOfHour: 30 }, timezone: "Europe/Berlin" }],
});

export const deploymentId = deployment.id;
export const releaseId = release.releaseId;
export const action = release.action;
export const scheduleId = nightly.scheduleId;
