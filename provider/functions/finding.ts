import { z } from "zod";
import type { Finding } from "../../flow/index.js";
import { named } from "../framework/field-rules.js";

/** A finding as functions answer it. */
export const packageFinding = named(
  "PackageFinding",
  z
    .object({
      code: z.string().describe("Stable code of the finding."),
      severity: z.enum(["error", "warning", "info"]).describe("`error`, `warning` or `info`."),
      object: z.string().describe('What it is about, for example `connection "warehouse"`.'),
      message: z.string().describe("What is wrong or worth knowing, and what to do."),
    })
    .describe("Something that would fail or mislead after an import."),
);

/** The finding without what only the library needs. */
export function toPackageFinding(finding: Finding): z.output<typeof packageFinding> {
  const { code, severity, object, message } = finding;
  return { code, severity, object, message };
}
