/**
 * Import rules as the v4 API writes them. Source of the semantics: the product's pages on import mappings.
 */

/** Maps a connection of the package to a connection of the target. String literals only, no patterns. */
export interface ConnectionRule {
  /** What a connection of the package must equal, key by key. */
  readonly on: { readonly uuid?: string; readonly id?: string; readonly name?: string };
  /** The target's connection id. */
  readonly with: number;
}

export const VALUE_RULE_TYPES = [
  "s3Bucket",
  "fileLocation",
  "dbTableName",
  "dbPath",
  "host",
  "userinfo",
] as const;
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
