const HOURS = 3_600_000;
const MINUTES = 60_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Minutes that a zone's clocks are ahead of UTC at a time. */
export function offsetMinutes(timezone: string, time: Date): number {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", { timeZone: timezone, timeZoneName: "longOffset" });
    formats.set(timezone, format);
  }
  const name = format.formatToParts(time).find((part) => part.type === "timeZoneName")?.value ?? "";
  const [, sign, hours, minutes] = /([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  return (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === "-" ? -1 : 1);
}

/** Whether clocks, having gone back, show at a time what they showed shortly before. */
export function isRepeated(timezone: string, time: Date): boolean {
  const earlier = offsetMinutes(timezone, new Date(time.getTime() - 3 * HOURS));
  const back = earlier - offsetMinutes(timezone, time);
  return back > 0 && offsetMinutes(timezone, new Date(time.getTime() - back * MINUTES)) === earlier;
}

/** The last millisecond of the repeated time that `time` is in. */
export function endOfRepeated(timezone: string, time: Date): Date {
  let minute = Math.floor(time.getTime() / MINUTES) * MINUTES;
  while (isRepeated(timezone, new Date(minute))) minute += MINUTES;
  return new Date(minute - 1);
}
