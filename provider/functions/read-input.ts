import type { z } from "zod";
import { applyRules, PackageError, readPackage, RulesError, validateRules } from "../../flow/index.js";
import type { FlowPackage, RuledPackage } from "../../flow/index.js";
import { InputRefused } from "../framework/define-function.js";
import { packageInput, pathOf } from "../resources/release-check.js";
import { NO_RULES, ruleSet } from "../resources/rule-set.js";
import type { RuleSet } from "../resources/rule-set.js";
import { toImportRules } from "../resources/rules-in-force.js";

/** A package as an input of a function. */
export const packageArgument = packageInput.describe(
  "The exported package: a path (relative to the program's folder) or a file asset.",
);

/** Rules as an input of a function. */
export const rulesArgument = ruleSet
  .optional()
  .describe("Import rules to apply first, as an ImportRules resource has them. Left out: none.");

/** Reads the package that the input `property` names. Throws InputRefused when it cannot be read. */
export function readPackageInput(
  property: string,
  input: z.output<typeof packageInput>,
): Promise<FlowPackage> {
  return readingInput(property, () => readPackage(pathOf(input)));
}

/** Does something that reads the package of the input `property`. Throws InputRefused when it cannot be read. */
export async function readingInput<T>(property: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    throw new InputRefused([{ property, reason: error.message }], { cause: error });
  }
}

/** Applies the input `rules` as the platform would. Throws InputRefused naming each faulty rule. */
export function applyRulesInput(source: FlowPackage, rules: RuleSet = NO_RULES): RuledPackage {
  const importRules = toImportRules(rules);
  const problems = validateRules(importRules);
  if (problems.length > 0) throw refusedRules(problems);
  try {
    return applyRules(source, importRules);
  } catch (error) {
    // Rules that feed each other without end show only when they are applied.
    if (!(error instanceof RulesError)) throw error;
    throw refusedRules(error.problems);
  }
}

function refusedRules(problems: RulesError["problems"]): InputRefused {
  return new InputRefused(
    problems.map(({ path, message }) => ({ property: `rules.${path}`, reason: message })),
  );
}
