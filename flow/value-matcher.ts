import { RE2JS } from "re2js";
import { compilePattern } from "./pattern.js";

/** How a value rule's `on` is written. */
export type MatcherKind = "literal" | "regex" | "pattern";

/** A compiled value rule: rewrites every match in a value. */
export interface ValueMatcher {
  readonly kind: MatcherKind;
  replace(value: string): string;
}

/**
 * Tells the three written forms apart: `/regex/` is everything between the first and the last slash (inner slashes need
 * no escape), backticks hold an Alteryx pattern, anything else is a literal.
 */
export function matcherKind(on: string): MatcherKind {
  if (on.length >= 2 && on.startsWith("/") && on.endsWith("/")) return "regex";
  if (on.length >= 2 && on.startsWith("`") && on.endsWith("`")) return "pattern";
  return "literal";
}

/**
 * Compiles `on` and `replacement`. User patterns run on RE2 alone, whose time grows linearly with the value. Throws
 * PatternError, RE2JSSyntaxException, or RangeError when the replacement names a group that does not exist.
 */
export function createMatcher(on: string, replacement: string): ValueMatcher {
  const kind = matcherKind(on);
  if (kind === "literal") return { kind, replace: (value) => value.replaceAll(on, () => replacement) };
  const body = on.slice(1, -1);
  const expression = RE2JS.compile(kind === "pattern" ? compilePattern(body) : body);
  const parts = parseReplacement(replacement, expression.groupCount());
  const expand = (...groups: (string | undefined)[]) =>
    parts.map((part) => (typeof part === "string" ? part : (groups[part] ?? ""))).join("");
  return {
    kind,
    replace: (value) => expression.matcher(value).replaceAll(expand as (...groups: unknown[]) => string),
  };
}

/** `$1` to `$99` name groups, the longest number that is a group; `$0` is the whole match, `$$` a dollar sign. */
function parseReplacement(replacement: string, groupCount: number): (string | number)[] {
  const parts: (string | number)[] = [];
  let rest = replacement;
  for (let found = /\$(\$|\d{1,2})/.exec(rest); found !== null; found = /\$(\$|\d{1,2})/.exec(rest)) {
    parts.push(rest.slice(0, found.index));
    const name = found[1] ?? "";
    const digits = name === "$" || Number(name) <= groupCount ? name : name.slice(0, 1);
    if (digits !== "$" && Number(digits) > groupCount) {
      throw new RangeError(
        `the replacement names group $${name}, but the expression has ${groupCount} groups`,
      );
    }
    parts.push(digits === "$" ? "$" : Number(digits));
    rest = rest.slice(found.index + 1 + digits.length);
  }
  parts.push(rest);
  return parts;
}
