import { checkConnections, type TargetConnection } from "./findings/connections.js";
import { checkDatasets, checkParameters } from "./findings/datasets.js";
import type { Finding } from "./findings/finding.js";
import { checkMarkers } from "./findings/markers.js";
import { checkOutputs } from "./findings/outputs.js";
import { checkRemovals } from "./findings/previous.js";
import { checkRules } from "./findings/rules.js";
import { checkWebhooks } from "./findings/webhooks.js";
import { FINDING_CODES, isFindingCode, type FindingCode, type Severity } from "./finding-codes.js";
import { suggestWord } from "./language/nearest-word.js";
import type { RuledPackage } from "./rules.js";

export type { TargetConnection } from "./findings/connections.js";
export type { Finding } from "./findings/finding.js";

/** What is known besides the package and its rules. Each member adds findings; without any, nothing of a target is known. */
export interface CheckOptions {
  /** Names of the source environment's buckets, hosts or databases: nothing may hold them after the rules. */
  readonly sourceMarkers?: readonly string[];
  /** The package that this one takes the place of, after the rules: findings say whether they are new. */
  readonly previous?: RuledPackage;
  /** Every connection of the target. */
  readonly connections?: readonly TargetConnection[];
}

/** Checks a package together with the rules that were applied to it. */
export function checkPackage(ruled: RuledPackage, options: CheckOptions = {}): Finding[] {
  const { previous } = options;
  const found = findAll(ruled, options);
  if (previous === undefined) return found;
  const { previous: _unused, ...others } = options;
  const known = new Set(findAll(previous, others).map(keyOf));
  return found.map((finding) => ({ ...finding, isNew: !known.has(keyOf(finding)) }));
}

/** Two packages have the same finding when it is of one code and about one object. */
function keyOf({ code, object }: Finding): string {
  return `${code} ${object}`;
}

function findAll(ruled: RuledPackage, { sourceMarkers, previous, connections }: CheckOptions): Finding[] {
  const { package: pkg } = ruled;
  const hasValueRules = ruled.uses.some(({ kind }) => kind === "value");
  return [
    ...checkConnections(ruled, connections),
    ...checkRules(ruled, previous),
    ...checkMarkers(pkg, sourceMarkers ?? []),
    ...pkg.flows.flatMap((flow) => [
      ...checkDatasets(flow, hasValueRules),
      ...checkWebhooks(flow),
      ...checkParameters(flow),
    ]),
    ...checkOutputs(ruled),
    ...(previous === undefined ? [] : checkRemovals(pkg, previous.package)),
  ];
}

/** What a user makes of a code: another severity, or silence. */
export type Judgement = Severity | "ignore";

/**
 * Findings as the user weighs them; ignored ones are left out. Throws RangeError for a code that does not exist, with the
 * nearest that does.
 */
export function judgeFindings(
  findings: readonly Finding[],
  judgements: Readonly<Record<string, Judgement>>,
): Finding[] {
  for (const code of Object.keys(judgements)) {
    if (isFindingCode(code)) continue;
    throw new RangeError(`unknown finding code "${code}"${suggestWord(code, Object.keys(FINDING_CODES))}`);
  }
  return findings.flatMap((finding): Finding[] => {
    const judgement =
      (judgements as Partial<Record<FindingCode, Judgement>>)[finding.code] ?? finding.severity;
    return judgement === "ignore" ? [] : [{ ...finding, severity: judgement }];
  });
}
