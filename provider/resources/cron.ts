import { Cron } from "croner";

/**
 * What is wrong with a Quartz cron expression (seconds first, 6 or 7 fields), or undefined. One that never
 * fires is wrong: a schedule that silently does nothing is worse than none.
 */
export function cronProblem(expression: string, timezone: string | undefined): string | undefined {
  const fields = expression.trim().split(/\s+/);
  if (fields.length === 5)
    return `has 5 fields; the platform reads Quartz format with seconds: "0 ${expression}"`;
  if (fields.length < 6 || fields.length > 7)
    return `has ${fields.length} fields; the platform reads Quartz format: seconds minutes hours day-of-month month day-of-week [year]`;
  if (fields.some((field, index) => field.includes("?") && !(field === "?" && (index === 3 || index === 5))))
    return "has a ? that is not a day; only day-of-month and day-of-week may be ?";
  const [, , , dayOfMonth = "", , dayOfWeek = ""] = fields;
  if (dayOfMonth !== "?" && dayOfWeek !== "?" && dayOfMonth !== "*" && dayOfWeek !== "*")
    return "sets both day-of-month and day-of-week; one of them must be ?";
  try {
    const job = new Cron(toCroner(fields), {
      paused: true,
      // Days of the week from 1 (Sunday).
      alternativeWeekdays: true,
      ...(timezone && { timezone }),
    });
    return job.nextRun() === null ? "never fires" : undefined;
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Whether the name is in the time zone database. */
export function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** First and last number of each field, seconds first; Quartz's calendar ends in 2099. */
const BOUNDS = [
  [0, 59],
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [1, 7],
  [1970, 2099],
] as const;
const NAMES: Partial<Record<number, readonly string[]>> = {
  4: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
  5: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};
const DAY_OF_WEEK = 5;

/**
 * The expression for a reader in which `?` is the day of asking, ranges do not go round (`22-2`, `FRI-MON`), steps
 * need a range and the last Friday is `6#L`. Without an end of the calendar it would search ten thousand years.
 */
function toCroner(fields: readonly string[]): string {
  const [all, years = "*"] = [fields.slice(0, 6), fields[6]];
  const days = all.map((field, index) => (field === "?" ? "*" : toItems(field, index)));
  return [...days, years === "*" ? BOUNDS[6].join("-") : toItems(years, 6)].join(" ");
}

function toItems(field: string, index: number): string {
  const numbered = field.toUpperCase().replaceAll(/[A-Z]{3}/g, (name) => {
    const at = NAMES[index]?.indexOf(name) ?? -1;
    return at < 0 ? name : String(at + 1);
  });
  return numbered
    .split(",")
    .map((item) => (index === DAY_OF_WEEK ? toWeekday(item) : item))
    .map((item) => toAscending(item, index))
    .join(",");
}

function toWeekday(item: string): string {
  return item === "L" ? "7" : item.replace(/^(\d)L$/, "$1#L");
}

function toAscending(item: string, index: number): string {
  const [first, last] = BOUNDS[index] ?? [0, 0];
  const isOutside = (number: string) => Number(number) < first || Number(number) > last;
  const outside = item
    .replace(/[/#].*/, "")
    .match(/\d+/g)
    ?.find(isOutside);
  if (outside !== undefined) throw new RangeError(`${outside} is not from ${first} to ${last}`);
  const [, from, , to, step] = /^(\*|\d+)(-(\d+))?(\/\d+)?$/.exec(item) ?? [];
  if (from === undefined || (to === undefined && step === undefined)) return item;
  const start = from === "*" ? first : Number(from);
  const end = Number(to ?? last);
  const every = step ?? "";
  return start <= end ? `${start}-${end}${every}` : `${start}-${last}${every},${first}-${end}${every}`;
}
