import type { Finding } from "../flow/findings.js";
import type { Severity } from "../flow/finding-codes.js";
import type { RuleCoverage } from "../flow/rule-coverage.js";
import { count } from "../flow/count.js";
import { code, plain, table } from "./markdown.js";

/** From the lightest to the heaviest. */
export const SEVERITIES = ["info", "warning", "error"] as const satisfies readonly Severity[];

/** True for a finding that weighs at least this much. */
export function isAtLeast({ severity }: Finding, level: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(level);
}

/** Findings with the heaviest first. */
function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
}

/** `1 error, 2 warnings`, or `nothing found`. */
export function summariseFindings(findings: readonly Finding[]): string {
  const nouns = { error: "error", warning: "warning", info: "note" } as const;
  const parts = [...SEVERITIES].reverse().flatMap((severity) => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    return number === 0 ? [] : [count(number, nouns[severity])];
  });
  return parts.length === 0 ? "nothing found" : parts.join(", ");
}

/** One line for each finding. */
export function formatFindingsText(findings: readonly Finding[]): string[] {
  return sortFindings(findings).map(
    ({ severity, code: id, message, isNew }) =>
      `${severity}  ${id}${isNew === true ? " (new)" : ""}: ${message}`,
  );
}

/** A table of findings. */
export function formatFindingsMarkdown(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  return table(
    ["", "Code", "Finding"],
    sortFindings(findings).map(({ severity, code: id, message, isNew }) => [
      `${severity}${isNew === true ? ", new" : ""}`,
      code(id),
      plain(message),
    ]),
  );
}

const SHOWN_MATCHES = 3;

/** What a rule did, on one line. */
function describeMatches({ status, matches, shadowedBy, unreached }: RuleCoverage): string {
  switch (status) {
    case "matches": {
      const changes = [...new Set(matches.map(({ before, after }) => `${before} → ${after}`))];
      const hidden = changes.length - SHOWN_MATCHES;
      const shown = changes.slice(0, SHOWN_MATCHES).join("; ");
      return `${count(matches.length, "match", "matches")}: ${shown}${hidden > 0 ? `; and ${String(hidden)} more` : ""}`;
    }
    case "shadowed":
      return `shadowed by ${shadowedBy ?? ""}`;
    case "unreached":
      return `does not reach ${unreached.join("; ")}`;
    case "matches-nothing":
      return "matches nothing";
  }
}

/** One line for each rule: what it says, and what it did. */
export function formatCoverageText(coverage: readonly RuleCoverage[]): string[] {
  return coverage.map((rule) => `${rule.rule}  ${rule.text}: ${describeMatches(rule)}`);
}

/** A table of rules. */
export function formatCoverageMarkdown(coverage: readonly RuleCoverage[]): string[] {
  if (coverage.length === 0) return [];
  return table(
    ["Rule", "", "What it does here"],
    coverage.map((rule) => [code(rule.rule), code(rule.text), plain(describeMatches(rule))]),
  );
}
