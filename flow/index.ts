export type { PackageLimits } from "./archive.js";
export { DEFAULT_PACKAGE_LIMITS } from "./archive.js";
export type { ContentsOptions, FlowContents, PackageContents } from "./contents.js";
export { describeContents } from "./contents.js";
export type {
  Change,
  ChangedObject,
  ChangeKind,
  Edit,
  ListedStep,
  PackageDiff,
  RecipeListing,
} from "./diff.js";
export { applyDiff, diffPackages } from "./diff.js";
export { contentDigest, isSameContent, rulesFingerprint } from "./digest.js";
export type { FindingCode, Severity } from "./finding-codes.js";
export { FINDING_CODES, isFindingCode } from "./finding-codes.js";
export type { CheckOptions, Finding, Judgement, TargetConnection } from "./findings.js";
export { checkPackage, judgeFindings } from "./findings.js";
export { printExpression, printRecipe, printStep } from "./language/print.js";
export { LanguageError, parseStep } from "./language/parse.js";
export type * from "./model.js";
export type { PackageErrorCode } from "./package-error.js";
export { PackageError } from "./package-error.js";
export type { UnknownParameter } from "./parameters.js";
export { packageParameters, unknownAmong, unknownParameters } from "./parameters.js";
export { compilePattern, PatternError } from "./pattern.js";
export { readPackage } from "./read.js";
export type { RuleCoverage } from "./rule-coverage.js";
export { describeCoverage } from "./rule-coverage.js";
export type { RuleProblem } from "./rule-problems.js";
export { RulesError, validateRules } from "./rule-problems.js";
export type { ConnectionRule, ImportRules, ValueRule, ValueRuleType } from "./rule-types.js";
export { CONNECTION_TO_BE_MADE, VALUE_RULE_TYPES } from "./rule-types.js";
export type { RuledPackage, RuleMatch, RuleUse } from "./rules.js";
export { applyRules } from "./rules.js";
export { buildFromSource, buildPackage } from "./source.js";
export { SourceError } from "./source-error.js";
export { writePackage } from "./write.js";
