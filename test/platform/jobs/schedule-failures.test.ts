import { join } from "node:path";
import Libsql from "libsql";
import { expect, it } from "vitest";
import { makeDirectory } from "../platform-fixture.js";
import { startPlatformProcess } from "../platform-process.js";
import { oneRecipe, withFileOutput } from "./job-fixture.js";
import { countGroups, DUE, lastRun, schedule, SCHEDULED_FLOW, start } from "./schedule-fixture.js";

/** Carries out a statement in a platform's own database; answers the rows of a query. */
function inStore(data: string, sql: string): unknown[] {
  const store = new Libsql(join(data, "platform.db"));
  try {
    const statement = store.prepare(sql);
    return statement.reader ? statement.all() : (statement.run(), []);
  } finally {
    store.close();
  }
}

it("a schedule whose creator is disabled does not run, and says why", async () => {
  const { platform, clock, data } = await start();
  await platform.deploy(SCHEDULED_FLOW);
  await schedule(platform, clock);
  inStore(data, `update people set "isDisabled" = 1`);
  await clock.moveTo(DUE);
  inStore(data, `update people set "isDisabled" = 0`);
  expect(await countGroups(platform)).toBe(0);
  expect(await lastRun(platform)).toMatchObject({
    status: "Failed",
    reason: expect.stringMatching(/^the schedule runs as admin@sluice.local, who is disabled; /) as string,
    jobGroups: [],
  });
  await clock.moveTo("2030-01-16T01:00:00Z");
  expect(await lastRun(platform)).toMatchObject({ status: "Started", jobGroups: [{ id: 1 }] });
});

it("a schedule's parameters reach its job, and dates in paths are those of its moment", async () => {
  const { platform, clock } = await start();
  const parameter = (id: number, name: string, value: object, index: number) => ({
    id,
    type: "path",
    name,
    value,
    insertions: [{ index, order: 0 }],
  });
  const pkg = withFileOutput(oneRecipe(["drop col: price action: Drop"], { manual: false }), {
    path: "s3://acme-dev/out/-.csv",
    parameters: [
      parameter(1, "region", { variable: { value: "EU" } }, 18),
      parameter(2, "day", { timestamp: { format: "yyyy-MM-dd HH", timezone: "Europe/Berlin" } }, 19),
    ],
  });
  await platform.deploy(pkg);
  await schedule(platform, clock, {
    runParameters: { overrides: { data: [{ key: "region", value: "US" }] } },
  });
  await clock.moveTo("2030-01-15T01:00:30Z");
  expect(await platform.ended(1)).toMatchObject({ failureReason: null });
  expect(platform.read("out/US-2030-01-15 02.csv")).toContain("order_id");
});

it("a platform that is killed between taking a moment and its run never runs it twice, and tells of it", async () => {
  const data = makeDirectory();
  const first = await start(data, "2030-01-15T00:00:00Z", { fireSchedules: false });
  await first.platform.deploy(SCHEDULED_FLOW);
  const triggers = [{ timeBased: { cron: { expression: "* * * * * ?" }, timezone: "UTC" } }];
  await schedule(first.platform, first.clock, { triggers });
  await first.platform.close();

  // The first write of a run takes longer than any test: the moment is taken, and nothing is started.
  const endless = `with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n`;
  inStore(data, `create trigger "stuck" before insert on "flowRuns" begin ${endless}; end`);
  const { process, ended } = await startPlatformProcess(data);
  const taken = () =>
    inStore(data, `select "lastRun" from "deploymentSchedules" where "lastRun" like '%Starting%'`);
  await expect.poll(taken, { timeout: 20_000, interval: 20 }).toHaveLength(1);
  process.kill("SIGKILL");
  await ended;
  inStore(data, `drop trigger "stuck"`);
  const [{ lastRun: stored } = { lastRun: "{}" }] = taken() as { lastRun: string }[];
  const { scheduledFor } = JSON.parse(stored) as { scheduledFor: string };

  const { platform, clock, lines } = await start(data, scheduledFor);
  expect(await countGroups(platform)).toBe(0);
  expect(await lastRun(platform)).toMatchObject({
    scheduledFor,
    status: "Failed",
    reason: "platform stopped while it started the run; look whether its job groups are there",
  });
  expect(lines.join("")).toContain("a schedule was cut off");
  await clock.moveTo(new Date(Date.parse(scheduledFor) + 1000).toISOString());
  expect(await countGroups(platform)).toBe(1);
  expect((await platform.ended(1))["runParameterReferenceDate"]).not.toBe(scheduledFor);
});
