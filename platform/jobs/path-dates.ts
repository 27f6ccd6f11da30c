import { RE2JS } from "re2js";
import { isJsonObject } from "../../flow/fields.js";
import type { JsonObject, JsonValue } from "../../flow/model.js";
import { JobFailure } from "./job-failure.js";

/** What a clock in a time zone shows, as the UTC fields of a Date: such times compare and count without changed clocks. */
export type WallTime = Date;

/** The wall time of a moment. Throws JobFailure for a zone that is not known. */
export function toWallTime(moment: Date, zone: string): WallTime {
  const parts = new Map(
    zoneFormat(zone)
      .formatToParts(moment)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const time = new Date(0);
  time.setUTCFullYear(part("year"), part("month") - 1, part("day"));
  time.setUTCHours(part("hour"), part("minute"), part("second"), moment.getUTCMilliseconds());
  return time;
}

function zoneFormat(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "iso8601",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch (error) {
    throw new JobFailure(`the time zone "${zone}" is not known`, { cause: error });
  }
}

interface DatePart {
  readonly write: (time: WallTime) => string;
  /** What it may look like, as RE2 without groups. */
  readonly looks: string;
  readonly field: "year" | "month" | "day" | "hour" | "minute" | "second" | "millisecond";
  readonly read?: (text: string) => number;
}

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** By letters as Java writes them; the product's pages also write `YYYY` and `DD` for the same. */
const PARTS: ReadonlyMap<string, DatePart> = new Map([
  ...numbers("year", 4, (time) => time.getUTCFullYear(), "yyyy", "YYYY"),
  ...["yy", "YY"].map((letters) => [letters, shortYear()] as const),
  ["MMMM", monthName((name) => name)],
  ["MMM", monthName((name) => name.slice(0, 3))],
  ...numbers("month", 2, (time) => time.getUTCMonth() + 1, "MM"),
  ...numbers("month", 1, (time) => time.getUTCMonth() + 1, "M"),
  ...numbers("day", 2, (time) => time.getUTCDate(), "dd", "DD"),
  ...numbers("day", 1, (time) => time.getUTCDate(), "d", "D"),
  ...numbers("hour", 2, (time) => time.getUTCHours(), "HH"),
  ...numbers("hour", 1, (time) => time.getUTCHours(), "H"),
  ...numbers("minute", 2, (time) => time.getUTCMinutes(), "mm"),
  ...numbers("second", 2, (time) => time.getUTCSeconds(), "ss"),
  ...numbers("millisecond", 3, (time) => time.getUTCMilliseconds(), "SSS"),
]);

function numbers(
  field: DatePart["field"],
  digits: number,
  get: (time: WallTime) => number,
  ...letters: string[]
): [string, DatePart][] {
  const looks = digits === 1 ? "[0-9]{1,2}" : `[0-9]{${digits}}`;
  const part = { field, looks, write: (time: WallTime) => String(get(time)).padStart(digits, "0") };
  return letters.map((one) => [one, part]);
}

function shortYear(): DatePart {
  return {
    field: "year",
    looks: "[0-9]{2}",
    write: (time) => String(time.getUTCFullYear() % 100).padStart(2, "0"),
    read: (text) => 2000 + Number(text),
  };
}

function monthName(shorten: (name: string) => string): DatePart {
  const names = MONTHS.map(shorten);
  return {
    field: "month",
    looks: `(?i:${names.join("|")})`,
    write: (time) => names[time.getUTCMonth()] ?? "",
    read: (text) => names.findIndex((name) => name.toLowerCase() === text.toLowerCase()) + 1,
  };
}

/** A form of dates in a path: letters such as `yyyy-MM-dd`, and text in quotes. */
export class PathDateFormat {
  private readonly pieces: readonly (string | DatePart)[];

  /** Throws JobFailure for letters that mean nothing here. */
  constructor(readonly format: string) {
    this.pieces = [...format.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/g)].map(
      ([text, quoted]) => {
        if (quoted !== undefined) return quoted === "" ? "'" : quoted.replaceAll("''", "'");
        if (!/^[A-Za-z]/.test(text) || text === "T" || text === "Z") return text;
        return PARTS.get(text) ?? refuseLetters(format, text);
      },
    );
  }

  write(time: WallTime): string {
    return this.pieces.map((piece) => (typeof piece === "string" ? piece : piece.write(time))).join("");
  }

  /** RE2 that matches such dates, and some that are none. */
  get expression(): string {
    return this.toExpression((part) => part.looks);
  }

  /** The first moment that a text in this form stands for; undefined when it is no date. */
  read(text: string): WallTime | undefined {
    const parts = this.pieces.filter((piece) => typeof piece !== "string");
    const matcher = RE2JS.compile(this.toExpression((part) => `(${part.looks})`)).matcher(text);
    if (!matcher.matches()) return undefined;
    const found = new Map<DatePart["field"], number>();
    for (const [index, { field, read = Number }] of parts.entries()) {
      const value = read(matcher.group(index + 1) ?? "");
      if (found.has(field) && found.get(field) !== value) return undefined;
      found.set(field, value);
    }
    return toDate(found);
  }

  private toExpression(show: (part: DatePart) => string): string {
    return this.pieces
      .map((piece) => (typeof piece === "string" ? RE2JS.quote(piece) : show(piece)))
      .join("");
  }
}

function refuseLetters(format: string, letters: string): never {
  const known = [...PARTS.keys()].join(", ");
  throw new JobFailure(
    `the date format "${format}" holds "${letters}", which means nothing here; known are ${known}; put plain text in quotes`,
  );
}

