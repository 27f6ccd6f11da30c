import { hasTime } from "../date-format.js";
import type { FunctionCall } from "../function-call.js";
import { closed, datetime, INTEGER, ISO_DATE, ISO_DATETIME, operand, TEXT, type Value } from "../value.js";
import { family, type FunctionDefinition } from "./definition.js";

const UNITS = ["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"];
const TIME_UNITS = ["hour", "minute", "second", "millisecond"];
const TIME = { shown: "HH:mm:ss", read: [] };

/** Functions on dates. */
export const dateFunctions: readonly FunctionDefinition[] = [
  ...family("date", {
    Now: ["The time of the run in a zone (UTC unless given)", (call) => now(call, ISO_DATETIME)],
    Today: ["The date of the run in a zone (UTC unless given)", (call) => now(call, ISO_DATE)],
    Date: ["A date of year, month and day; null when there is no such day", makeDate],
    Time: ["A time of day of hour, minute and second", makeTime],
    DateTime: ["A date with a time of day; null when there is none", makeDateTime],
    Year: ["The year", part("year")],
    Quarter: ["The quarter, 1 to 4", part("quarter")],
    Month: ["The month, 1 to 12", part("month")],
    MonthName: ["The month's English name", named("MMMM")],
    Day: ["The day of the month", part("day")],
    Weekday: ["The day of the week, 1 (Monday) to 7", part("isodow")],
    WeekdayName: ["The day's English name", named("EEEE")],
    WeekNum: ["The week of the year: week 1 has January 1, and each begins on Sunday", weekNumber],
    Hour: ["The hour, 0 to 23", part("hour")],
    Minute: ["The minute", part("minute")],
    Second: ["The second", part("second")],
    DateAdd: [
      "A date so many units later, in the form of the date; a month's missing days give its last",
      dateAdd,
    ],
    DateDif: ["Whole units from the first date to the second", dateDif],
    EoMonth: ["The last day of the month, so many months later when given", endOfMonth],
    DateFormat: [
      "A date as text in a form (Java-style letters)",
      (call) => formatAs(call, call.date("col").sql, call.constantText("format")),
    ],
    TimeFormat: [
      "A time as text in a form (Java-style letters)",
      (call) => formatAs(call, call.date("col").sql, call.constantText("format")),
    ],
    ParseDate: ["A text as a date, by the first form that fits", parseDate],
    UnixTime: [
      "Milliseconds since 1970 (UTC)",
      (call) => closed(call.dialect.call("unixMilliseconds", call.date("col").sql), INTEGER),
    ],
    UnixTimeFormat: ["Milliseconds since 1970 (UTC) as text in a form", unixTimeFormat],
    ConvertFromUtc: [
      "A time in UTC as time in a zone",
      (call) => inZone(call, "UTC", call.constantText("timezone")),
    ],
    ConvertToUtc: [
      "A time in a zone as time in UTC",
      (call) => inZone(call, call.constantText("timezone"), "UTC"),
    ],
    ConvertTimezone: [
      "A time in one zone as time in another",
      (call) => inZone(call, call.constantText("from"), call.constantText("to")),
    ],
    Workday: ["The day from Monday to Friday so many such days later, without those of a list", workday],
    WorkdayIntl: [
      "The working day so many such days later; in `workingdays`, from Monday on, `1` marks a free day",
      workday,
    ],
    NetworkDays: [
      "Days from Monday to Friday from one date to another, both included, without those of a list; null when the first is later",
      networkDays,
    ],
    NetworkDaysIntl: ["The same with the working days of a week as `WORKDAYINTL` has them", networkDays],
  }),
];

function unitOf(call: FunctionCall): string {
  const word = call.word("measure").toLowerCase().replace(/s$/, "");
  return UNITS.includes(word) ? word : call.fail(`"${word}" is no unit; units are ${UNITS.join(", ")}`);
}

function now(call: FunctionCall, style: typeof ISO_DATE): Value {
  const zone = call.has("timezone") ? call.constantText("timezone") : "UTC";
  const { now: moment } = call.scope.plan;
  const sql =
    moment === undefined
      ? call.dialect.call("nowIn", call.dialect.text(zone))
      : call.dialect.call("momentIn", call.dialect.text(moment.toISOString()), call.dialect.text(zone));
  return closed(sql, datetime(style));
}

function makeDate(call: FunctionCall): Value {
  const parts = ["year", "month", "date"].map((name) => call.integer(name));
  return closed(
    call.attempt(parts, (...day) => call.dialect.call("makeDate", ...day, "0", "0", "0")),
    datetime(ISO_DATE),
  );
}

