import type { ConnectionStub, Dataset, FileLocation, Flow, FlowPackage, Output } from "./model.js";
import { formatUri, isS3, parseUri, type UriParts } from "./location.js";
import { checkOfflineRules, RulesError } from "./rule-problems.js";
import {
  CONNECTION_TO_BE_MADE,
  type ConnectionRule,
  type ImportRules,
  type ValueRule,
  type ValueRuleType,
} from "./rule-types.js";
import { rewriteTemplate } from "./template.js";
import { createMatcher, type ValueMatcher } from "./value-matcher.js";

/** A package as a target sees it after its import rules. */
export interface RuledPackage {
  /** Values are rewritten; `connectionId`s still name the package's own connection stubs. */
  readonly package: FlowPackage;
  /** Connection id of the package → connection id of the target, or CONNECTION_TO_BE_MADE. Absent without a rule. */
  readonly connectionTargets: ReadonlyMap<number, number>;
  /** One per rule, connections first, in the order of the rules. */
  readonly uses: readonly RuleUse[];
}

/** What one rule matched. */
export type RuleUse = ConnectionRuleUse | ValueRuleUse;

/** What a connection rule mapped. */
export interface ConnectionRuleUse extends AnyRuleUse {
  readonly kind: "connection";
  readonly rule: ConnectionRule;
}

/** What a value rule rewrote. */
export interface ValueRuleUse extends AnyRuleUse {
  readonly kind: "value";
  readonly rule: ValueRule;
}

interface AnyRuleUse {
  /** Position in its list of rules. */
  readonly index: number;
  readonly matches: readonly RuleMatch[];
  /** The earlier rule of the same list that took away what this rule would have matched; absent when there is none. */
  readonly shadowedBy?: number;
}

/** One value that a rule rewrote: the value before this rule and after it. */
export interface RuleMatch {
  readonly object: string;
  readonly before: string;
  readonly after: string;
}

/** Longer values stand in no real package; the bound stops rules that feed each other from filling the memory. */
const LONGEST_VALUE = 32 * 1024;

/**
 * Applies import rules as the platform does: each value rule to every value of its type, in the order of the list, each
 * on the result of the one before. Parameterised datasets and SQL text stay as they are. Throws RulesError for faulty
 * rules; a connection rule may point to CONNECTION_TO_BE_MADE.
 */
export function applyRules(pkg: FlowPackage, rules: ImportRules): RuledPackage {
  const problems = checkOfflineRules(rules);
  if (problems.length > 0) throw new RulesError(problems);
  const connections = applyConnectionRules(pkg.connections, rules.connections);
  const values = new ValueRules(rules.values);
  const flows = rules.values.length === 0 ? pkg.flows : pkg.flows.map((flow) => rewriteFlow(flow, values));
  return {
    package: rules.values.length === 0 ? pkg : { ...pkg, flows },
    connectionTargets: connections.targets,
    uses: [...connections.uses, ...values.uses()],
  };
}

function applyConnectionRules(
  connections: readonly ConnectionStub[],
  rules: readonly ConnectionRule[],
): { targets: Map<number, number>; uses: RuleUse[] } {
  const targets = new Map<number, number>();
  const mappedBy = new Map<number, number>();
  const uses = rules.map((rule, index): RuleUse => {
    const hidden = connections.find(
      (connection) => targets.has(connection.id) && matchesConnection(connection, undefined, rule),
    );
    const shadowedBy = hidden === undefined ? undefined : mappedBy.get(hidden.id);
    const matches = connections.flatMap((connection): RuleMatch[] => {
      const mapped = targets.get(connection.id);
      if (!matchesConnection(connection, mapped, rule)) return [];
      targets.set(connection.id, rule.with);
      mappedBy.set(connection.id, index);
      return [
        {
          object: `connection ${JSON.stringify(connection.name)}`,
          before: mapped === undefined ? connection.uuid : describeTarget(mapped),
          after: describeTarget(rule.with),
        },
      ];
    });
    return { kind: "connection", rule, index, matches, ...(shadowedBy === undefined ? {} : { shadowedBy }) };
  });
  return { targets, uses };
}

/** A target connection in words. */
export function describeTarget(target: number): string {
  return target === CONNECTION_TO_BE_MADE ? "a connection yet to be made" : `connection ${target}`;
}

/** Once mapped, a connection is the target's: a later rule sees only its new id. */
function matchesConnection(
  connection: ConnectionStub,
  mapped: number | undefined,
  rule: ConnectionRule,
): boolean {
  const { uuid, id, name } = rule.on;
  if (mapped !== undefined) return uuid === undefined && name === undefined && id === String(mapped);
  return (
    (uuid === undefined || uuid.toLowerCase() === connection.uuid.toLowerCase()) &&
    (id === undefined || id === String(connection.id)) &&
    (name === undefined || name === connection.name)
  );
}

interface CompiledRule {
  readonly rule: ValueRule;
  readonly matcher: ValueMatcher;
  readonly matches: RuleMatch[];
  readonly index: number;
  shadowedBy?: number;
}

/** The compiled value rules, and what each has matched so far. */
class ValueRules {
  private readonly compiled: CompiledRule[];

  constructor(rules: readonly ValueRule[]) {
    this.compiled = rules.map((rule, index) => ({
      rule,
      matcher: createMatcher(rule.on, rule.with),
      matches: [],
      index,
    }));
  }

