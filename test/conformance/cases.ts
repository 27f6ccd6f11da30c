import { buildPackage } from "../../flow/source.js";
import type { PlatformSettings } from "../../platform/index.js";
import { makeConnection, makeDeployment } from "../provider/by-hand.js";
import type { ManagedResource, ProviderTest, Values } from "../provider/provider-test.js";

/** What the suite needs to know of a resource to take it through its life. */
export interface ConformanceCase {
  /** Makes at the platform what the resource stands on; what it gives is handed to the others. */
  prepare?(test: ProviderTest): Promise<Values>;
  inputs(made: Values): Values;
  /** Other inputs that update, and do not replace. */
  changed(made: Values): Values;
  /** A change by hand at the platform. */
  editByHand(test: ProviderTest, resource: ManagedResource): Promise<void>;
  /** Inputs in which that shows. */
  drifted: string[];
  /** What an import calls the object of `inputs`. */
  importName: string;
  /** Inputs that an import cannot know, and a program need not state. */
  unknownToImport?: string[];
  /** Other switches of the platform under which all of it must hold too. */
  platforms?: Partial<PlatformSettings>[];
}

/** The connection that the example packages name. */
const WAREHOUSE = "a7d6b1c0-0b52-11ef-8c55-0242ac120002";
/** A password that must be found nowhere. */
export const CANARY = "canary-5e0c1f";
const CREDENTIALS = { username: "loader", password: CANARY };
const BOTH_RULE_SWITCHES = [{ importRules: "replace-list" }, { importRules: "replace-by-key" }] as const;

async function prepareDeployment(test: ProviderTest): Promise<{ deploymentId: string }> {
  return { deploymentId: await makeDeployment(test) };
}

async function makePackages(test: ProviderTest): Promise<{ first: string; second: string }> {
  const build = async (version: string) =>
    test.packageFile(
      `orders-${version}.zip`,
      await buildPackage(`examples/quickstart/packages/orders-${version}`),
    );
  return { first: await build("1.0.0"), second: await build("1.1.0") };
}

/** An active release with a marker, which a schedule on a plain platform needs. */
async function makeRelease(test: ProviderTest): Promise<{ deploymentId: string }> {
  const made = await prepareDeployment(test);
  await makeConnection(test, "warehouse", WAREHOUSE);
  const { first } = await makePackages(test);
  await test.resource("Release", "orders").up({ ...made, package: first });
  return made;
}

/** One entry for each registered resource. */
export const cases: Record<string, ConformanceCase> = {
  Connection: {
    inputs: () => ({
      name: "warehouse",
      vendor: "postgres",
      host: "db.example.com",
      port: 5432,
      params: { database: "sales" },
      credentials: CREDENTIALS,
    }),
    changed: () => ({
      name: "warehouse",
      vendor: "postgres",
      host: "db2.example.com",
      params: { database: "sales", ssl: true },
      credentials: { ...CREDENTIALS, password: `${CANARY} rotated` },
      description: "moved",
    }),
    editByHand: async (test, { id }) => {
      await test.call("PATCH", `/v4/connections/${id}`, { host: "elsewhere.example.com" });
    },
    drifted: ["host"],
    importName: "warehouse",
    unknownToImport: ["credentials"],
  },

  Deployment: {
    inputs: () => ({ name: "orders" }),
    changed: () => ({ name: "orders, renamed" }),
    editByHand: async (test, { id }) => {
      await test.call("PATCH", `/v4/deployments/${id}`, { name: "by hand" });
    },
    drifted: ["name"],
    importName: "orders",
  },

  ImportRules: {
    prepare: async (test) => ({
      ...(await prepareDeployment(test)),
      connection: await makeConnection(test, "one"),
      other: await makeConnection(test, "two"),
    }),
    inputs: ({ deploymentId, connection }) => ({
      deploymentId,
      connections: [{ on: { uuid: WAREHOUSE }, with: connection }],
      values: [
        { type: "s3Bucket", on: "acme-dev", with: "acme-prod" },
        { type: "fileLocation", on: "/\\/dev\\//", with: "/prod/" },
      ],
    }),
    changed: ({ deploymentId, other }) => ({
      deploymentId,
      connections: [{ on: { name: "warehouse dev" }, with: other }],
      values: [{ type: "fileLocation", on: "/\\/dev\\//", with: "/production/" }],
    }),
    editByHand: async (test, { id }) => {
      await test.call("PATCH", `/v4/deployments/${id}/valueImportRules`, [
        { type: "dbTableName", on: "orders_dev", with: "orders" },
      ]);
    },
    drifted: ["values"],
    importName: "orders",
    platforms: [...BOTH_RULE_SWITCHES],
  },

  Release: {
    prepare: async (test) => {
      await makeConnection(test, "warehouse", WAREHOUSE);
      return { ...(await prepareDeployment(test)), ...(await makePackages(test)) };
    },
    inputs: ({ deploymentId, first }) => ({ deploymentId, package: first, notes: "1.0.0" }),
    changed: ({ deploymentId, second }) => ({ deploymentId, package: second, notes: "1.1.0" }),
    editByHand: async (test, { state }) => {
      await test.call("PATCH", `/v4/releases/${String(state.releaseId)}`, { active: false });
    },
    drifted: ["active", "action"],
    importName: "orders",
    platforms: [...BOTH_RULE_SWITCHES, { deploymentSchedules: false }],
  },

  Schedule: {
    prepare: makeRelease,
    inputs: ({ deploymentId }) => ({
      deploymentId,
      name: "nightly",
      triggers: [{ daily: { hourOfDay: 2, minuteOfHour: 0 } }],
      enabled: true,
    }),
    changed: ({ deploymentId }) => ({
      deploymentId,
      name: "nightly, later",
      triggers: [
        { cron: "0 30 4 ? * MON-FRI", timezone: "Europe/Berlin" },
        { weekly: { hourOfDay: 6, minuteOfHour: 15, daysOfWeek: [0, 6] }, timezone: "Asia/Tokyo" },
        { monthly: { hourOfDay: 6, minuteOfHour: 15, daysOfMonth: [1, 31] } },
        { hourly: { minuteOfHour: 59 } },
        { oneTime: "2099-01-31T02:00:00Z" },
      ],
      enabled: false,
    }),
    editByHand: async (test, { id, state }) => {
      const path = state.boundTo === "deployment" ? "/v4/deploymentSchedules" : "/v4/schedules";
      await test.call("POST", `${path}/${id}/disable`, {});
    },
    drifted: ["enabled"],
    importName: "nightly",
    platforms: [...BOTH_RULE_SWITCHES, { deploymentSchedules: false }],
  },
};
