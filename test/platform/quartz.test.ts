import { describe, expect, test } from "vitest";
import { nextFireTime, toCronPattern } from "../../platform/quartz.js";

const MIDSUMMER = new Date("2026-06-24T10:00:00Z");

// Expected times are worked out by hand from a calendar.
test.each([
  ["0 0 12 * * ?", "UTC", "2026-06-24T12:00:00.000Z"],
  ["0 0 12 * * ?", "Europe/Berlin", "2026-06-25T10:00:00.000Z"],
  ["0 5/20 * * * ?", "UTC", "2026-06-24T10:05:00.000Z"],
  ["30 0/15 * * * ?", "UTC", "2026-06-24T10:00:30.000Z"],
  ["0 0 6 ? * MON-FRI", "UTC", "2026-06-25T06:00:00.000Z"],
  ["0 0 6 ? * 1", "UTC", "2026-06-28T06:00:00.000Z"],
  ["0 0 6 ? * SUN", "UTC", "2026-06-28T06:00:00.000Z"],
  ["0 0 6 ? * 7", "UTC", "2026-06-27T06:00:00.000Z"],
  ["0 0 6 ? * L", "UTC", "2026-06-27T06:00:00.000Z"],
  ["0 0 6 ? * 6L", "UTC", "2026-06-26T06:00:00.000Z"],
  ["0 0 6 ? * FRIL", "UTC", "2026-06-26T06:00:00.000Z"],
  ["0 0 6 ? * 6#3", "UTC", "2026-07-17T06:00:00.000Z"],
  ["0 0 6 L * ?", "UTC", "2026-06-30T06:00:00.000Z"],
  ["0 0 6 LW * ?", "UTC", "2026-06-30T06:00:00.000Z"],
  ["0 0 6 4W 7 ?", "UTC", "2026-07-03T06:00:00.000Z"],
  ["0 0 22-2 * * ?", "UTC", "2026-06-24T22:00:00.000Z"],
  ["0 0 6 ? * FRI-MON", "UTC", "2026-06-26T06:00:00.000Z"],
  ["0 0 0 1 JAN,jul ?", "UTC", "2026-07-01T00:00:00.000Z"],
  ["0 0 0 1 1 ? 2030", "UTC", "2030-01-01T00:00:00.000Z"],
  ["0 0 0 29 2 ?", "UTC", "2028-02-29T00:00:00.000Z"],
])("%s in %s fires next at %s", (expression, timezone, expected) => {
  expect(nextFireTime(expression, timezone, MIDSUMMER)?.toISOString()).toBe(expected);
});

test.each(["0 0 0 31 2 ?", "0 0 0 31 4,6,9,11 ?", "0 0 12 * * ? 2020", "0 0 0 29 2 ? 2027"])(
  "%s never fires",
  (expression) => {
    expect(nextFireTime(expression, "UTC", MIDSUMMER)).toBeNull();
  },
);

describe("a wrong expression is refused with its field:", () => {
  test.each([
    ["0 12 * * ?", '"0 12 * * ?" has 5 fields'],
    ["0 0 12 * * ? 2030 1", "has 8 fields"],
    ["60 0 12 * * ?", 'the second "60" is not valid; it runs from 0 to 59'],
    ["0 0 24 * * ?", 'the hour "24"'],
    ["0 0 12 0 * ?", 'the day of month "0"'],
    ["0 0 12 ? * 8", 'the day of week "8"'],
    ["0 0 12 ? FOO MON", 'the month "FOO"'],
    ["? 0 12 * * ?", 'the second "?" is not allowed'],
    ["0 0/0 12 * * ?", 'the minute "0/0"'],
    ["0 1-2-3 12 * * ?", 'the minute "1-2-3"'],
    ["0 0 12 13 * 6", "names both days of the month and days of the week"],
    ["0 0 12 L-3 * ?", 'the day of month "L"'],
    ["@daily", "has 1 fields"],
  ])("%s", (expression, message) => {
    expect(() => toCronPattern(expression)).toThrow(message);
  });
});

test("an unknown time zone is refused", () => {
  expect(() => nextFireTime("0 0 12 * * ?", "Mars/Olympus", MIDSUMMER)).toThrow(
    '"Mars/Olympus" is no IANA time zone',
  );
});
