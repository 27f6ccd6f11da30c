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
  const [, , , dayOfMonth = "", , dayOfWeek = ""] = fields;
  if (dayOfMonth !== "?" && dayOfWeek !== "?" && dayOfMonth !== "*" && dayOfWeek !== "*")
    return "sets both day-of-month and day-of-week; one of them must be ?";
  try {
    const job = new Cron(toCroner(fields), { paused: true, ...(timezone && { timezone }) });
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

/**
 * Quartz counts days of the week from 1 (Sunday), croner from 0; Quartz's `?` means any day, croner's the
 * day on which it is asked.
 */
function toCroner(fields: readonly string[]): string {
  return fields
    .map((field, index) => {
      if (field === "?") return "*";
      if (index !== 5) return field;
      return field
        .replaceAll(/(?<![#\d/])\d+/g, (day) => String(Number(day) - 1))
        .replace(/^(\d|[A-Za-z]{3})L$/, "$1#L");
    })
    .join(" ");
}
