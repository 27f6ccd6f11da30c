import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type * as Sluice from "pulumi-sluice";
import { writePackage } from "../../flow/index.js";
import { buildPackage } from "../../flow/source.js";
import { sluice } from "./stack.js";
import type { EngineTest, Program } from "./stack.js";

/** UUID of the connection that the example packages name. */
export const WAREHOUSE = "a7d6b1c0-0b52-11ef-8c55-0242ac120002";

/** A release as the platform shows it. */
export interface Release {
  id: number;
  deployment: { id: number };
  notes: string;
  active: boolean | null;
  createdAt: string;
}

/** What differs from the ordinary program; `schedule: false` leaves the schedule out. */
export interface OrdersChanges {
  connection?: Partial<Sluice.ConnectionArgs>;
  deployment?: Partial<Sluice.DeploymentArgs>;
  rules?: Partial<Sluice.ImportRulesArgs>;
  release?: Partial<Sluice.ReleaseArgs>;
  schedule?: Partial<Sluice.ScheduleArgs> | false;
  /** Version of the example's package; the release's notes name it. */
  version?: "1.0.0" | "1.1.0";
}

/** Writes the packages of the quickstart example into the program's folder: `orders-1.0.0.zip`, `orders-1.1.0.zip`. */
export async function writeOrdersPackages(test: EngineTest): Promise<void> {
  for (const version of ["1.0.0", "1.1.0"]) {
    const source = await buildPackage(`examples/quickstart/packages/orders-${version}`);
    await writeFile(join(test.folder, `orders-${version}.zip`), await writePackage(source));
  }
}

/** The program of a team that promotes the flow "Orders": one resource of every kind. */
export function ordersProgram(changes: OrdersChanges = {}): Program {
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
      rules,
      notes: `orders ${version}`,
      ...changes.release,
    });
    if (changes.schedule !== false)
      new sluice.Schedule("nightly", {
        deploymentId: release.deploymentId,
        name: "nightly",
        triggers: [{ daily: { hourOfDay: 2, minuteOfHour: 0 }, timezone: "Europe/Berlin" }],
        ...changes.schedule,
      });
    return Promise.resolve({
      releaseId: release.releaseId,
      action: release.action,
      primaryFlowId: release.primaryFlowId,
      connectionId: warehouse.connectionId,
    });
  };
}

/** All releases of the platform's production environment, oldest first. */
export async function releasesOf(test: EngineTest): Promise<Release[]> {
  const { data } = await test.call<{ data: Release[] }>("GET", "/v4/releases?limit=100");
  return data.sort((a, b) => a.id - b.id);
}

/** What `preview --diff` says that the release will do. */
export function actionIn(preview: string): string | undefined {
  const line = /^ *[~+]? *action *: (?:"[^"]*" => )?"([^"]*)"/m.exec(stripVTControlCharacters(preview));
  return line?.[1];
}
