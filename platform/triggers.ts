import { isDeepStrictEqual } from "node:util";
import { ValidationFailed } from "./errors.js";
import { isTimeZone, nextFireTime, QuartzError } from "./quartz.js";

/** A trigger of a schedule as clients send it; stored as it came. */
export interface Trigger {
  timeBased: TimeBased;
}

/** When a trigger fires: exactly one kind, in a time zone. Days of the week are numbers from 0 (Sunday) or English names. */
export interface TimeBased {
  cron?: { expression: string };
  hourly?: { minuteOfHour: number };
  daily?: TimeOfDay & { onlyWorkingDays?: boolean };
  weekly?: TimeOfDay & { daysOfWeek: (number | string)[] };
  monthly?: TimeOfDay & { daysOfMonth: number[] };
  monthlyWeekday?: TimeOfDay & { dayOfWeek: number | string; nthWeekDayOfMonth: number };
  oneTime?: { utcDateTime: string };
  timezone?: string;
  utcStartDateTime?: string;
  utcEndDateTime?: string;
}

interface TimeOfDay {
  hourOfDay: number;
  minuteOfHour: number;
}

const hourOfDay = { type: "integer", minimum: 0, maximum: 23 } as const;
const minuteOfHour = { type: "integer", minimum: 0, maximum: 59 } as const;
// The documentation names the member but not its values: both numbers from 0 (Sunday) and English names are taken.
const dayOfWeek = {
  anyOf: [
    { type: "integer", minimum: 0, maximum: 6 },
    {
      type: "string",
      pattern:
        "^(?:[Mm][Oo][Nn]|[Tt][Uu][Ee]|[Ww][Ee][Dd]|[Tt][Hh][Uu]|[Ff][Rr][Ii]|[Ss][AaUu][TtNn])[A-Za-z]*$",
    },
  ],
} as const;

function kind<T extends Record<string, object>>(properties: T, required: readonly (keyof T & string)[]) {
  return { type: "object", properties, required, additionalProperties: false } as const;
}

const KINDS = {
  cron: kind(
    { expression: { type: "string", maxLength: 200, description: "Quartz: 6 or 7 fields, seconds first" } },
    ["expression"],
  ),
  hourly: kind({ minuteOfHour }, ["minuteOfHour"]),
  daily: kind({ hourOfDay, minuteOfHour, onlyWorkingDays: { type: "boolean" } }, [
    "hourOfDay",
    "minuteOfHour",
  ]),
  weekly: kind(
    { hourOfDay, minuteOfHour, daysOfWeek: { type: "array", minItems: 1, maxItems: 7, items: dayOfWeek } },
    ["hourOfDay", "minuteOfHour", "daysOfWeek"],
  ),
  monthly: kind(
    {
      hourOfDay,
      minuteOfHour,
      daysOfMonth: {
        type: "array",
        minItems: 1,
        maxItems: 31,
        items: { type: "integer", minimum: 1, maximum: 31 },
      },
    },
    ["hourOfDay", "minuteOfHour", "daysOfMonth"],
  ),
  monthlyWeekday: kind(
    { hourOfDay, minuteOfHour, dayOfWeek, nthWeekDayOfMonth: { type: "integer", minimum: 1, maximum: 5 } },
    ["hourOfDay", "minuteOfHour", "dayOfWeek", "nthWeekDayOfMonth"],
  ),
  oneTime: kind({ utcDateTime: { type: "string", maxLength: 40 } }, ["utcDateTime"]),
} as const;

const KIND_NAMES = Object.keys(KINDS) as readonly (keyof typeof KINDS)[];

/** Schema of the `triggers` member of schedules. What it cannot say is checked by `checkTriggers`. */
export const triggersSchema = {
  type: "array",
  minItems: 1,
  maxItems: 20,
  items: {
    type: "object",
    properties: {
      timeBased: {
        type: "object",
        properties: {
          ...KINDS,
          timezone: { type: "string", maxLength: 100, description: "IANA name; UTC when not given" },
          utcStartDateTime: { type: "string", maxLength: 40 },
          utcEndDateTime: { type: "string", maxLength: 40 },
        },
        additionalProperties: false,
      },
    },
    required: ["timeBased"],
    additionalProperties: false,
  },
} as const;

/**
 * Throws `ValidationFailed` that lists every trigger that has not exactly one kind, an unknown time zone, a bad cron
 * expression, or never fires any more. A trigger that stands in `stored` may be over: it was good once.
 */
export function checkTriggers(triggers: readonly Trigger[], stored: readonly Trigger[]): void {
  const now = new Date();
  const isStored = (trigger: Trigger) => stored.some((known) => isDeepStrictEqual(known, trigger));
  const problems = triggers.flatMap((trigger, index) =>
    isStored(trigger)
      ? []
      : findProblems(trigger.timeBased, now).map((problem) => `triggers[${index}].timeBased${problem}`),
  );
  if (problems.length > 0) throw new ValidationFailed(problems);
}

function findProblems(timeBased: TimeBased, now: Date): string[] {
  const kinds = KIND_NAMES.filter((name) => timeBased[name] !== undefined);
  if (kinds.length !== 1) {
    return [` must have exactly one of ${KIND_NAMES.join(", ")}; it has ${kinds.join(", ") || "none"}`];
  }
  const timezone = timeBased.timezone ?? "UTC";
  if (!isTimeZone(timezone)) {
    return [`.timezone: "${timezone}" is no known time zone; use an IANA name such as Europe/Berlin`];
  }
  if (timeBased.cron) return findCronProblems(timeBased.cron.expression, timezone, now);
  if (timeBased.oneTime) return findTimeProblems(timeBased.oneTime.utcDateTime, now);
  return [];
}

function findCronProblems(expression: string, timezone: string, now: Date): string[] {
  try {
    if (nextFireTime(expression, timezone, now) !== null) return [];
    return [`.cron.expression: "${expression}" never fires`];
  } catch (error) {
    if (error instanceof QuartzError) return [`.cron.expression: ${error.message}`];
    throw error;
  }
}

function findTimeProblems(text: string, now: Date): string[] {
  const time = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) return [`.oneTime.utcDateTime: "${text}" is no ISO date and time`];
  return time > now.getTime() ? [] : [`.oneTime.utcDateTime: "${text}" is over, so the trigger never fires`];
}
