import { nextFireTime } from "./quartz.js";
import type { TimeBased, Trigger } from "./triggers.js";

/** When the first of some triggers fires next after `after`, in their time zones; null when none does any more. */
export function nextMoment(triggers: readonly Trigger[], after: Date): Date | null {
  const times = triggers.flatMap(({ timeBased }) => nextOfTrigger(timeBased, after)?.getTime() ?? []);
  return times.length === 0 ? null : new Date(Math.min(...times));
}

function nextOfTrigger(timeBased: TimeBased, after: Date): Date | null {
  const start = toTime(timeBased.utcStartDateTime, Number.NEGATIVE_INFINITY);
  const end = toTime(timeBased.utcEndDateTime, Number.POSITIVE_INFINITY);
  const next = nextOfKind(timeBased, new Date(Math.max(after.getTime(), start - 1)));
  return next !== null && next.getTime() <= end ? next : null;
}

function nextOfKind(timeBased: TimeBased, after: Date): Date | null {
  if (timeBased.oneTime) {
    const time = new Date(toUtc(timeBased.oneTime.utcDateTime));
    return time > after ? time : null;
  }
  return nextFireTime(toQuartz(timeBased), timeBased.timezone ?? "UTC", after);
}

function toQuartz({ cron, hourly, daily, weekly, monthly, monthlyWeekday }: TimeBased): string {
  if (cron) return cron.expression;
  if (hourly) return `0 ${hourly.minuteOfHour} * * * ?`;
  if (daily) return `${timeOfDay(daily)} ? * ${daily.onlyWorkingDays === true ? "MON-FRI" : "*"}`;
  if (weekly) return `${timeOfDay(weekly)} ? * ${weekly.daysOfWeek.map(toQuartzDay).join(",")}`;
  if (monthly) return `${timeOfDay(monthly)} ${monthly.daysOfMonth.join(",")} * ?`;
  if (monthlyWeekday) {
    const { dayOfWeek, nthWeekDayOfMonth } = monthlyWeekday;
    return `${timeOfDay(monthlyWeekday)} ? * ${toQuartzDay(dayOfWeek)}#${nthWeekDayOfMonth}`;
  }
  throw new Error("a trigger has no kind");
}

function timeOfDay({ hourOfDay, minuteOfHour }: { hourOfDay: number; minuteOfHour: number }): string {
  return `0 ${minuteOfHour} ${hourOfDay}`;
}

/** Quartz counts from 1 (Sunday) and knows the first three letters of the names. */
function toQuartzDay(day: number | string): string {
  return typeof day === "number" ? String(day + 1) : day.slice(0, 3).toUpperCase();
}

function toTime(text: string | undefined, otherwise: number): number {
  const time = text === undefined ? Number.NaN : Date.parse(toUtc(text));
  return Number.isNaN(time) ? otherwise : time;
}

/** A time without a zone is UTC, as the members' names say. */
function toUtc(text: string): string {
  return /T.*(Z|[+-]\d\d:?\d\d)$/i.test(text) || !text.includes("T") ? text : `${text}Z`;
}
