import type { Dataset, FlowPackage } from "./model.js";
import { describeTarget, type RuledPackage, type RuleMatch, type RuleUse } from "./rules.js";
import type { ValueRule } from "./rule-types.js";
import { createMatcher } from "./value-matcher.js";

/** What one import rule did to a package. */
export interface RuleCoverage {
  /** Its place, for example `values[2]`. */
  readonly rule: string;
  /** What it says, on one line. */
  readonly text: string;
  /**
   * `matches`; `shadowed`: an earlier rule changes what it would match; `unreached`: what it would match stands where rules
   * do not reach; `matches-nothing`.
   */
  readonly status: "matches" | "shadowed" | "unreached" | "matches-nothing";
  readonly matches: readonly RuleMatch[];
  /** The place of the earlier rule. */
  readonly shadowedBy?: string;
  /** Parameterised datasets and SQL text that hold what the rule is meant for; they stay as they are. */
  readonly unreached: readonly string[];
}

/** Reports on every rule that was applied to a package, connection rules first, in their order. */
export function describeCoverage(ruled: RuledPackage): RuleCoverage[] {
  const values = listUnreachedValues(ruled.package);
  return ruled.uses.map((use): RuleCoverage => {
    const { index, matches, shadowedBy } = use;
    const list = use.kind === "connection" ? "connections" : "values";
    const unreached = use.kind === "connection" ? [] : findUnreached(use.rule, values);
    return {
      rule: `${list}[${index}]`,
      text: describeRule(use),
      status: toStatus(use, unreached),
      matches,
      ...(shadowedBy === undefined ? {} : { shadowedBy: `${list}[${shadowedBy}]` }),
      unreached,
    };
  });
}

function toStatus({ matches, shadowedBy }: RuleUse, unreached: readonly string[]): RuleCoverage["status"] {
  if (matches.length > 0) return "matches";
  if (shadowedBy !== undefined) return "shadowed";
  return unreached.length > 0 ? "unreached" : "matches-nothing";
}

function describeRule(use: RuleUse): string {
  if (use.kind === "value") return `${use.rule.type} ${use.rule.on} → ${use.rule.with}`;
  const conditions = Object.entries(use.rule.on).map(([key, value]) => `${key} ${value}`);
  return `${conditions.join(" and ")} → ${describeTarget(use.rule.with)}`;
}

/** A value that rules leave alone, with the type of rule that is meant for such values. */
interface UnreachedValue {
  readonly type: ValueRule["type"];
  readonly value: string;
  readonly object: string;
}

function findUnreached(rule: ValueRule, values: readonly UnreachedValue[]): string[] {
  const matcher = createMatcher(rule.on, rule.with);
  const found = values.filter(({ type, value }) => type === rule.type && matcher.replace(value) !== value);
  return [...new Set(found.map(({ object }) => object))];
}

function listUnreachedValues(pkg: FlowPackage): UnreachedValue[] {
  return pkg.flows.flatMap((flow) => {
    const place = `flow ${JSON.stringify(flow.name)}`;
    const scripts = flow.outputs.flatMap((output) => output.sqlScripts);
    return [
      ...flow.datasets.flatMap((dataset) =>
        listDataset(dataset, `${place}, dataset ${JSON.stringify(dataset.name)}`),
      ),
      ...scripts.flatMap(({ sql }) => listSql(sql, `${place}, an SQL script`)),
    ];
  });
}

function listDataset(dataset: Dataset, object: string): UnreachedValue[] {
  if (dataset.kind === "table" && dataset.query !== null)
    return listSql(dataset.query, `${object} (its SQL)`);
  if (!dataset.isParameterised) return [];
  const where = `${object} (parameterised)`;
  const value = (type: ValueRule["type"], text: string | null): UnreachedValue[] =>
    text === null || text === "" ? [] : [{ type, value: text, object: where }];
  if (dataset.kind === "table") {
    return [...dataset.path.flatMap((part) => value("dbPath", part)), ...value("dbTableName", dataset.table)];
  }
  const { bucket, path, host, userinfo } = dataset.location;
  return [
    ...value("s3Bucket", bucket),
    ...value("fileLocation", path),
    ...value("host", host),
    ...value("userinfo", userinfo),
  ];
}

/** Names of databases and tables stand in the text of a query. */
function listSql(sql: string, object: string): UnreachedValue[] {
  return [
    { type: "dbPath", value: sql, object },
    { type: "dbTableName", value: sql, object },
  ];
}
