import { RE2JS } from "re2js";
import { printExpression } from "../language/print.js";
import type { JsonObject } from "../model.js";
import { compilePattern, PatternError } from "../pattern.js";
import { CompileError, type CompilePlace } from "./compile-error.js";

/** A literal or pattern of the AST as an RE2 expression. Throws CompileError for a bad pattern. */
export function toPattern(node: JsonObject, place: CompilePlace): string {
  const { kind, type, value } = node;
  if (kind !== "constant" || typeof value !== "string") {
    throw new CompileError(place, `"${printExpression(node)}" must be a fixed text or pattern`);
  }
  if (type === "String") return RE2JS.quote(value);
  try {
    const expression = type === "Pattern" ? compilePattern(value) : stripSlashes(value);
    RE2JS.compile(expression);
    return expression;
  } catch (error) {
    const reason = error instanceof PatternError || error instanceof Error ? error.message : String(error);
    throw new CompileError(place, `the pattern ${printExpression(node)} cannot be used: ${reason}`, {
      cause: error,
    });
  }
}

/** The text, when the node is a literal and no pattern. */
export function literalOf(node: JsonObject): string | undefined {
  return node["kind"] === "constant" && node["type"] === "String" && typeof node["value"] === "string"
    ? node["value"]
    : undefined;
}

/** The same expression without capture groups, so that the whole match is meant. */
export function withoutGroups(expression: string): string {
  return expression.replace(/\\.|\[(?:\\.|[^\]])*\]|\((?!\?)/gs, (found) => (found === "(" ? "(?:" : found));
}

/** Regular expressions are kept with or without their slashes. */
function stripSlashes(value: string): string {
  return /^\/.*\/$/s.test(value) ? value.slice(1, -1) : value;
}
