import { describe, expect, it } from "vitest";
import { nextMoment } from "../../platform/fire-times.js";
import type { TimeBased } from "../../platform/triggers.js";

/** The next moments after a time, minutes only. */
function momentsOf(timeBased: TimeBased, after: string, count: number): string[] {
  const found: string[] = [];
  let time: Date | null = new Date(after);
  while (found.length < count) {
    time = nextMoment([{ timeBased }], time);
    if (time === null) break;
    found.push(time.toISOString().slice(0, 16));
  }
  return found;
}

const BERLIN = { timezone: "Europe/Berlin" };

describe("a trigger", () => {
  it.each<[string, TimeBased, string, string[]]>([
    [
      "daily keeps its local hour when clocks go forward",
      { daily: { hourOfDay: 6, minuteOfHour: 0 }, ...BERLIN },
      "2027-03-27T00:00:00Z",
      ["2027-03-27T05:00", "2027-03-28T04:00", "2027-03-29T04:00"],
    ],
    [
      "daily in the hour that is left out fires once, an hour later by the clocks",
      { daily: { hourOfDay: 2, minuteOfHour: 30 }, ...BERLIN },
      "2027-03-27T12:00:00Z",
      ["2027-03-28T01:30", "2027-03-29T00:30"],
    ],
    [
      "daily in the hour that comes twice fires once",
      { daily: { hourOfDay: 2, minuteOfHour: 30 }, ...BERLIN },
      "2027-10-30T12:00:00Z",
      ["2027-10-31T00:30", "2027-11-01T01:30"],
    ],
    [
      "hourly fires in every real hour when clocks go back",
      { hourly: { minuteOfHour: 30 }, ...BERLIN },
      "2027-10-30T23:45:00Z",
      ["2027-10-31T00:30", "2027-10-31T01:30", "2027-10-31T02:30"],
    ],
    [
      "hourly fires in every real hour when clocks go forward",
      { hourly: { minuteOfHour: 30 }, ...BERLIN },
      "2027-03-28T00:00:00Z",
      ["2027-03-28T00:30", "2027-03-28T01:30", "2027-03-28T02:30"],
    ],
    [
      "of every 20 minutes goes on through the hour that comes twice",
      { cron: { expression: "0 0/20 * * * ?" }, ...BERLIN },
      "2027-10-31T00:30:00Z",
      ["2027-10-31T00:40", "2027-10-31T01:00", "2027-10-31T01:20", "2027-10-31T01:40", "2027-10-31T02:00"],
    ],
    [
      "of a fixed hour does not fire again in the hour that comes twice",
      { cron: { expression: "0 0/30 2-3 * * ?" }, ...BERLIN },
      "2027-10-31T01:10:00Z",
      ["2027-10-31T02:00", "2027-10-31T02:30", "2027-11-01T01:00"],
    ],
    [
      "daily on working days leaves out the weekend",
      { daily: { hourOfDay: 2, minuteOfHour: 0, onlyWorkingDays: true } },
      "2027-01-14T12:00:00Z",
      ["2027-01-15T02:00", "2027-01-18T02:00"],
    ],
    [
      "weekly takes numbers from Sunday and names",
      { weekly: { hourOfDay: 2, minuteOfHour: 0, daysOfWeek: [0, "Wednesday", "FRI"] } },
      "2027-01-10T12:00:00Z",
      ["2027-01-13T02:00", "2027-01-15T02:00", "2027-01-17T02:00"],
    ],
    [
      "monthly leaves out months without the day",
      { monthly: { hourOfDay: 0, minuteOfHour: 5, daysOfMonth: [31] } },
      "2027-01-01T00:00:00Z",
      ["2027-01-31T00:05", "2027-03-31T00:05"],
    ],
    [
      "monthly by weekday counts weekdays of the month",
      { monthlyWeekday: { hourOfDay: 4, minuteOfHour: 0, dayOfWeek: "Monday", nthWeekDayOfMonth: 2 } },
      "2027-01-01T00:00:00Z",
      ["2027-01-11T04:00", "2027-02-08T04:00"],
    ],
    [
      "for one time fires that once",
      { oneTime: { utcDateTime: "2027-05-01T10:00:00" } },
      "2027-01-01T00:00:00Z",
      ["2027-05-01T10:00"],
    ],
    [
      "fires between its start and its end only",
      {
        daily: { hourOfDay: 2, minuteOfHour: 0 },
        utcStartDateTime: "2027-01-05T02:00:00Z",
        utcEndDateTime: "2027-01-06T02:00:00Z",
      },
      "2027-01-01T00:00:00Z",
      ["2027-01-05T02:00", "2027-01-06T02:00"],
    ],
  ])("%s", (_behaviour, timeBased, after, expected) => {
    const isOver = "oneTime" in timeBased || "utcEndDateTime" in timeBased;
    expect(momentsOf(timeBased, after, expected.length + (isOver ? 1 : 0))).toEqual(expected);
  });
});

it("the earliest of several triggers counts, and two at one moment are one", () => {
  const triggers = [
    { timeBased: { hourly: { minuteOfHour: 0 } } },
    { timeBased: { hourly: { minuteOfHour: 30 } } },
  ];
  const first = nextMoment([...triggers, ...triggers], new Date("2027-01-01T00:00:00Z"));
  expect(first?.toISOString()).toBe("2027-01-01T00:30:00.000Z");
  expect(nextMoment([...triggers, ...triggers], first ?? new Date(0))?.toISOString()).toBe(
    "2027-01-01T01:00:00.000Z",
  );
});
