import * as pulumi from "@pulumi/pulumi";
import * as sluice from "pulumi-sluice";

const config = new pulumi.Config("customer-value");

/** Where the flow runs. Promoting is raising `prod` to the version that `dev` has proven. */
const environments = {
  dev: { version: config.get("dev") ?? "1.1.0", bucket: "acme-test", crm: "crm.test.example.com" },
  prod: { version: config.get("prod") ?? "1.0.0", bucket: "acme-prod", crm: "crm.example.com" },
};

function promote(environment: keyof typeof environments): pulumi.Output<string | undefined> {
  const { version, bucket, crm } = environments[environment];
  const connection = new sluice.Connection(`crm-${environment}`, {
    environment,
    name: "crm",
    vendor: "postgres",
    host: crm,
    port: 5432,
    credentials: { username: "loader", password: config.requireSecret(`crmPassword-${environment}`) },
  });
  const deployment = new sluice.Deployment(`customer-value-${environment}`, {
    environment,
    name: "customer value",
  });
  const rules = new sluice.ImportRules(`customer-value-${environment}`, {
    environment,
    deploymentId: deployment.id,
    connections: [{ on: { uuid: "42b7f0de-2f64-11ef-8e0a-0242ac120002" }, with: connection.id }],
    values: [{ type: "s3Bucket", on: "acme-dev", with: bucket }],
  });
  const release = new sluice.Release(`customer-value-${environment}`, {
    environment,
    deploymentId: deployment.id,
    package: `packages/customer-value-${version}.zip`,
    rules,
    notes: `customer value ${version}`,
  });
  return release.action;
}

export const dev = promote("dev");
export const prod = promote("prod");
