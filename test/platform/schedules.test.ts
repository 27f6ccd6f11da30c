import { describe, expect, test } from "vitest";
import { createOrdersDeployment, ordersBytes } from "./orders-package.js";
import { startTestPlatform, type TestPlatform } from "./platform-fixture.js";

const NIGHTLY = [{ timeBased: { cron: { expression: "0 0 2 * * ?" }, timezone: "Europe/Berlin" } }];

/** The two APIs differ in what a schedule runs; the rest is one contract. */
const APIS = [
  { path: "/v4/schedules", noun: "a schedule", target: { tasks: [{ runFlow: { flowId: 1 } }] } },
  { path: "/v4/deploymentSchedules", noun: "a deployment schedule", target: { deployment: { id: 1 } } },
] as const;

async function startWithRelease(): Promise<TestPlatform> {
  const platform = await startTestPlatform();
  await createOrdersDeployment(platform);
  await platform.upload("/v4/deployments/1/releases", await ordersBytes());
  return platform;
}

describe.each(APIS)("$noun", ({ path, target }) => {
  const body = { name: "nightly", ...target, triggers: NIGHTLY };

  test("is answered whole and enabled when it is made", async () => {
    const platform = await startWithRelease();
    const made = await platform.call("POST", path, body);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      id: 1,
      ...body,
      enabled: true,
      creator: { id: 1 },
      updater: { id: 1 },
    });
    expect((await platform.call("GET", `${path}/1`)).body).toEqual(made.body);
    expect((await platform.call("GET", path)).body.data).toEqual([made.body]);
    expect((await platform.call("GET", `${path}/count`)).body).toEqual({ count: 1 });
  });

  test("stays paused when a change does not speak of it", async () => {
    const platform = await startWithRelease();
    await platform.call("POST", path, body);
    expect((await platform.call("POST", `${path}/1/disable`)).body).toMatchObject({ id: 1, enabled: false });
    const changed = await platform.call("PUT", `${path}/1`, { ...body, name: "renamed" });
    expect([changed.status, changed.body]).toEqual([
      200,
      { id: 1, updater: { id: 1 }, updatedAt: expect.any(String) as string },
    ]);
    expect((await platform.call("GET", `${path}/1`)).body).toMatchObject({ name: "renamed", enabled: false });
    expect((await platform.call("POST", `${path}/1/enable`)).body).toMatchObject({ enabled: true });
    await platform.call("PUT", `${path}/1`, { ...body, enabled: false });
    expect((await platform.call("GET", `${path}/1`)).body.enabled).toBe(false);
  });

  test("is gone when it was deleted", async () => {
    const platform = await startWithRelease();
    await platform.call("POST", path, { ...body, enabled: false });
    expect((await platform.call("GET", `${path}/1`)).body.enabled).toBe(false);
    expect((await platform.call("DELETE", `${path}/1`)).status).toBe(204);
    for (const [method, suffix] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/enable"],
    ] as const) {
      const answer = await platform.call(method, `${path}/1${suffix}`);
      expect([answer.status, answer.body.exception.name]).toEqual([404, "DataNotFoundException"]);
    }
  });

  test.each([
    [{ cron: { expression: "0 0 2 * * ?" }, timezone: "Berlin" }, "triggers[1].timeBased.timezone"],
    [{ cron: { expression: "0 0 2 * *" } }, "triggers[1].timeBased.cron.expression"],
    [{ cron: { expression: "0 0 0 31 2 ?" } }, '"0 0 0 31 2 ?" never fires'],
    [{ oneTime: { utcDateTime: "2020-01-01T00:00:00Z" } }, '"2020-01-01T00:00:00Z" is over'],
    [{ oneTime: { utcDateTime: "tomorrow" } }, '"tomorrow" is no ISO date and time'],
    [{ timezone: "UTC" }, "must have exactly one of cron, hourly,"],
    [{ hourly: { minuteOfHour: 1 }, daily: { hourOfDay: 1, minuteOfHour: 1 } }, "it has hourly, daily"],
  ])("with the trigger %j is refused", async (timeBased, message) => {
    const platform = await startWithRelease();
    const { status, body: answer } = await platform.call("POST", path, {
      ...body,
      triggers: [...NIGHTLY, { timeBased }],
    });
    expect([status, answer.exception.name]).toEqual([400, "ValidationFailed"]);
    expect((answer.exception.details as string[]).join("\n")).toContain(message);
    expect((await platform.call("GET", `${path}/count`)).body).toEqual({ count: 0 });
  });

  test.each([
    [{ hourly: { minuteOfHour: 30 } }],
    [{ daily: { hourOfDay: 2, minuteOfHour: 30, onlyWorkingDays: true } }],
    [{ weekly: { hourOfDay: 2, minuteOfHour: 30, daysOfWeek: [1, "FRIDAY", "sun"] } }],
    [{ monthly: { hourOfDay: 2, minuteOfHour: 30, daysOfMonth: [1, 15] }, timezone: "Asia/Tokyo" }],
    [{ monthlyWeekday: { hourOfDay: 2, minuteOfHour: 30, dayOfWeek: 1, nthWeekDayOfMonth: 2 } }],
    [{ oneTime: { utcDateTime: "2999-01-01T00:00:00Z" } }],
  ])("keeps the trigger %j as it came", async (timeBased) => {
    const platform = await startWithRelease();
    await platform.call("POST", path, { ...body, triggers: [{ timeBased }] });
    expect((await platform.call("GET", `${path}/1`)).body.triggers).toEqual([{ timeBased }]);
  });

  test.each([
    ["no triggers", { triggers: [] }],
    ["an hour of 25", { triggers: [{ timeBased: { daily: { hourOfDay: 25, minuteOfHour: 0 } } }] }],
    [
      "a wrong weekday",
      { triggers: [{ timeBased: { weekly: { hourOfDay: 1, minuteOfHour: 0, daysOfWeek: ["Funday"] } } }] },
    ],
    ["an unknown member", { owner: 1 }],
  ])("with %s does not match the schema", async (_case, change) => {
    const platform = await startWithRelease();
    const { status, body: answer } = await platform.call("POST", path, { ...body, ...change });
    expect([status, answer.exception.name]).toEqual([400, "ApiValidationFailed"]);
  });
});

