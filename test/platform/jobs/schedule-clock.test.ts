import { describe, expect, it } from "vitest";
import { makeDirectory } from "../platform-fixture.js";
import { packageForm } from "../flow-fixture.js";
import { ordersFlow } from "./job-fixture.js";
import {
  countGroups,
  DUE,
  lastRun,
  schedule,
  SCHEDULED_FLOW,
  SCHEDULES,
  start,
  START,
} from "./schedule-fixture.js";

describe("a deployment schedule", () => {
  it("runs the scheduled outputs at its moment, once, with its parameters and its moment as date", async () => {
    const { platform, clock } = await start();
    await platform.deploy(SCHEDULED_FLOW);
    const data = [{ key: "region", value: "02" }];
    await schedule(platform, clock, { runParameters: { overrides: { data } } });
    await clock.moveTo("2030-01-15T00:59:59.999Z");
    expect(await countGroups(platform)).toBe(0);
    await clock.moveTo("2030-01-15T01:00:00.500Z");
    await clock.moveTo("2030-01-15T01:00:01.500Z");
    expect(await countGroups(platform)).toBe(1);
    expect(await platform.ended(1)).toMatchObject({
      status: "Complete",
      ranfrom: "schedule",
      runParameterReferenceDate: DUE,
    });
    expect(platform.read("nightly.csv")).toContain("order_id,");
    expect(() => platform.read("manual.csv")).toThrow("ENOENT");
    expect(await lastRun(platform)).toEqual({
      scheduledFor: DUE,
      status: "Started",
      reason: null,
      jobGroups: [{ id: 1 }],
    });
    await clock.moveTo("2030-01-16T01:00:00Z");
    expect(await countGroups(platform)).toBe(2);
  });

  it("runs the release that is active at its moment, and tells when none is", async () => {
    const { platform, clock, lines } = await start();
    await platform.deploy(SCHEDULED_FLOW);
    await schedule(platform, clock);
    await platform.call("POST", "/v4/deployments/1/releases", await packageForm(SCHEDULED_FLOW));
    await clock.moveTo(DUE);
    expect((await platform.call("GET", "/v4/flowRuns/1")).body).toMatchObject({ release: { id: 2 } });
    await platform.call("PATCH", "/v4/releases/2", { active: false });
    await clock.moveTo("2030-01-16T01:00:00Z");
    expect(await lastRun(platform)).toMatchObject({
      scheduledFor: "2030-01-16T01:00:00.000Z",
      status: "Failed",
      reason: expect.stringContaining("has no active release") as string,
      jobGroups: [],
    });
    expect(lines.join("")).toContain("a schedule could not run");
    await platform.call("PATCH", "/v4/releases/1", { active: true });
    await clock.moveTo("2030-01-17T01:00:00Z");
    expect((await platform.call("GET", "/v4/flowRuns/2")).body).toMatchObject({ release: { id: 1 } });
  });

  it("that is disabled does not run, and makes nothing up when it is enabled", async () => {
    const { platform, clock } = await start();
    await platform.deploy(SCHEDULED_FLOW);
    await schedule(platform, clock);
    await platform.call("POST", `${SCHEDULES}/1/disable`);
    await clock.moveTo(DUE);
    await platform.call("POST", `${SCHEDULES}/1/enable`);
    await clock.moveTo("2030-01-15T01:00:01Z");
    expect([await countGroups(platform), await lastRun(platform)]).toEqual([0, null]);
    await clock.moveTo("2030-01-16T01:00:00Z");
    expect(await countGroups(platform)).toBe(1);
  });

  it("does not run a moment again when it is changed, and goes by its new triggers", async () => {
    const { platform, clock } = await start();
    await platform.deploy(SCHEDULED_FLOW);
    await schedule(platform, clock);
    await clock.moveTo(DUE);
    const triggers = [{ timeBased: { hourly: { minuteOfHour: 0 } } }];
    await platform.call("PUT", `${SCHEDULES}/1`, { name: "hourly", deployment: { id: 1 }, triggers });
    await clock.moveTo(DUE);
    expect(await countGroups(platform)).toBe(1);
    await clock.moveTo("2030-01-15T02:00:00Z");
    expect(await countGroups(platform)).toBe(2);
  });

  it("for one time runs once", async () => {
    const { platform, clock } = await start();
    await platform.deploy(SCHEDULED_FLOW);
    await schedule(platform, clock, { triggers: [{ timeBased: { oneTime: { utcDateTime: DUE } } }] });
    for (const time of [DUE, "2030-01-15T01:00:30Z", "2030-01-16T01:00:00Z"]) await clock.moveTo(time);
    expect(await countGroups(platform)).toBe(1);
  });

  it("runs what a run by hand writes, where the release has nothing for schedules", async () => {
    const { platform, clock } = await start();
    await platform.deploy(ordersFlow());
    await schedule(platform, clock);
    await clock.moveTo(DUE);
    expect(await lastRun(platform)).toMatchObject({ status: "Started", reason: null });
    expect(await countGroups(platform)).toBe(1);
  });

  it("whose release writes nothing at all says so", async () => {
    const { platform, clock } = await start();
    await platform.deploy(ordersFlow({ outputs: [] }));
    await schedule(platform, clock);
    await clock.moveTo(DUE);
    expect(await lastRun(platform)).toMatchObject({
      status: "Failed",
      reason: expect.stringContaining("no output for scheduled runs") as string,
    });
  });
});

