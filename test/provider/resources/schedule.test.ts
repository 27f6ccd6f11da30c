import { describe, expect, it } from "vitest";
import { cronProblem, isTimezone } from "../../../provider/resources/cron.js";
import { nextFireTime, QuartzError } from "../../../platform/quartz.js";
import { seededDraws } from "../framework/random.js";
import type { Random } from "../framework/random.js";
import { smallPackage, WAREHOUSE_UUID, withFlow } from "../../flow/small-package.js";
import { makeConnection, makeDeployment } from "../by-hand.js";
import { errorOf } from "../client/scripted-server.js";
import { startProviderTest, writesOf } from "../provider-test.js";
import type { ManagedResource, ProviderTest, Values } from "../provider-test.js";

const daily = { daily: { hourOfDay: 2, minuteOfHour: 30 } };
const nightly = { name: "nightly", triggers: [daily] };

interface Prepared {
  test: ProviderTest;
  schedule: ManagedResource;
  release: ManagedResource;
  deploymentId: string;
  v1: Values;
  v2: Values;
}

/** A deployment with a release, ready to be scheduled. */
async function prepare(settings: Parameters<typeof startProviderTest>[0] = {}): Promise<Prepared> {
  const test = await startProviderTest(settings);
  const deploymentId = await makeDeployment(test);
  await makeConnection(test, "warehouse", WAREHOUSE_UUID);
  const parameters = [{ id: 90, name: "region", value: {} }];
  const first = withFlow(smallPackage(), () => ({ parameters }));
  const next = withFlow(first, () => ({ description: "second version" }));
  const v1 = { deploymentId, package: await test.packageFile("v1.zip", first) };
  const v2 = { deploymentId, package: await test.packageFile("v2.zip", next) };
  const release = test.resource("Release", "orders");
  await release.up(v1);
  return { test, schedule: test.resource("Schedule", "nightly"), release, deploymentId, v1, v2 };
}

async function schedules(test: ProviderTest, path = "/v4/deploymentSchedules"): Promise<Values[]> {
  return (await test.call<{ data: Values[] }>("GET", path)).data;
}

