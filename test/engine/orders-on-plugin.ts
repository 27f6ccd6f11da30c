import { createRequire } from "node:module";
import { resolve } from "node:path";
import type * as Plugin from "pulumi-sluice/plugin";
import { ordersProgram, WAREHOUSE } from "./orders.js";
import type { OrdersChanges } from "./orders.js";
import type { Program } from "./stack.js";

/** The SDK of the plugin as programs get it. */
const sluice = createRequire(__filename)("pulumi-sluice/plugin") as typeof Plugin;

/** What differs from the ordinary program. */
export interface PluginOrdersChanges extends Pick<OrdersChanges, "version"> {
  connection?: Partial<Plugin.ConnectionArgs>;
  deployment?: Partial<Plugin.DeploymentArgs>;
  rules?: Partial<Plugin.ImportRulesArgs>;
  release?: Partial<Plugin.ReleaseArgs>;
  schedule?: Partial<Plugin.ScheduleArgs>;
}

/** The same program as `ordersProgram`, on the plugin host. */
export function pluginOrdersProgram(changes: PluginOrdersChanges = {}): Program {
  const version = changes.version ?? "1.0.0";
  return () => {
    const warehouse = new sluice.Connection("warehouse", {
      name: "warehouse",
      vendor: "postgres",
      host: "db.example.com",
      credentials: { username: "loader", password: "first-password" },
      ...changes.connection,
    });
    const deployment = new sluice.Deployment("orders", { name: "orders", ...changes.deployment });
    const rules = new sluice.ImportRules("orders", {
      deploymentId: deployment.id,
      connections: [{ on: { uuid: WAREHOUSE }, with: warehouse.id }],
      values: [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" }],
      ...changes.rules,
    });
    const release = new sluice.Release("orders", {
      deploymentId: deployment.id,
      package: `orders-${version}.zip`,
      rules: { connections: rules.connections, values: rules.values },
      notes: `orders ${version}`,
      ...changes.release,
    });
    new sluice.Schedule("nightly", {
      deploymentId: release.deploymentId,
      name: "nightly",
      triggers: [{ daily: { hourOfDay: 2, minuteOfHour: 0 }, timezone: "Europe/Berlin" }],
      ...changes.schedule,
    });
    return Promise.resolve({ releaseId: release.releaseId });
  };
}

/** The program on each host, with the options of an engine test of that host. */
export const ORDERS_ON_HOSTS = [
  { host: "dynamic", programOf: ordersProgram, options: {} },
  { host: "plugin", programOf: pluginOrdersProgram, options: { plugin: resolve("bin") } },
];
