import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ordersProgram, releasesOf, WAREHOUSE, writeOrdersPackages } from "./orders.js";
import type { OrdersChanges } from "./orders.js";
import { isWithoutEngine, sluice, startEngineTest, writesOf } from "./stack.js";
import type { EngineTest, Program } from "./stack.js";

describe.skipIf(isWithoutEngine)("objects that are not the program's", () => {
  let test: EngineTest;
  let other: EngineTest;

  beforeAll(async () => {
    test = await startEngineTest();
    other = await startEngineTest({ beside: test, stackName: "other" });
    await writeOrdersPackages(test);
    await writeOrdersPackages(other);
  });
  afterAll(async () => {
    await other.close();
    await test.close();
  });

  async function refusalOf(stack: EngineTest, program: Program): Promise<string> {
    stack.use(program);
    let message = "";
    const requests = await test.requestsDuring(async () => {
      message = await stack.failureOf(() => stack.stack.preview());
    });
    expect(writesOf(requests)).toEqual([]);
    return message;
  }
  const one = (make: () => unknown): Program => {
    return () => {
      make();
      return Promise.resolve();
    };
  };

  it("stop a preview when the name is taken, and are taken over with `adopt: true`", async () => {
    const connection = { name: "warehouse", vendor: "postgres", vendorName: "postgres", type: "jdbc" };
    const made = { ...connection, host: "old.example.com", credentialType: "basic", params: {} };
    await test.call("POST", "/v4/connections", { ...made, credentials: [] });
    await test.call("POST", "/v4/deployments", { name: "orders" });

    const warehouse = (adopt: boolean) => () =>
      new sluice.Connection("warehouse", {
        name: "warehouse",
        vendor: "postgres",
        host: "db.example.com",
        adopt,
      });
    expect(await refusalOf(test, one(warehouse(false)))).toContain(
      'property name value {warehouse} has a problem: a connection named "warehouse" already exists (id 1), where this update would make one: another program or a person made it, an update of this stack broke off, or `--replace` asks for a second one; set `adopt: true` to take it over, or choose another name',
    );
    const orders = (adopt: boolean) => () => new sluice.Deployment("orders", { name: "orders", adopt });
    expect(await refusalOf(test, one(orders(false)))).toContain(
      'property name value {orders} has a problem: a deployment named "orders" already exists (id 1)',
    );

    const changes: OrdersChanges = { connection: { adopt: true }, deployment: { adopt: true } };
    test.use(ordersProgram(changes));
    const requests = await test.requestsDuring(() => test.stack.up());
    expect(writesOf(requests).slice(0, 1)).toEqual(["PATCH /vN/connections/N"]);
    const { data } = await test.call<{ data: { host: string }[] }>("GET", "/v4/connections");
    expect(data).toMatchObject([{ id: 1, host: "db.example.com" }]);
    expect(await releasesOf(test)).toMatchObject([{ id: 1, deployment: { id: 1 }, active: true }]);
  });

  it("belong to another stack's program, which the message names, until `adopt: true` takes over", async () => {
    const release = (adopt: boolean) => () =>
      new sluice.Release("orders", {
        deploymentId: "1",
        package: "orders-1.1.0.zip",
        rules: {
          connections: [{ on: { uuid: WAREHOUSE }, with: "1" }],
          values: [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" }],
        },
        adopt,
      });
    expect(await refusalOf(other, one(release(false)))).toContain(
      "the active release #1 of deployment 1 belongs to engine-test/prod/orders; two programs on one deployment would undo each other. Give this program a deployment of its own, or set `adopt: true` to take over",
    );
    const rules = () => new sluice.ImportRules("orders", { deploymentId: "1" });
    expect(await refusalOf(other, one(rules))).toContain(
      "deployment 1 already has import rules (1 for connections, 1 for values) and its active release was imported by engine-test/prod/orders: two stacks would set the rules in turns; set `adopt: true` to replace them, or manage",
    );
    const schedule = (adopt: boolean) => () =>
      new sluice.Schedule("nightly", {
        deploymentId: "1",
        name: "nightly",
        triggers: [{ hourly: { minuteOfHour: 7 } }],
        adopt,
      });
    expect(await refusalOf(other, one(schedule(false)))).toContain(
      'property name value {nightly} has a problem: a schedule named "nightly" of this deployment already exists (id 1), where this update would make one: the active release of its deployment was imported by engine-test/prod/orders, so that it is most likely the work of that stack; set',
    );

    other.use(one(() => [release(true)(), schedule(true)()]));
    const requests = await test.requestsDuring(() => other.stack.up());
    expect(writesOf(requests).sort()).toEqual([
      "PATCH /vN/releases/N",
      "POST /vN/deployments/N/releases",
      "PUT /vN/deploymentSchedules/N",
    ]);
    expect(await test.call("GET", "/v4/deploymentSchedules/1")).toMatchObject({
      triggers: [{ timeBased: { hourly: { minuteOfHour: 7 } } }],
    });
    expect(await releasesOf(test)).toMatchObject([{ active: null }, { active: true }]);

    test.use(ordersProgram({ connection: { adopt: true }, deployment: { adopt: true }, version: "1.1.0" }));
    let message = "";
    const refused = await test.requestsDuring(async () => {
      message = await test.failureOf(() => test.stack.up());
    });
    expect(writesOf(refused)).toEqual([]);
    expect(message).toContain("belongs to engine-test/other/orders");
  });

  it("survive a destroy: a deployment with another program's releases is not deleted", async () => {
    const message = await test.failureOf(() => test.stack.destroy());
    expect(message).toMatch(
      /deleting Deployment "orders": deployment "orders" holds 1 release\(s\) that this stack did not import \(#2\); remove them first, or set `forceDelete: true`/,
    );
    expect(await releasesOf(test)).toMatchObject([{ id: 2, active: true }]);
    await other.stack.destroy();
    await test.stack.destroy();
    expect((await test.call<{ data: unknown[] }>("GET", "/v4/deployments")).data).toEqual([]);
  });
});
