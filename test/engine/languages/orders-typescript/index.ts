import * as pulumi from "@pulumi/pulumi";
import * as sluice from "pulumi-sluice/plugin";

const warehouse = new sluice.Connection("warehouse", {
  name: "warehouse",
  vendor: "postgres",
  host: "db.example.com",
  credentials: { username: "loader", password: new pulumi.Config().requireSecret("password") },
});
const orders = new sluice.Deployment("orders", { name: "orders" });
const rules = new sluice.ImportRules("orders", {
  deploymentId: orders.deploymentId,
  connections: [{ on: { uuid: "a7d6b1c0-0b52-11ef-8c55-0242ac120002" }, with: warehouse.connectionId }],
  values: [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" }],
});
const applied = { connections: rules.connections, values: rules.values };
const release = new sluice.Release("orders", {
  deploymentId: orders.deploymentId,
  package: new pulumi.asset.FileAsset("orders-1.0.0.zip"),
  rules: applied,
  notes: "orders 1.0.0",
});
new sluice.Schedule("nightly", {
  deploymentId: release.deploymentId,
  name: "nightly",
  triggers: [{ daily: { hourOfDay: 2, minuteOfHour: 0 }, timezone: "Europe/Berlin" }],
});

export const releaseId = release.releaseId;
export const action = release.action;
export const contentDigest = release.contentDigest;
export const sameContent = sluice.inspectPackageOutput({
  package: "orders-1.0.0.zip",
  rules: applied,
}).contentDigest;
export const notes = sluice.getReleaseOutput({ id: release.releaseId }).notes;
