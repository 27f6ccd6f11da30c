import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../flow/model.js";
import { PathDateFormat, readDateRange, toWallTime } from "../../../platform/jobs/path-dates.js";

const REFERENCE = new Date("2024-03-08T10:00:00.000Z");

/** Which of the texts a range includes. */
function included(range: JsonObject, texts: readonly string[], reference = REFERENCE): string[] {
  const { includes } = readDateRange(range, reference);
  return texts.filter(includes);
}

describe("a format of dates in paths", () => {
  it.each([
    ["yyyy-MM-dd", "2024-03-08"],
    ["YYYY/MM/DD", "2024/03/08"],
    ["yyMMdd'T'HHmmss.SSS", "240308T100000.000"],
    ["d. MMMM yyyy, H 'o''clock'", "8. March 2024, 10 o'clock"],
    ["dd-MMM-yyyy_mm", "08-Mar-2024_00"],
  ])("%s writes %s", (format, text) => {
    expect(new PathDateFormat(format).write(REFERENCE)).toBe(text);
  });

  it("reads back what it writes", () => {
    for (const format of ["yyyyMMddHH", "d MMM yy H", "yyyy-M-d'T'HH"]) {
      const made = new PathDateFormat(format);
      expect(made.read(made.write(REFERENCE))).toEqual(REFERENCE);
    }
  });

  it.each(["2024-02-30", "2024-13-01", "2024-1-1", "x2024-01-01", "2024-01-01x"])("%s is no date", (text) => {
    expect(new PathDateFormat("yyyy-MM-dd").read(text)).toBeUndefined();
  });

  it("refuses letters that mean nothing", () => {
    expect(() => new PathDateFormat("yyyy-ww")).toThrow('holds "ww", which means nothing here');
  });
});

describe("a date range", () => {
  const days = [
    "2024-02-29",
    "2024-03-01",
    "2024-03-02",
    "2024-03-07",
    "2024-03-08",
    "2024-03-09",
    "nonsense",
  ];

  it("of the last seven days has seven dates, today's and the six before", () => {
    const range = { formats: ["yyyy-MM-dd"], last: { unit: "days", number: 7 } };
    expect(included(range, days)).toEqual(["2024-03-02", "2024-03-07", "2024-03-08"]);
    const midnight = new Date("2024-03-08T00:00:00.000Z");
    expect(included(range, days, midnight)).toEqual(["2024-03-02", "2024-03-07", "2024-03-08"]);
  });

  it("counts hours, months and years in the same way", () => {
    const hours = ["2024030807", "2024030808", "2024030810", "2024030811"];
    const last = { unit: "hour", number: 2 };
    expect(included({ formats: ["yyyyMMddHH"], last }, hours)).toEqual(["2024030810"]);
    const months = ["2023-12", "2024-01", "2024-03", "2024-04"];
    const quarter = { formats: ["yyyy-MM"], last: { unit: "months", number: 3 } };
    expect(included(quarter, months)).toEqual(["2024-01", "2024-03"]);
  });

  it("goes by the day of its zone", () => {
    const range = { formats: ["yyyy-MM-dd"], last: { unit: "days", number: 1 } };
    const late = new Date("2024-03-08T23:30:00.000Z");
    expect(included({ ...range, timezone: "Asia/Tokyo" }, days, late)).toEqual(["2024-03-09"]);
    expect(included({ ...range, timezone: "America/New_York" }, days, late)).toEqual(["2024-03-08"]);
  });

  it("from one date to another has both", () => {
    const range = { formats: ["yyyy-MM-dd"], from: "2024-02-29", to: "2024-03-02" };
    expect(included(range, days)).toEqual(["2024-02-29", "2024-03-01", "2024-03-02"]);
  });

  it("takes dates in any of its formats", () => {
    const range = { formats: ["yyyy-MM-dd", "yyyyMMdd"], last: { unit: "day", number: 1 } };
    expect(included(range, ["20240308", "2024-03-08", "20240307"])).toEqual(["20240308", "2024-03-08"]);
  });

  it("a month back from a month's end is the end of a shorter month", () => {
    const last = { unit: "month", number: 1 };
    const dates = ["2024-02-29", "2024-03-01"];
    expect(included({ formats: ["yyyy-MM-dd"], last }, dates, new Date("2024-03-31T00:00:00Z"))).toEqual([
      "2024-03-01",
    ]);
  });

  it.each<[JsonObject, string]>([
    [{ last: { unit: "days", number: 1 } }, "has no formats"],
    [{ formats: ["MM-dd"], last: { unit: "days", number: 1 } }, "has no year"],
    [{ formats: ["yyyy"] }, 'says neither "last" nor "from" and "to"'],
    [{ formats: ["yyyy"], last: { unit: "fortnight", number: 1 } }, "it needs a unit"],
    [{ formats: ["yyyy"], last: { unit: "days", number: 0 } }, "a number of 1 or more"],
    [{ formats: ["yyyy"], last: { unit: "weeks", number: 1, dow: 1 } }, "on which day weeks begin"],
    [{ formats: ["yyyy"], next: { unit: "weeks", number: 1 } }, 'has "next"'],
    [{ formats: ["yyyy"], from: "yesterday", to: "2024-01-01" }, 'a limit of the date range is "yesterday"'],
    [
      { formats: ["yyyy"], timezone: "Mars/Base", last: { unit: "days", number: 1 } },
      '"Mars/Base" is not known',
    ],
  ])("%j is refused", (range, reason) => {
    expect(() => readDateRange(range, REFERENCE)).toThrow(reason);
  });
});

it("the wall time of a zone does not depend on the machine's, and follows changed clocks", () => {
  const summer = toWallTime(new Date("2024-07-01T22:30:00.123Z"), "Europe/Berlin");
  expect(summer.toISOString()).toBe("2024-07-02T00:30:00.123Z");
  expect(toWallTime(new Date("2024-01-01T22:30:00Z"), "Europe/Berlin").getUTCHours()).toBe(23);
});
