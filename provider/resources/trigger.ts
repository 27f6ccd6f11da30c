import { z } from "zod";
import { cronProblem, isTimezone } from "./cron.js";

const minute = z.int().min(0).max(59);
const hour = z.int().min(0).max(23);
const timeOfDay = { hourOfDay: hour.describe("0 to 23."), minuteOfHour: minute.describe("0 to 59.") };

/** When a schedule fires: exactly one kind, in a time zone. */
export const trigger = z
  .strictObject({
    cron: z
      .string()
      .optional()
      .describe("Quartz expression with seconds: `0 0 2 * * ?` is two o'clock every night."),
    hourly: z
      .strictObject({ minuteOfHour: minute.describe("0 to 59.") })
      .describe("A minute of every hour.")
      .optional()
      .describe("Every hour."),
    daily: z.strictObject(timeOfDay).describe("A time of every day.").optional().describe("Every day."),
    weekly: z
      .strictObject({
        ...timeOfDay,
        daysOfWeek: z.array(z.int().min(0).max(6)).min(1).describe("0 (Sunday) to 6 (Saturday)."),
      })
      .describe("A time of some days of the week.")
      .optional()
      .describe("On days of the week."),
    monthly: z
      .strictObject({
        ...timeOfDay,
        daysOfMonth: z.array(z.int().min(1).max(31)).min(1).describe("1 to 31."),
      })
      .describe("A time of some days of the month.")
      .optional()
      .describe("On days of the month."),
    oneTime: z.iso
      .datetime({ error: "must be a UTC time such as 2030-01-31T02:00:00Z" })
      .optional()
      .describe("Once, at this UTC time."),
    timezone: z
      .string()
      .default("UTC")
      .refine(isTimezone, "is not a time zone of the IANA database, such as Europe/Berlin")
      .describe("IANA time zone that the times are meant in."),
  })
  .describe("When a schedule fires: exactly one kind, in a time zone.")
  .superRefine((value, context) => {
    const kinds = KINDS.filter((kind) => value[kind] !== undefined);
    if (kinds.length !== 1) {
      const said = kinds.length === 0 ? "none" : kinds.join(" and ");
      context.addIssue({
        code: "custom",
        message: `needs exactly one of ${KINDS.join(", ")}; there is ${said}`,
      });
    }
    if (value.cron === undefined || !isTimezone(value.timezone)) return;
    const problem = cronProblem(value.cron, value.timezone);
    if (problem) context.addIssue({ code: "custom", path: ["cron"], message: problem });
  });

const KINDS = ["cron", "hourly", "daily", "weekly", "monthly", "oneTime"] as const;

export type Trigger = z.output<typeof trigger>;

/** A trigger as the API writes it. */
export const remoteTrigger = z.object({
  timeBased: z.object({
    cron: z.object({ expression: z.string() }).optional(),
    hourly: z.object({ minuteOfHour: z.int() }).optional(),
    daily: z.object({ hourOfDay: z.int(), minuteOfHour: z.int() }).optional(),
    weekly: z.object({ hourOfDay: z.int(), minuteOfHour: z.int(), daysOfWeek: z.array(z.int()) }).optional(),
    monthly: z
      .object({ hourOfDay: z.int(), minuteOfHour: z.int(), daysOfMonth: z.array(z.int()) })
      .optional(),
    oneTime: z.object({ utcDateTime: z.string() }).optional(),
    timezone: z.string().optional(),
  }),
});

/** Program's form → API's form. */
export function toRemoteTrigger({ cron, oneTime, ...rest }: Trigger): z.output<typeof remoteTrigger> {
  return {
    timeBased: {
      ...(cron !== undefined && { cron: { expression: cron } }),
      ...(oneTime !== undefined && { oneTime: { utcDateTime: oneTime } }),
      ...(rest as Omit<z.output<typeof remoteTrigger>["timeBased"], "cron" | "oneTime">),
    },
  };
}

/** API's form → program's form. */
export function fromRemoteTrigger({ timeBased }: z.output<typeof remoteTrigger>): Trigger {
  const { cron, oneTime, timezone = "UTC", ...rest } = timeBased;
  return {
    ...(cron && { cron: cron.expression }),
    ...(oneTime && { oneTime: oneTime.utcDateTime }),
    ...rest,
    timezone,
  };
}