  uses(): RuleUse[] {
    return this.compiled.map(({ rule, index, matches, shadowedBy }) => ({
      kind: "value",
      rule,
      index,
      matches,
      ...(shadowedBy === undefined ? {} : { shadowedBy }),
    }));
  }

  /** Values are independent of each other, so all rules in turn on one value equal one rule in turn on all values. */
  rewrite(type: ValueRuleType, value: string, object: string): string {
    let result = value;
    if (value === "") return value;
    let changedBy: number | undefined;
    for (const compiled of this.compiled) {
      if (compiled.rule.type !== type) continue;
      const before = result;
      result = compiled.matcher.replace(before);
      if (result === before) {
        if (changedBy !== undefined && compiled.matcher.replace(value) !== value)
          compiled.shadowedBy ??= changedBy;
        continue;
      }
      if (result.length > LONGEST_VALUE) {
        const message = `makes a value of ${object} longer than ${LONGEST_VALUE} characters`;
        throw new RulesError([{ path: `values[${compiled.index}]`, message }]);
      }
      compiled.matches.push({ object, before, after: result });
      changedBy = compiled.index;
    }
    return result;
  }

  rewriteOptional(type: ValueRuleType, value: string | null, object: string): string | null {
    return value === null ? null : this.rewrite(type, value, object);
  }
}

function rewriteFlow(flow: Flow, rules: ValueRules): Flow {
  const place = `flow ${JSON.stringify(flow.name)}`;
  const nodes = new Map(flow.nodes.map((node) => [node.id, node.recipeId]));
  const recipes = new Map(flow.recipes.map((recipe) => [recipe.id, recipe.name]));
  const recipeName = (node: number) => recipes.get(nodes.get(node) ?? Number.NaN) ?? `node ${node}`;
  return {
    ...flow,
    datasets: flow.datasets.map((dataset) =>
      rewriteDataset(dataset, rules, `${place}, dataset ${JSON.stringify(dataset.name)}`),
    ),
    outputs: flow.outputs.map((output) =>
      rewriteOutput(output, rules, `${place}, output of ${JSON.stringify(recipeName(output.nodeId))}`),
    ),
  };
}

function rewriteDataset(dataset: Dataset, rules: ValueRules, object: string): Dataset {
  if (dataset.isParameterised) return dataset;
  if (dataset.kind === "file") {
    return { ...dataset, location: rewriteLocation(dataset.type, dataset.location, rules, object) };
  }
  if (dataset.query !== null) return dataset;
  return {
    ...dataset,
    path: dataset.path.map((part) => rules.rewrite("dbPath", part, object)),
    table: rules.rewriteOptional("dbTableName", dataset.table, object),
  };
}

function rewriteLocation(
  type: string,
  location: FileLocation,
  rules: ValueRules,
  object: string,
): FileLocation {
  const bucket = isS3(type) ? rules.rewriteOptional("s3Bucket", location.bucket, object) : location.bucket;
  const path = rules.rewrite("fileLocation", location.path, object);
  const host = rules.rewriteOptional("host", location.host, object);
  const userinfo = rules.rewriteOptional("userinfo", location.userinfo, object);
  const changed = { ...location, bucket, path, host, userinfo };
  return { ...changed, uri: rewriteUri(location, changed) };
}

/** The URI repeats the location's parts: each part that changed is put in, the rest stays as exported. */
function rewriteUri(before: FileLocation, after: FileLocation): string | null {
  const uri = before.uri === null ? null : parseUri(before.uri);
  if (uri === null) return before.uri;
  const part = (old: string | null, now: string | null, current: string) =>
    current === old && now !== null ? now : current;
  const host = part(before.bucket, after.bucket, part(before.host, after.host, uri.host));
  const userinfo = uri.userinfo === null ? null : part(before.userinfo, after.userinfo, uri.userinfo);
  const rewritten: UriParts = {
    ...uri,
    host,
    userinfo,
    path: rewriteUriPath(uri.path, before.path, after.path),
  };
  return formatUri(rewritten);
}

function rewriteUriPath(uriPath: string, before: string, after: string): string {
  if (before === after) return uriPath;
  return after.startsWith("/") ? after : `/${after}`;
}

/** Where a file output's path is a URI, its bucket, host and user stand in the URI's authority. */
function rewriteOutput(output: Output, rules: ValueRules, object: string): Output {
  return {
    ...output,
    files: output.files.map((file) => {
      const uri = parseUri(file.path);
      const authority = uri === null ? "" : formatUri({ ...rewriteAuthority(uri, rules, object), path: "" });
      const rewritten = rewriteTemplate(uri?.path ?? file.path, file.parameters, (text) =>
        rules.rewrite("fileLocation", text, object),
      );
      return { ...file, path: authority + rewritten.template, parameters: rewritten.parameters };
    }),
    tables: output.tables.map((table) => {
      const rewritten = rewriteTemplate(table.table, table.parameters, (text) =>
        rules.rewrite("dbTableName", text, object),
      );
      return {
        ...table,
        path: table.path.map((part) => rules.rewrite("dbPath", part, object)),
        table: rewritten.template,
        parameters: rewritten.parameters,
      };
    }),
  };
}

function rewriteAuthority(uri: UriParts, rules: ValueRules, object: string): UriParts {
  if (isS3(uri.scheme)) return { ...uri, host: rules.rewrite("s3Bucket", uri.host, object) };
  return {
    ...uri,
    host: rules.rewrite("host", uri.host, object),
    userinfo: rules.rewriteOptional("userinfo", uri.userinfo, object),
  };
}
