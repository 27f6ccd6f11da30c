import { contentDigest, rulesFingerprint } from "../../flow/index.js";
import type { FlowPackage } from "../../flow/index.js";
import { shortDigest } from "./release-marker.js";
import type { WantedRelease } from "./release-plan.js";
import { toImportRules } from "./rules-in-force.js";
import { NO_RULES } from "./rule-set.js";
import type { RuleSet } from "./rule-set.js";

/** What a Release asks for, in the terms of the deployment's history. */
export function toWanted(
  source: FlowPackage,
  inputs: { rules?: RuleSet | undefined },
  owners: readonly (string | undefined)[],
): WantedRelease {
  return {
    content: shortDigest(contentDigest(source)),
    rules: shortDigest(rulesFingerprint(toImportRules(inputs.rules ?? NO_RULES))),
    packageUuid: source.metadata.uuid,
    owners: owners.filter((owner) => owner !== undefined),
  };
}