describe("after a restart", () => {
  it("a moment that has run does not run again, and one less than a minute ago still does", async () => {
    const first = await start();
    await first.platform.deploy(SCHEDULED_FLOW);
    await schedule(first.platform, first.clock);
    await first.clock.moveTo(DUE);
    await first.platform.close();
    const again = await start(first.data, "2030-01-15T01:00:05Z");
    expect(await countGroups(again.platform)).toBe(1);
    await again.platform.close();
    const { platform } = await start(first.data, "2030-01-16T01:00:59Z");
    expect(await countGroups(platform)).toBe(2);
    expect(await lastRun(platform)).toMatchObject({ scheduledFor: "2030-01-16T01:00:00.000Z" });
  });

  it("moments that are longer ago are told as missed and left out", async () => {
    const first = await start();
    await first.platform.deploy(SCHEDULED_FLOW);
    await schedule(first.platform, first.clock);
    await first.platform.close();
    const { platform, clock, lines } = await start(first.data, "2030-01-17T12:00:00Z");
    expect(await countGroups(platform)).toBe(0);
    expect(await lastRun(platform)).toMatchObject({
      scheduledFor: "2030-01-17T01:00:00.000Z",
      status: "Missed",
      reason: expect.stringMatching(/^3 runs from 2030-01-15T01:00:00.000Z until 2030-01-17T01/) as string,
    });
    expect(lines.join("")).toContain("a schedule missed its time");
    await clock.moveTo("2030-01-18T01:00:00Z");
    expect(await countGroups(platform)).toBe(1);
  });
});

it("a schedule of flows runs each of them, and one that is gone does not stop the others", async () => {
  const { platform, clock } = await start();
  for (const deployment of [1, 2]) expect(await platform.deploy(SCHEDULED_FLOW)).toBe(deployment);
  const tasks = [1, 2].map((flowId) => ({ runFlow: { flowId } }));
  await schedule(platform, clock, { tasks }, "/v4/schedules");
  await platform.call("DELETE", "/v4/deployments/1");
  await clock.moveTo(DUE);
  expect(await lastRun(platform, 1, "/v4/schedules")).toMatchObject({
    status: "Failed",
    reason: expect.stringContaining("no access to flow 1") as string,
    jobGroups: [{ id: 1 }],
  });
});

it("with the setting off nothing runs", async () => {
  const { platform, clock } = await start(makeDirectory(), START, { fireSchedules: false });
  await platform.deploy(SCHEDULED_FLOW);
  await schedule(platform, clock);
  await clock.moveTo(DUE);
  expect([await countGroups(platform), await lastRun(platform)]).toEqual([0, null]);
});
