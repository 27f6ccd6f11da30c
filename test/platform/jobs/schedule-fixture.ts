import { expect } from "vitest";
import { makeDirectory } from "../platform-fixture.js";
import { ordersFlow, startJobPlatform, type JobPlatform } from "./job-fixture.js";
import { ManualClock } from "./manual-clock.js";

/** When the clocks of these tests begin to stand. */
export const START = "2030-01-15T00:00:00Z";
/** The first moment of `schedule`: two in the morning in Berlin. */
export const DUE = "2030-01-15T01:00:00.000Z";
const NIGHTLY = [{ timeBased: { daily: { hourOfDay: 2, minuteOfHour: 0 }, timezone: "Europe/Berlin" } }];
/** Path of deployment schedules. */
export const SCHEDULES = "/v4/deploymentSchedules";

/** A flow that writes manual.csv when it is run by hand and nightly.csv when it is run by a schedule. */
export const SCHEDULED_FLOW = ordersFlow({
  outputs: [
    { recipe: "Clean orders", file: "s3://acme-dev/manual.csv", action: "overwrite", manual: true },
    { recipe: "Clean orders", file: "s3://acme-dev/nightly.csv", action: "create", manual: false },
  ],
});

/** A platform with a clock that stands still, and the lines of its log. */
export async function start(data = makeDirectory(), time = START, settings = {}) {
  const clock = new ManualClock(time);
  const lines: string[] = [];
  const log = { write: (line: string) => void lines.push(line) };
  const platform = await startJobPlatform(settings, data, { clock, log });
  return { platform, clock, lines, data };
}

/** Makes a schedule of deployment 1, and lets the clock find its first moment; answers its id. */
export async function schedule(
  platform: JobPlatform,
  clock: ManualClock,
  body: object = {},
  path = SCHEDULES,
) {
  const made = await platform.call("POST", path, {
    name: "nightly",
    triggers: NIGHTLY,
    ...(path === SCHEDULES ? { deployment: { id: 1 } } : {}),
    ...body,
  });
  expect(made.status).toBe(201);
  expect(made.body.lastRun).toBeNull();
  await clock.moveTo(clock.now().toISOString());
  return made.body.id as number;
}

/** What a schedule tells of its last moment. */
export async function lastRun(platform: JobPlatform, id = 1, path = SCHEDULES) {
  return (await platform.call("GET", `${path}/${id}`)).body.lastRun as Record<string, unknown> | null;
}

/** How many job groups there are. */
export async function countGroups(platform: JobPlatform): Promise<number> {
  return (await platform.call("GET", "/v4/jobGroups/count")).body.count as number;
}
