/**
 * Import rules as the v4 API writes them. Source of the semantics: the product's pages on import mappings.
 */

/** Maps a connection of the package to a connection of the target. String literals only, no patterns. */
export interface ConnectionRule {
  /** What a connection of the package must equal, key by key. */
  readonly on: { readonly uuid?: string; readonly id?: string; readonly name?: string };
  /** The target's connection id, or CONNECTION_TO_BE_MADE. */
  readonly with: number;
}

/** Stands for a target connection that has no id yet: rules with it can be applied and described, but not be sent. */
export const CONNECTION_TO_BE_MADE = -1;

/** The types of value rules, as the API writes them. */

export const VALUE_RULE_TYPES = [
  "s3Bucket",
  "fileLocation",
  "dbTableName",
  "dbPath",
  "host",
  "userinfo",
] as const;
/** One of the types of value rules. */
export type ValueRuleType = (typeof VALUE_RULE_TYPES)[number];

/** Rewrites values of one type. `on`: a literal, `/regex/` (RE2), or an Alteryx pattern in backticks. */
export interface ValueRule {
  readonly type: ValueRuleType;
  readonly on: string;
  readonly with: string;
}

/** Rules in the order in which the platform applies them, each on the result of the one before. */
export interface ImportRules {
  readonly connections: readonly ConnectionRule[];
  readonly values: readonly ValueRule[];
}