function makeTime(call: FunctionCall): Value {
  const parts = ["hour", "minute", "second"].map((name) => call.integer(name));
  return closed(
    call.attempt(parts, (...time) => call.dialect.call("makeDate", "1970", "1", "1", ...time)),
    datetime(TIME),
  );
}

function makeDateTime(call: FunctionCall): Value {
  const parts = ["year", "month", "date", "hour", "minute", "second"].map((name) => call.integer(name));
  return closed(
    call.attempt(parts, (...all) => call.dialect.call("makeDate", ...all)),
    datetime(ISO_DATETIME),
  );
}

function part(name: string): (call: FunctionCall) => Value {
  return (call) => closed(call.dialect.call("datePart", call.date("col").sql, name), INTEGER);
}

function named(letters: string): (call: FunctionCall) => Value {
  return (call) => closed(call.dialect.formatDate(call.date("col").sql, letters), TEXT);
}

function weekNumber(call: FunctionCall): Value {
  return closed(call.dialect.call("weekFromSunday", call.date("col").sql), INTEGER);
}

/** In the date's own form; a time of day is shown when units of it are added. */
function dateAdd(call: FunctionCall): Value {
  const date = call.date("col");
  const unit = unitOf(call);
  const { style } = date.type;
  const shows = TIME_UNITS.includes(unit) && !hasTime(style.shown);
  const later = call.attempt([date, call.integer("delta")], (from, count) =>
    call.dialect.call("addToDate", from, count, unit),
  );
  return closed(later, datetime(shows ? { shown: `${style.shown} HH:mm:ss`, read: style.read } : style));
}

function dateDif(call: FunctionCall): Value {
  const [from, to] = [call.date("lhs").sql, call.date("rhs").sql];
  return closed(call.dialect.call("dateDifference", from, to, unitOf(call)), INTEGER);
}

function endOfMonth(call: FunctionCall): Value {
  const date = call.date("col");
  const months = call.has("months") ? call.integer("months") : call.coerce.number(0);
  const later = call.attempt([date, months], (from, count) =>
    call.dialect.call("addToDate", from, count, "month"),
  );
  return closed(call.dialect.call("endOfMonth", later), datetime(date.type.style));
}

function formatAs(call: FunctionCall, sql: string, format: string): Value {
  try {
    return closed(call.dialect.formatDate(sql, format), TEXT);
  } catch (error) {
    return call.fail(error instanceof Error ? error.message : String(error));
  }
}

function parseDate(call: FunctionCall): Value {
  const formats = call
    .values("inputFormats")
    .map(({ literal }) =>
      typeof literal === "string" ? literal : call.fail("the forms must be fixed texts"),
    );
  try {
    const parsed = call.dialect.parseDate(call.text("col").sql, formats);
    return closed(parsed, datetime(formats.some(hasTime) ? ISO_DATETIME : ISO_DATE));
  } catch (error) {
    return call.fail(error instanceof Error ? error.message : String(error));
  }
}

function unixTimeFormat(call: FunctionCall): Value {
  return formatAs(
    call,
    call.attempt([call.integer("col")], (number) => call.dialect.call("fromUnixMilliseconds", number)),
    call.constantText("format"),
  );
}

function inZone(call: FunctionCall, from: string, to: string): Value {
  const { dialect } = call;
  const date = call.date("col");
  const sql = dialect.call("convertZone", date.sql, dialect.text(from), dialect.text(to));
  return closed(sql, datetime(hasTime(date.type.style.shown) ? date.type.style : ISO_DATETIME));
}

function workday(call: FunctionCall): Value {
  const date = call.date("col");
  const sql = call.dialect.call(
    "addWorkDays",
    operand(date),
    operand(call.integer("count")),
    holidays(call),
    ...workingDays(call),
  );
  return closed(sql, datetime(date.type.style));
}

/** The numbers of the working days of a week, Monday is 1. */
function workingDays(call: FunctionCall): string[] {
  const free = call.has("workingdays") ? call.constantText("workingdays") : "0000011";
  if (!/^[01]{7}$/.test(free) || free === "1111111")
    return call.fail(`the working days must be seven digits, 0 or 1, not all of them 1, and not "${free}"`);
  return [...free].flatMap((digit, index) => (digit === "0" ? [String(index + 1)] : []));
}

function holidays(call: FunctionCall): string {
  const days = call.has("holidays") ? call.values("holidays").map((day) => call.coerce.toDate(day).sql) : [];
  return call.dialect.call("list", ...days);
}

function networkDays(call: FunctionCall): Value {
  const [from, to] = [call.date("lhs").sql, call.date("rhs").sql];
  return closed(call.dialect.call("workDays", from, to, holidays(call), ...workingDays(call)), INTEGER);
}
