import { hasTime } from "../date-format.js";
import type { FunctionCall } from "../function-call.js";
import {
  closed,
  datetime,
  INTEGER,
  ISO_DATE,
  ISO_DATETIME,
  open,
  operand,
  TEXT,
  type Value,
} from "../value.js";
import { family } from "./definition.js";

const UNITS = new Set(["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"]);

/** Functions on dates. */
export const dateFunctions = [
  ...family("date", {
    Now: ["The time of the run in a zone (UTC unless given)", now],
    Date: ["A date of year, month and day; null when there is no such day", makeDate],
    Year: ["The year", (call) => part(call, "year")],
    Month: ["The month, 1 to 12", (call) => part(call, "month")],
    WeekNum: ["The week of the year, 1 to 53", (call) => part(call, "week")],
    DateAdd: [
      "A date so many units later, in the form of the date; a month's missing days give its last",
      dateAdd,
    ],
    DateDif: ["Whole units from the first date to the second", dateDif],
    DateFormat: ["A date as text in a form (Java-style letters)", dateFormat],
    ParseDate: ["A text as a date, by the first form that fits", parseDate],
    UnixTimeFormat: ["Milliseconds since 1970 (UTC) as text in a form", unixTimeFormat],
  }),
];

function unitOf(call: FunctionCall): string {
  const word = call.word("measure").toLowerCase().replace(/s$/, "");
  return UNITS.has(word) ? word : call.fail(`"${word}" is no unit; units are ${[...UNITS].join(", ")}`);
}

function now(call: FunctionCall): Value {
  const zone = call.has("timezone") ? call.constantText("timezone") : "UTC";
  return closed(call.dialect.call("nowIn", call.dialect.text(zone)), datetime(ISO_DATETIME));
}

function makeDate(call: FunctionCall): Value {
  const parts = [call.integer("year"), call.integer("month"), call.integer("date")].map(({ sql }) => sql);
  return closed(call.dialect.call("makeDate", ...parts), datetime(ISO_DATE));
}

function part(call: FunctionCall, name: string): Value {
  return closed(call.dialect.call("datePart", call.date("col").sql, name), INTEGER);
}

function dateAdd(call: FunctionCall): Value {
  const date = call.date("col");
  const unit = unitOf(call);
  const delta = `CAST(${call.integer("delta").sql} AS INTEGER)`;
  const isTime = ["hour", "minute", "second", "millisecond"].includes(unit);
  const style = isTime && !hasTime(date.type.style.shown) ? ISO_DATETIME : date.type.style;
  return open(call.dialect.call("addToDate", operand(date), delta, unit), datetime(style));
}

function dateDif(call: FunctionCall): Value {
  const [from, to] = [call.date("lhs").sql, call.date("rhs").sql];
  return closed(call.dialect.call("dateDifference", from, to, unitOf(call)), INTEGER);
}

function formatAs(call: FunctionCall, sql: string, format: string): Value {
  try {
    return closed(call.dialect.formatDate(sql, format), TEXT);
  } catch (error) {
    return call.fail(error instanceof Error ? error.message : String(error));
  }
}

function dateFormat(call: FunctionCall): Value {
  return formatAs(call, call.date("col").sql, call.constantText("format"));
}

function parseDate(call: FunctionCall): Value {
  const formats = call
    .values("inputFormats")
    .map(({ literal }) =>
      typeof literal === "string" ? literal : call.fail("the forms must be fixed texts"),
    );
  const style = formats.some(hasTime) ? ISO_DATETIME : ISO_DATE;
  try {
    return closed(call.dialect.parseDate(call.text("col").sql, formats), datetime(style));
  } catch (error) {
    return call.fail(error instanceof Error ? error.message : String(error));
  }
}

function unixTimeFormat(call: FunctionCall): Value {
  const date = `make_timestamp(${call.integer("col").sql} * 1000)`;
  return formatAs(call, date, call.constantText("format"));
}