test("a flow that does not exist cannot be scheduled", async () => {
  const platform = await startTestPlatform();
  const { status, body } = await platform.call("POST", "/v4/schedules", {
    name: "nightly",
    triggers: NIGHTLY,
    tasks: [{ runFlow: { flowId: "7" } }],
  });
  expect([status, body.exception.details]).toEqual([
    400,
    ["tasks[0].runFlow.flowId: flow 7 does not exist in this environment"],
  ]);
});

test("a deployment that does not exist or was deleted cannot be scheduled", async () => {
  const platform = await startTestPlatform();
  await platform.call("POST", "/v4/deployments", { name: "orders" });
  await platform.call("DELETE", "/v4/deployments/1");
  for (const id of [1, 2]) {
    const { status, body } = await platform.call("POST", "/v4/deploymentSchedules", {
      name: "nightly",
      triggers: NIGHTLY,
      deployment: { id },
    });
    expect([status, body.exception.name]).toEqual([400, "ValidationFailed"]);
    expect(body.exception.details).toContain(`deployment.id:`);
  }
});

test("deployment schedules keep their parameters and are listed by deployment", async () => {
  const platform = await startTestPlatform();
  const runParameters = { overrides: { data: [{ key: "region", value: "02" }] } };
  for (const name of ["orders", "sales"]) {
    const { body } = await platform.call("POST", "/v4/deployments", { name });
    await platform.call("POST", "/v4/deploymentSchedules", {
      name,
      triggers: NIGHTLY,
      runParameters,
      deployment: { id: String(body.id) },
    });
  }
  const { body } = await platform.call("GET", "/v4/deploymentSchedules?deploymentId=2");
  expect(body.data).toMatchObject([{ name: "sales", deployment: { id: 2 }, runParameters }]);
});

test("people see their own schedules only", async () => {
  const platform = await startWithRelease();
  await platform.call("POST", "/v4/schedules", {
    name: "nightly",
    triggers: NIGHTLY,
    tasks: [{ runFlow: { flowId: 1 } }],
  });
  await platform.call("POST", "/v4/people", { email: "ana@example.com", password: "a-long-password" });
  const headers = { authorization: `Basic ${btoa("ana@example.com:a-long-password")}` };
  expect((await platform.callAs(headers, "GET", "/v4/schedules")).body.data).toEqual([]);
  expect((await platform.callAs(headers, "DELETE", "/v4/schedules/1")).status).toBe(403);
});
