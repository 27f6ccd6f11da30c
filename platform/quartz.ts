import { Cron } from "croner";
import { endOfRepeated, isRepeated, offsetMinutes } from "./repeated-hour.js";

/** Why an expression is no Quartz cron expression. The message names the field. */
export class QuartzError extends Error {
  override readonly name = "QuartzError";
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names for numbers, the first one standing for `min`. */
  readonly names: readonly string[];
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const DAYS_OF_MONTH: Field = { name: "day of month", min: 1, max: 31, names: [] };
const DAYS_OF_WEEK: Field = { name: "day of week", min: 1, max: 7, names: WEEKDAYS };

const FIELDS: readonly Field[] = [
  { name: "second", min: 0, max: 59, names: [] },
  { name: "minute", min: 0, max: 59, names: [] },
  { name: "hour", min: 0, max: 23, names: [] },
  DAYS_OF_MONTH,
  { name: "month", min: 1, max: 12, names: MONTHS },
  DAYS_OF_WEEK,
  { name: "year", min: 1970, max: 2099, names: [] },
];
const HOUR = 2;
const DAY_OF_MONTH = 3;
const DAY_OF_WEEK = 5;
const YEAR = 6;
const CALENDAR = "1970-2099";

/**
 * When an expression fires next after `after`, or null when it never does. Quartz form: seconds first, days of the
 * week from 1 (Sunday), optional year. When clocks go back, a time that comes twice fires the first time, unless the
 * hour is `*`; one that is left out fires an hour later. Throws `QuartzError`, and `RangeError` for an unknown time zone.
 */
export function nextFireTime(expression: string, timezone: string, after: Date): Date | null {
  if (!isTimeZone(timezone)) throw new RangeError(`"${timezone}" is no IANA time zone`);
  const pattern = toCronPattern(expression);
  const cron = new Cron(pattern, { timezone, paused: true });
  const isHourly = pattern.split(" ")[HOUR] === "*";
  // The reader takes a repeated time for its first coming: it passes over the second, and from inside it answers the past.
  if (!isRepeated(timezone, after)) {
    const next = cron.nextRun(after);
    return isHourly && next !== null ? (nextAtOffset(pattern, timezone, after, next) ?? next) : next;
  }
  const second = isHourly ? nextAtOffset(pattern, timezone, after, after) : null;
  return second ?? cron.nextRun(endOfRepeated(timezone, after));
}

/** When a pattern fires after `after` while clocks are as they are at `like`, if that comes before they change or `like` itself. */
function nextAtOffset(pattern: string, timezone: string, after: Date, like: Date): Date | null {
  const utcOffset = offsetMinutes(timezone, like);
  const next = new Cron(pattern, { utcOffset, paused: true }).nextRun(after);
  if (next === null || offsetMinutes(timezone, next) !== utcOffset) return null;
  return like > after && next >= like ? null : next;
}

/** Whether the runtime knows a time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** The expression for a reader that counts days of the week from 0 and knows neither `?` nor `5/15` nor `22-2`. */
export function toCronPattern(expression: string): string {
  const texts = expression.trim().toUpperCase().split(/\s+/);
  if (texts.length !== 6 && texts.length !== 7) {
    throw new QuartzError(
      `"${expression}" has ${texts.length} fields; a Quartz expression has 6 (second minute hour day-of-month month day-of-week) or 7 (and year)`,
    );
  }
  const isAnyDay = (index: number) => texts[index] === "?" || texts[index] === "*";
  if (!isAnyDay(DAY_OF_MONTH) && !isAnyDay(DAY_OF_WEEK)) {
    throw new QuartzError(
      `"${expression}" names both days of the month and days of the week; one of them must be ?`,
    );
  }
  const fields = texts.map((text, index) => toField(text, index));
  // Quartz's calendar ends in 2099. Without an end, the reader searches ten thousand years and overflows its stack.
  const years = texts.length === 7 && fields[YEAR] !== "*" ? [] : [CALENDAR];
  return [...fields.slice(0, 7 - years.length), ...years].join(" ");
}

function toField(text: string, index: number): string {
  const field = FIELDS[index];
  if (!field) throw new QuartzError(`field ${index + 1} is one too many`);
  if (text === "?") {
    if (index === DAY_OF_MONTH || index === DAY_OF_WEEK) return "*";
    throw new QuartzError(`the ${field.name} "?" is not allowed; only a day may be ?`);
  }
  return text
    .split(",")
    .map((item) => toSpecial(item, index) ?? toNumbers(item, field))
    .join(",");
}

/** `L`, `LW` and `15W` among days of the month; `L`, `6L` and `6#3` among days of the week. */
function toSpecial(item: string, index: number): string | null {
  if (index === DAY_OF_MONTH) {
    if (item === "L" || item === "LW") return item;
    const nearest = /^(\d{1,2})W$/.exec(item)?.[1];
    return nearest === undefined ? null : `${parseNumber(nearest, DAYS_OF_MONTH)}W`;
  }
  if (index !== DAY_OF_WEEK) return null;
  if (item === "L") return "6";
  const match = /^([A-Z0-9]+?)(?:L|#([1-5]))$/.exec(item);
  if (!match?.[1]) return null;
  return `${parseNumber(match[1], DAYS_OF_WEEK) - 1}#${match[2] ?? "L"}`;
}

function toNumbers(item: string, field: Field): string {
  const [range = "", stepText, ...rest] = item.split("/");
  if (rest.length > 0) throw toFieldError(item, field);
  const step = stepText === undefined ? 1 : Number(stepText);
  if (!Number.isInteger(step) || step < 1) throw toFieldError(item, field);
  if (range === "*" && step === 1) return "*";
  const [from, to] = parseRange(range, field, stepText !== undefined);
  const span = to >= from ? to - from : to - from + (field.max - field.min + 1);
  const numbers: number[] = [];
  for (let distance = 0; distance <= span; distance += step) {
    const number = from + distance;
    numbers.push(number > field.max ? number - (field.max - field.min + 1) : number);
  }
  const shift = field.names === WEEKDAYS ? 1 : 0;
  return numbers.map((number) => number - shift).join(",");
}

function parseRange(range: string, field: Field, hasStep: boolean): [number, number] {
  if (range === "*") return [field.min, field.max];
  const [first = "", last, ...rest] = range.split("-");
  if (rest.length > 0) throw toFieldError(range, field);
  const from = parseNumber(first, field);
  if (last !== undefined) return [from, parseNumber(last, field)];
  return [from, hasStep ? field.max : from];
}

function parseNumber(text: string, field: Field): number {
  const named = field.names.indexOf(text);
  const number = named >= 0 ? named + field.min : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= field.min && number <= field.max) return number;
  throw toFieldError(text, field);
}

function toFieldError(text: string, field: Field): QuartzError {
  return new QuartzError(
    `the ${field.name} "${text}" is not valid; it runs from ${field.min} to ${field.max}`,
  );
}