function toDate(found: ReadonlyMap<DatePart["field"], number>): WallTime | undefined {
  const year = found.get("year");
  if (year === undefined) return undefined;
  const [month, day] = [found.get("month") ?? 1, found.get("day") ?? 1];
  const clock = [found.get("hour") ?? 0, found.get("minute") ?? 0, found.get("second") ?? 0] as const;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(...clock, found.get("millisecond") ?? 0);
  const isReal =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === clock[0];
  return isReal && clock[1] < 60 && clock[2] < 60 ? date : undefined;
}

/** Dates from `from` on and before `until`, in milliseconds of wall time. */
interface DateRange {
  readonly from: number;
  readonly until: number;
}

const UNITS: Readonly<Record<string, (time: WallTime, count: number) => void>> = {
  minute: (time, count) => time.setUTCMinutes(time.getUTCMinutes() - count),
  hour: (time, count) => time.setUTCHours(time.getUTCHours() - count),
  day: (time, count) => time.setUTCDate(time.getUTCDate() - count),
  week: (time, count) => time.setUTCDate(time.getUTCDate() - 7 * count),
  month: (time, count) => backMonths(time, count),
  quarter: (time, count) => backMonths(time, 3 * count),
  year: (time, count) => backMonths(time, 12 * count),
};

/** A month's missing days give its last. */
function backMonths(time: WallTime, count: number): void {
  const day = time.getUTCDate();
  time.setUTCMonth(time.getUTCMonth() - count);
  if (time.getUTCDate() !== day) time.setUTCDate(0);
}

/** The dates in a path that a date range means, as of one moment. */
export interface RangeOfDates {
  /** RE2 that matches dates in the range, and others. */
  readonly expression: string;
  /** For a person. */
  readonly shown: string;
  readonly includes: (text: string) => boolean;
}

/**
 * The content of `dateRange`: `{"formats": […], "timezone"?, "last": {"unit", "number"}}` are the dates after the reference
 * date less so many units, and not after it; with `{"from", "to"}` in place of `last`, the dates from one to the other, both
 * included. Throws JobFailure for anything else. The API's pages name the kind; the members are our reading of them.
 */
export function readDateRange(content: JsonValue | undefined, referenceDate: Date): RangeOfDates {
  const range = isJsonObject(content) ? content : {};
  const formats = textsOf(range["formats"] ?? range["format"]).map((format) => new PathDateFormat(format));
  const { from, until } = limitsOf(range, referenceDate);
  const withoutYear = formats.find(({ expression, format }) => !/y/i.test(format) || expression === "");
  if (formats.length === 0) throw new JobFailure("the date range has no formats");
  if (withoutYear !== undefined) {
    throw new JobFailure(`the date format "${withoutYear.format}" of the date range has no year`);
  }
  return {
    expression: formats.map(({ expression }) => expression).join("|"),
    shown: `${formats.map(({ format }) => format).join("|")} from ${showTime(from)} until before ${showTime(until)}`,
    includes: (text) =>
      formats.some((format) => {
        const time = format.read(text)?.getTime();
        return time !== undefined && time >= from && time < until;
      }),
  };
}

function showTime(time: number): string {
  return new Date(time).toISOString().slice(0, -1);
}

function limitsOf(range: JsonObject, referenceDate: Date): DateRange {
  const known = ["formats", "format", "timezone", "last", "from", "to"];
  const other = Object.keys(range).find((key) => !known.includes(key) && range[key] !== null);
  if (other !== undefined) throw new JobFailure(`the date range has "${other}", which means nothing here`);
  const { timezone, last, from, to } = range;
  const zone = typeof timezone === "string" && timezone !== "" ? timezone : "UTC";
  if (isJsonObject(last)) return lastUnits(last, toWallTime(referenceDate, zone));
  if (from !== undefined && to !== undefined) {
    return { from: readLimit(from).getTime(), until: behind(to) };
  }
  throw new JobFailure('the date range says neither "last" nor "from" and "to"');
}

function lastUnits(last: JsonObject, reference: WallTime): DateRange {
  const { unit, number, dow } = last;
  const back = typeof unit === "string" ? UNITS[unit.toLowerCase().replace(/s$/, "")] : undefined;
  const count = Number(number);
  if (back === undefined || !Number.isInteger(count) || count < 1) {
    const units = Object.keys(UNITS).join(", ");
    throw new JobFailure(
      `the date range's "last" is ${JSON.stringify(last)}; it needs a unit (${units}) and a number of 1 or more`,
    );
  }
  if (dow !== undefined && dow !== null) {
    throw new JobFailure('the date range says on which day weeks begin ("dow"), which means nothing here');
  }
  const start = new Date(reference);
  back(start, count);
  return { from: start.getTime() + 1, until: reference.getTime() + 1 };
}

/** A limit without a time of day means the whole day. */
function behind(to: JsonValue): number {
  const isDay = typeof to === "string" && /^\d{4}-\d\d-\d\d$/.test(to);
  return readLimit(to).getTime() + (isDay ? 24 * 60 * 60 * 1000 : 1);
}

function readLimit(limit: JsonValue): WallTime {
  const text = typeof limit === "string" ? limit : "";
  const isIso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?)?$/.test(text);
  const date = new Date(`${text.includes("T") ? text : `${text}T00:00`}Z`);
  if (isIso && !Number.isNaN(date.getTime())) return date;
  throw new JobFailure(
    `a limit of the date range is ${JSON.stringify(limit)}; write it as 2024-05-06 or 2024-05-06T07:08`,
  );
}

function textsOf(value: JsonValue | undefined): string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((one) => typeof one === "string");
}