describe("triggers", () => {
  it.each([
    ["0 0 2 * * ?", undefined],
    ["0 0/15 8-18 ? * MON-FRI", undefined],
    ["0 0 12 1 1 ? 2099", undefined],
    ["0 0 2 29 2 ?", undefined],
    ["0 0 2 ? * 1", undefined],
    ["0 0 2 ? * 7", undefined],
    ["0 0 2 ? * 6#3", undefined],
    ["0 0 2 L * ?", undefined],
    ["0 0 22-2 ? * FRI-MON", undefined],
    ["0 0 2 ? jan-MAR 6L", undefined],
    ["0 0 2 15W * ?", undefined],
    ["0 0 2 LW * ?", undefined],
    ["0 ? 2 * * ?", "has a ? that is not a day"],
    ["0 2 * * *", 'has 5 fields; the platform reads Quartz format with seconds: "0 0 2 * * *"'],
    ["0 0 2", "has 3 fields"],
    ["0 0 2 30 2 ?", "never fires"],
    ["0 0 2 1 1 ? 2001", "never fires"],
    ["0 0 2 1 * MON", "sets both day-of-month and day-of-week"],
    ["0 0 25 * * ?", "cannot be read"],
    ["0 61 2 * * ?", "cannot be read"],
    ["0 0 2 ? * 9", "cannot be read"],
    ["every day", "has 2 fields"],
  ])("the cron expression %s: %s", (expression, problem) => {
    const said = cronProblem(expression, "Europe/Berlin");
    if (problem === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(problem);
  });

  it("are read as the platform reads them, 3000 random expressions", () => {
    const random = seededDraws(11);
    for (let round = 0; round < 3000; round += 1) {
      const expression = randomCron(random);
      expect(cronProblem(expression, "UTC") === undefined, expression).toBe(fires(expression));
    }
  });

  it("the time zones are those of the IANA database", () => {
    expect(["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"].filter(isTimezone)).toHaveLength(3);
    expect(["Mars/Olympus", "Berlin", ""].filter(isTimezone)).toEqual([]);
  });

  it.each<[string, Values, string]>([
    ["a cron that never fires", { cron: "0 0 2 31 2 ?" }, "triggers[0].cron"],
    ["a time zone that is none", { ...daily, timezone: "Mars/Olympus" }, "triggers[0].timezone"],
    ["two kinds", { ...daily, hourly: { minuteOfHour: 0 } }, "triggers[0]"],
    ["no kind", { timezone: "UTC" }, "triggers[0]"],
    ["an hour that is none", { daily: { hourOfDay: 24, minuteOfHour: 0 } }, "triggers[0].daily.hourOfDay"],
    [
      "no day",
      { weekly: { hourOfDay: 1, minuteOfHour: 0, daysOfWeek: [] } },
      "triggers[0].weekly.daysOfWeek",
    ],
    [
      "an eighth day",
      { weekly: { hourOfDay: 1, minuteOfHour: 0, daysOfWeek: [7] } },
      "triggers[0].weekly.daysOfWeek[0]",
    ],
    ["a time that is over", { oneTime: "2020-01-31T02:00:00Z" }, "triggers[0].oneTime"],
    ["a time that is no time", { oneTime: "tomorrow" }, "triggers[0].oneTime"],
  ])("with %s fail in the check, at their place", async (_name, trigger, property) => {
    const test = await startProviderTest();
    const deploymentId = await makeDeployment(test);
    const { failures } = await test
      .resource("Schedule")
      .check({ deploymentId, name: "nightly", triggers: [trigger] });
    expect(failures.map((failure) => failure.property)).toEqual([property]);
  });

  it("that fire once may be over later: that is no problem of the program", async () => {
    const { test, schedule, deploymentId } = await prepare();
    const soon = new Date(Date.now() + 1500).toISOString();
    const given = { deploymentId, name: "once", triggers: [{ oneTime: soon }] };
    await schedule.up(given);
    await expect.poll(() => Date.now() > Date.parse(soon), { timeout: 5000 }).toBe(true);
    expect((await schedule.check(given)).failures).toEqual([]);
    expect(await schedule.up({ ...given, name: "once, renamed" })).toBe("update");
    expect(await schedules(test)).toMatchObject([{ name: "once, renamed" }]);
  });
});

/** What the platform itself thinks of an expression. */
function fires(expression: string): boolean {
  try {
    return nextFireTime(expression, "UTC", new Date()) !== null;
  } catch (error) {
    if (error instanceof QuartzError) return false;
    throw error;
  }
}

/** An expression that is often right, sometimes never fires, and sometimes is none. */
function randomCron(random: Random): string {
  const number = (limit: number) => random.below(limit + (random.below(40) === 0 ? 5 : 0));
  const list = (limit: number, from = 0): string =>
    random.pick([
      () => "*",
      () => String(number(limit) + from),
      () => `${number(limit) + from}-${number(limit) + from}`,
      () => `${number(limit) + from}/${1 + random.below(limit)}`,
      () => `*/${1 + random.below(limit)}`,
      () => `${number(limit) + from},${number(limit) + from}`,
    ])();
  const month = random.pick([list(12, 1), "2", "JAN-MAR", "NOV-FEB", "Feb"]);
  const day = random.pick([list(31, 1), "30", "L", "LW", "15W"]);
  const weekday = random.pick([list(7, 1), "MON-FRI", "FRI-MON", "6L", "2#5", "L", "SUN"]);
  const days = random.pick([
    ["?", weekday],
    [day, "?"],
    ["*", weekday],
    [day, "*"],
    [day, weekday],
  ]);
  const year = random.pick([[], [], ["*"], ["2099"], ["2001"], ["2030/10"]]);
  return [list(60), list(60), list(24), days[0], month, days[1], ...year].join(" ");
}

describe("a paused schedule", () => {
  it("stays paused through an update that says nothing of it", async () => {
    const { test, schedule, deploymentId } = await prepare();
    await schedule.up({ deploymentId, ...nightly });
    expect(await schedules(test)).toMatchObject([{ enabled: true }]);
    await test.call("POST", `/v4/deploymentSchedules/${schedule.id}/disable`, {});
    await schedule.refresh();
    expect(await schedule.up({ deploymentId, ...nightly })).toBe("same");
    expect(await schedule.up({ deploymentId, ...nightly, name: "renamed" })).toBe("update");
    expect(await schedules(test)).toMatchObject([{ enabled: false, name: "renamed" }]);
  });

  it("fires again when the program says so", async () => {
    const { test, schedule, deploymentId } = await prepare();
    await schedule.up({ deploymentId, ...nightly, enabled: true });
    await test.call("POST", `/v4/deploymentSchedules/${schedule.id}/disable`, {});
    await schedule.refresh();
    expect(await schedule.up({ deploymentId, ...nightly, enabled: true })).toBe("update");
    expect(await schedules(test)).toMatchObject([{ enabled: true }]);
  });

  it("may be made paused", async () => {
    const { test, schedule, deploymentId } = await prepare();
    await schedule.up({ deploymentId, ...nightly, enabled: false });
    expect(await schedules(test)).toMatchObject([{ enabled: false }]);
  });
});

describe("a schedule of a deployment", () => {
  it("is bound to it and untouched by a promotion", async () => {
    const { test, schedule, release, deploymentId, v2 } = await prepare();
    await schedule.up({ deploymentId, ...nightly, parameters: { region: "02" } });
    expect(schedule.state.boundTo).toBe("deployment");
    const before = await schedules(test);
    expect(before).toMatchObject([
      { deployment: { id: 1 }, runParameters: { overrides: { data: [{ key: "region", value: "02" }] } } },
    ]);
    await release.up(v2);
    expect(await schedules(test)).toEqual(before);
  });

  it("shows parameters that were changed by hand", async () => {
    const { test, schedule, deploymentId } = await prepare();
    const given = { deploymentId, ...nightly, parameters: { region: "02" } };
    await schedule.up(given);
    const [found] = await schedules(test);
    await test.call("PUT", `/v4/deploymentSchedules/${schedule.id}`, {
      name: found?.name,
      deployment: found?.deployment,
      triggers: found?.triggers,
    });
    await schedule.refresh();
    expect(schedule.state.parameters).toEqual({});
    expect(await schedule.up(given)).toBe("update");
    await schedule.refresh();
    expect(schedule.state.parameters).toEqual({ region: "02" });
  });

  it("moves to another deployment by a new one", async () => {
    const { test, schedule, deploymentId } = await prepare();
    await schedule.up({ deploymentId, ...nightly });
    expect(await schedule.up({ ...nightly, deploymentId: await makeDeployment(test, "other") })).toBe(
      "replace",
    );
    expect(await schedules(test)).toMatchObject([{ deployment: { id: 2 } }]);
  });
});

describe.each([
  { deploymentSchedules: true, path: "/v4/deploymentSchedules" },
  { deploymentSchedules: false, path: "/v4/schedules" },
])(
  "a name that exists, on a platform with deploymentSchedules $deploymentSchedules",
  ({ path, ...settings }) => {
    it("in the same deployment stops before anything is written, and is taken over with adopt", async () => {
      const { test, schedule, deploymentId } = await prepare(settings);
      await schedule.up({ deploymentId, ...nightly });
      const second = test.resource("Schedule", "second");
      const requests = await test.requestsDuring(async () => {
        const error = await errorOf(second.up({ deploymentId, ...nightly }));
        expect(error.message).toContain(
          'a schedule named "nightly" of this deployment already exists (id 1)',
        );
      });
      expect(writesOf(requests)).toEqual([]);
      await second.up({ deploymentId, ...nightly, triggers: [{ hourly: { minuteOfHour: 1 } }], adopt: true });
      expect(second.id).toBe(schedule.id);
      expect(await schedules(test, path)).toMatchObject([
        { triggers: [{ timeBased: { hourly: { minuteOfHour: 1 } } }] },
      ]);
    });

    it("in another deployment is another schedule", async () => {
      const { test, schedule, deploymentId, v1 } = await prepare(settings);
      await schedule.up({ deploymentId, ...nightly });
      const other = await makeDeployment(test, "other");
      await test.resource("Release", "other").up({ ...v1, deploymentId: other });
      expect(await test.resource("Schedule", "other").up({ deploymentId: other, ...nightly })).toBe("create");
      expect(await schedules(test, path)).toHaveLength(2);
    });
  },
);

describe("on a platform that schedules flows only", () => {
  const plain = { deploymentSchedules: false };

  async function flows(test: ProviderTest): Promise<unknown[]> {
    const found = (await schedules(test, "/v4/schedules")) as { tasks: { runFlow: { flowId: number } }[] }[];
    return found.map(({ tasks }) => tasks.map(({ runFlow }) => String(runFlow.flowId)));
  }

  it("a schedule runs the active release's primary flow, and moves with every activation", async () => {
    const { test, schedule, release, deploymentId, v1, v2 } = await prepare(plain);
    await schedule.up({ deploymentId, ...nightly });
    expect(schedule.state.boundTo).toBe("flow");
    const first = release.state.primaryFlowId;
    expect(await flows(test)).toEqual([[first]]);
    await release.up(v2);
    expect(release.state.primaryFlowId).not.toBe(first);
    expect(await flows(test)).toEqual([[release.state.primaryFlowId]]);
    await schedule.refresh();
    expect(await schedule.up({ deploymentId, ...nightly })).toBe("same");
    await release.up(v1);
    expect(await flows(test)).toEqual([[first]]);
  });

  it("a move that failed is made by the next run", async () => {
    const { test, schedule, release, deploymentId, v2 } = await prepare(plain);
    await schedule.up({ deploymentId, ...nightly });
    await release.up(v2);
    const flow = release.state.primaryFlowId;
    const [found] = await schedules(test, "/v4/schedules");
    await test.call("PUT", `/v4/schedules/${schedule.id}`, {
      name: found?.name,
      triggers: found?.triggers,
      tasks: [{ runFlow: { flowId: 1 } }],
    });
    await release.up({ ...v2, notes: "again" });
    expect(await flows(test)).toEqual([[flow]]);
  });

  it("schedules of other flows stay where they are", async () => {
    const { test, release, deploymentId, v1, v2 } = await prepare(plain);
    const other = await makeDeployment(test, "other");
    const elsewhere = test.resource("Release", "other");
    await elsewhere.up({ ...v1, deploymentId: other });
    await test.resource("Schedule", "other").up({ deploymentId: other, ...nightly });
    await test.resource("Schedule", "mine").up({ deploymentId, ...nightly });
    await release.up(v2);
    const expected = [[elsewhere.state.primaryFlowId], [release.state.primaryFlowId]];
    expect((await flows(test)).sort()).toEqual(expected.sort());
  });

  it("parameters are refused by the check, with what to do instead", async () => {
    const { schedule, deploymentId } = await prepare(plain);
    const { failures } = await schedule.check({ deploymentId, ...nightly, parameters: { region: "02" } });
    expect(failures.map(({ property }) => property)).toEqual(["parameters"]);
    expect(failures[0]?.reason).toContain("set them as overrides of the flow instead");
  });

  it("a deployment without an active release of ours says what to pass", async () => {
    const test = await startProviderTest(plain);
    const deploymentId = await makeDeployment(test);
    const error = await errorOf(test.resource("Schedule").up({ deploymentId, ...nightly }));
    expect(error.message).toContain(
      "pass the Release's `deploymentId`, so that the schedule is made after it",
    );
  });
});
