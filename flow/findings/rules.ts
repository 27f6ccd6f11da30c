import { describeCoverage, type RuleCoverage } from "../rule-coverage.js";
import type { RuledPackage } from "../rules.js";
import { toFinding, type Finding } from "./finding.js";

const SHOWN_OBJECTS = 3;

/** Rules that do nothing, each with the reason. */
export function checkRules(ruled: RuledPackage, previous: RuledPackage | undefined): Finding[] {
  const earlier = previous === undefined ? [] : describeCoverage(previous);
  return describeCoverage(ruled).flatMap((coverage): Finding[] => {
    const { rule, status, unreached } = coverage;
    switch (status) {
      case "matches":
        return [];
      case "shadowed":
        return [
          toFinding(
            "rule-shadowed",
            rule,
            `rule ${rule} never applies: rule ${coverage.shadowedBy ?? ""} comes first and changes what it would match. ` +
              `Remove one of them, or change their order`,
          ),
        ];
      case "unreached":
        return [
          toFinding(
            "rule-does-not-reach",
            rule,
            `rule ${rule} changes nothing: what it would match stands in ${listSome(unreached)}, and import rules do not ` +
              `reach that. Put the value into a parameter, and set it in the target`,
          ),
        ];
      case "matches-nothing":
        return [
          toFinding(
            "rule-matches-nothing",
            rule,
            `rule ${rule} matches nothing in this package${countEarlier(coverage, earlier)}. ` +
              `Remove it, or check what it should match`,
          ),
        ];
    }
  });
}

/** Whether the same rule did something for the package before. */
function countEarlier({ rule, text }: RuleCoverage, earlier: readonly RuleCoverage[]): string {
  const before = earlier.find((one) => one.rule === rule && one.text === text)?.matches.length ?? 0;
  if (before === 0) return "";
  return `, though it matched ${before === 1 ? "one value" : `${before} values`} of the previous one`;
}

function listSome(objects: readonly string[]): string {
  const hidden = objects.length - SHOWN_OBJECTS;
  return `${objects.slice(0, SHOWN_OBJECTS).join(" and ")}${hidden > 0 ? ` and ${hidden} more` : ""}`;
}
