import { RE2JS } from "re2js";

/** Tells whether a name is wanted by one of the patterns; undefined without patterns. Throws for a bad regular expression. */
export function toNameFilter(patterns: readonly string[]): ((name: string) => boolean) | undefined {
  if (patterns.length === 0) return undefined;
  const expressions = patterns.map(toExpression);
  return (name) => expressions.some((expression) => expression.matcher(name).find());
}

/**
 * `/…/` is a regular expression; else `*` stands for any text and `?` for one letter, and the whole name must fit. Both run on
 * RE2: names are the platform's, and none may keep the command line busy.
 */
function toExpression(pattern: string): RE2JS {
  const [, source] = /^\/(.+)\/$/s.exec(pattern) ?? [];
  if (source === undefined) {
    const parts = pattern
      .split(/([*?])/)
      .map((part) => (part === "*" ? ".*" : part === "?" ? "." : RE2JS.quote(part)));
    return RE2JS.compile(`^(?:${parts.join("")})$`, RE2JS.DOTALL);
  }
  try {
    return RE2JS.compile(source);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`--name ${pattern}: ${reason}`, { cause });
  }
}
