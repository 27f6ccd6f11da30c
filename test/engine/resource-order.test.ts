import { createRequire } from "node:module";
import { resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type * as Plugin from "pulumi-sluice/plugin";
import { WAREHOUSE, writeOrdersPackages } from "./orders.js";
import { isWithoutEngine, sluice, startEngineTest } from "./stack.js";
import type { EngineTest, Program } from "./stack.js";

const plugin = createRequire(__filename)("pulumi-sluice/plugin") as typeof Plugin;
const HOSTS = ["dynamic", "plugin"] as const;

/** Two orders in which a person may write the same resources down: nothing but references holds them together. */
function programsOf(host: (typeof HOSTS)[number]): Record<"usual" | "other", Program> {
  // The classes of the hosts take the same arguments here.
  const { Connection, Deployment, ImportRules, Release, Schedule } = (
    host === "plugin" ? plugin : sluice
  ) as typeof sluice;
  const warehouse = () => new Connection("warehouse", { name: "warehouse", vendor: "postgres" });
  const orders = () => new Deployment("orders", { name: "orders" });
  type Made = { deployment: ReturnType<typeof orders>; connection: ReturnType<typeof warehouse> };
  const rules = ({ deployment, connection }: Made) =>
    new ImportRules("orders", {
      deploymentId: deployment.id,
      connections: [{ on: { uuid: WAREHOUSE }, with: connection.id }],
    });
  const release = ({ deployment }: Made, { connections, values }: ReturnType<typeof rules>) =>
    new Release("orders", {
      deploymentId: deployment.id,
      package: "orders-1.0.0.zip",
      rules: { connections, values },
    });
  const nightly = ({ deployment }: Made) =>
    new Schedule("nightly", {
      deploymentId: deployment.id,
      name: "nightly",
      triggers: [{ daily: { hourOfDay: 2, minuteOfHour: 0 }, timezone: "Europe/Berlin" }],
    });
  return {
    usual: () => {
      const connection = warehouse();
      const made = { connection, deployment: orders() };
      release(made, rules(made));
      nightly(made);
      return Promise.resolve();
    },
    other: () => {
      const deployment = orders();
      nightly({ deployment } as Made);
      const made = { deployment, connection: warehouse() };
      release(made, rules(made));
      return Promise.resolve();
    },
  };
}

describe.skipIf(isWithoutEngine)("the order in which a program makes its resources", () => {
  let test: EngineTest;
  afterEach(() => test.close());

  it.each(HOSTS)("does not matter on the %s host", async (host) => {
    test = await startEngineTest(host === "plugin" ? { plugin: resolve("bin") } : {});
    await writeOrdersPackages(test);
    const { usual, other } = programsOf(host);
    for (const [first, second] of [
      [usual, other],
      [other, usual],
    ] as const) {
      test.use(first);
      await test.stack.up();
      test.use(second);
      await test.stack.up({ expectNoChanges: true });
      await test.stack.destroy();
    }
    const { data } = await test.call<{ data: unknown[] }>("GET", "/v4/deployments");
    expect(data).toEqual([]);
  });
});
