import { RE2JSException } from "re2js";
import { isJsonObject } from "./fields.js";
import { suggestWord } from "./language/nearest-word.js";
import type { JsonObject, JsonValue } from "./model.js";
import { PatternError } from "./pattern.js";
import { CONNECTION_TO_BE_MADE, VALUE_RULE_TYPES, type ImportRules } from "./rule-types.js";
import { createMatcher, matcherKind } from "./value-matcher.js";

/** One fault of a list of rules; `path` points into it, for example `values[2].on`. */
export interface RuleProblem {
  readonly path: string;
  readonly message: string;
}

/** Rules that cannot be applied; every fault is listed. */
export class RulesError extends Error {
  override readonly name = "RulesError";

  constructor(readonly problems: readonly RuleProblem[]) {
    super(`import rules: ${problems.map(({ path, message }) => `${path}: ${message}`).join("; ")}`);
  }
}

const CONNECTION_KEYS = ["uuid", "id", "name"];

/** Checks rules as they come from a program or a request, without a package. An empty answer means that they can be sent. */
export function validateRules(rules: ImportRules | JsonValue): RuleProblem[] {
  return findRuleProblems(rules, (target) => target >= 1);
}

/** As validateRules, for rules that are only applied here: their connections may be yet to be made. */
export function checkOfflineRules(rules: ImportRules): RuleProblem[] {
  return findRuleProblems(rules, (target) => target >= 1 || target === CONNECTION_TO_BE_MADE);
}

function findRuleProblems(
  rules: ImportRules | JsonValue,
  isTarget: (target: number) => boolean,
): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const lists = rules as JsonValue;
  if (!isJsonObject(lists))
    return [{ path: "", message: "expected an object with `connections` and `values`" }];
  for (const key of Object.keys(lists)) {
    if (key === "connections" || key === "values") continue;
    problems.push({ path: key, message: `unknown member${suggestWord(key, ["connections", "values"])}` });
  }
  eachRule(lists, "connections", problems, (rule, report) => checkConnectionRule(rule, isTarget, report));
  eachRule(lists, "values", problems, checkValueRule);
  return problems;
}

type Report = (member: string, message: string) => void;

function eachRule(
  lists: JsonObject,
  list: "connections" | "values",
  problems: RuleProblem[],
  check: (rule: JsonObject, report: Report) => void,
): void {
  const rules = lists[list] ?? [];
  if (!Array.isArray(rules)) {
    problems.push({ path: list, message: "expected a list of rules" });
    return;
  }
  rules.forEach((rule, index) => {
    const path = `${list}[${index}]`;
    if (!isJsonObject(rule)) problems.push({ path, message: "expected a rule with `on` and `with`" });
    else check(rule, (member, message) => problems.push({ path: `${path}.${member}`, message }));
  });
}

function checkConnectionRule(rule: JsonObject, isTarget: (target: number) => boolean, report: Report): void {
  const on = rule["on"];
  if (!isJsonObject(on) || Object.values(on).every((value) => (value ?? null) === null)) {
    report("on", "is empty: name the package's connection by `uuid`, `id` or `name`");
  } else {
    for (const [key, value] of Object.entries(on)) checkCondition(key, value, report);
  }
  const target = rule["with"];
  if (typeof target !== "number" || !Number.isSafeInteger(target) || !isTarget(target)) {
    report("with", "expected the id of a connection of the target, a positive integer");
  }
}

function checkCondition(key: string, value: JsonValue | undefined, report: Report): void {
  if (!CONNECTION_KEYS.includes(key)) {
    report(`on.${key}`, `unknown condition${suggestWord(key, CONNECTION_KEYS)}; known are uuid, id and name`);
  } else if ((value ?? null) !== null && (typeof value !== "string" || value === "")) {
    report(`on.${key}`, "expected non-empty text");
  } else if (typeof value === "string" && key !== "name" && matcherKind(value) !== "literal") {
    report(
      `on.${key}`,
      `${value} looks like a ${matcherKind(value)}, but connections are matched by literals only`,
    );
  }
}

function checkValueRule(rule: JsonObject, report: Report): void {
  const type = rule["type"];
  if (typeof type !== "string" || !VALUE_RULE_TYPES.some((known) => known === type)) {
    const hint = typeof type === "string" ? suggestWord(type, VALUE_RULE_TYPES) : "";
    report(
      "type",
      `unknown type ${JSON.stringify(type ?? null)}${hint}; known are ${VALUE_RULE_TYPES.join(", ")}`,
    );
  }
  const on = rule["on"];
  const replacement = rule["with"];
  if (typeof replacement !== "string") report("with", "expected text");
  if (typeof on !== "string") report("on", "expected text, a /regex/, or a pattern in backticks");
  else checkExpression(on, typeof replacement === "string" ? replacement : "", report);
}

function checkExpression(on: string, replacement: string, report: Report): void {
  const kind = matcherKind(on);
  if (on === "" || (kind !== "literal" && on.length === 2)) {
    report("on", "is empty: it would match everywhere");
    return;
  }
  try {
    createMatcher(on, replacement);
  } catch (error) {
    if (error instanceof RangeError) report("with", error.message);
    else if (error instanceof PatternError) report("on", `invalid pattern ${on}: ${error.message}`);
    else if (error instanceof RE2JSException) report("on", `invalid ${kind} ${on}: ${explain(error, on)}`);
    else throw error;
  }
}

function explain(error: Error, on: string): string {
  const reason = error.message.replace(/^error parsing regexp: /, "");
  if (/\(\?<?[=!]/.test(on)) return `${reason} (RE2 has no lookahead or lookbehind)`;
  if (/\\[1-9]/.test(on)) return `${reason} (RE2 has no backreferences)`;
  return reason;
}
