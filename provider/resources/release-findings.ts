import { z } from "zod";
import { checkPackage } from "../../flow/index.js";
import type { Finding, RuledPackage } from "../../flow/index.js";
import type { Client } from "../client/client.js";

/** What a program can make of a finding. */
export const severity = z.enum(["error", "warning", "ignore"]);

/** A finding as the provider reports it: those of the package, and those that need a look at the platform. */
export interface ReleaseFinding {
  code: string;
  severity: "error" | "warning" | "info";
  message: string;
}

const connectionRow = z.object({
  id: z.int(),
  uuid: z.string(),
  name: z.string(),
  vendor: z.string().nullish(),
});

/** What is wrong or worth knowing about a package under its rules, in this environment. */
export async function findIssues(client: Client, ruled: RuledPackage): Promise<ReleaseFinding[]> {
  const found = checkPackage(ruled);
  if (ruled.package.connections.length === 0) return found.map(toReleaseFinding);
  const known = await client.list("/v4/connections", connectionRow);
  // An unmapped connection is no problem where the environment has one with the same uuid.
  const own = found.filter(
    ({ connectionUuid }) =>
      connectionUuid === undefined || !known.some((row) => isSameUuid(row.uuid, connectionUuid)),
  );
  return [...own.map(toReleaseFinding), ...findOtherVendors(ruled, known)];
}

/** The errors and warnings after what the program says of their codes. */
export function judge(
  findings: readonly ReleaseFinding[],
  severities: Readonly<Record<string, z.output<typeof severity>>>,
): { errors: string[]; warnings: string[] } {
  const judged = findings.map((finding) => ({
    ...finding,
    severity: severities[finding.code] ?? finding.severity,
  }));
  const texts = (wanted: string) =>
    judged.filter((finding) => finding.severity === wanted).map(({ code, message }) => `${code}: ${message}`);
  return { errors: texts("error"), warnings: texts("warning") };
}

/** A recipe that was built on one system may read or write another one wrongly. */
function findOtherVendors(ruled: RuledPackage, known: z.output<typeof connectionRow>[]): ReleaseFinding[] {
  return ruled.package.connections.flatMap((stub) => {
    const target = ruled.connectionTargets.get(stub.id);
    const local = known.find((row) => row.id === target);
    if (!stub.vendor || !local?.vendor || stub.vendor === local.vendor) return [];
    return [
      {
        code: "connection-vendor-differs",
        severity: "warning" as const,
        message: `connection "${stub.name}" is ${stub.vendor} in the package and is mapped to connection ${local.id} ("${local.name}"), which is ${local.vendor}; map it to one of the same kind, or make sure that the flow works on both`,
      },
    ];
  });
}

function toReleaseFinding({ code, severity, object, message }: Finding): ReleaseFinding {
  return { code, severity, message: message.includes(object) ? message : `${object}: ${message}` };
}

function isSameUuid(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
