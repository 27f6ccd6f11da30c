import { z } from "zod";
import { checkPackage, FINDING_CODES, isFindingCode, judgeFindings } from "../../flow/index.js";
import type { Finding, RuledPackage } from "../../flow/index.js";
import { suggestWord } from "../../flow/language/nearest-word.js";
import type { Context } from "../framework/define-resource.js";

/** What a program makes of findings, by their codes. */
export const severities = z
  .record(z.string(), z.enum(["error", "warning", "info", "ignore"]))
  .superRefine((given, context) => {
    for (const code of Object.keys(given)) {
      if (isFindingCode(code)) continue;
      const guess = suggestWord(code, Object.keys(FINDING_CODES));
      context.addIssue({ code: "custom", path: [code], message: `there is no finding of this code${guess}` });
    }
  });

const connectionRow = z.object({
  id: z.int(),
  uuid: z.string(),
  name: z.string(),
  vendor: z.string().nullish(),
});

/** What is wrong or worth knowing about a package under its rules, in this environment. */
export async function findIssues(
  { client, sourceMarkers }: Context,
  ruled: RuledPackage,
  previous: RuledPackage | undefined,
): Promise<Finding[]> {
  const hasConnections = ruled.package.connections.length > 0;
  const connections = hasConnections ? await client.list("/v4/connections", connectionRow) : [];
  return checkPackage(ruled, {
    sourceMarkers,
    connections: connections.map(({ vendor, ...row }) => ({ ...row, vendor: vendor ?? null })),
    ...(previous && { previous }),
  });
}

/** A finding of the provider's own. */
export function toFinding(code: keyof typeof FINDING_CODES, object: string, message: string): Finding {
  return { code, severity: FINDING_CODES[code].severity, object, message };
}

/** Errors and warnings, each with its code in front, as the program weighs them. */
export function judge(
  findings: readonly Finding[],
  weights: z.output<typeof severities>,
): { errors: string[]; warnings: string[] } {
  const judged = judgeFindings(findings, weights);
  const texts = (wanted: Finding["severity"]) =>
    judged
      .filter((finding) => finding.severity === wanted)
      .map((finding) => `${finding.code}: ${sentence(finding)}`);
  return { errors: texts("error"), warnings: texts("warning") };
}

function sentence({ object, message }: Finding): string {
  return message.includes(object) ? message : `${object}: ${message}`;
}
