/** Tells whether a name is wanted by one of the patterns; undefined without patterns. Throws for a bad regular expression. */
export function toNameFilter(patterns: readonly string[]): ((name: string) => boolean) | undefined {
  if (patterns.length === 0) return undefined;
  const expressions = patterns.map(toExpression);
  return (name) => expressions.some((expression) => expression.test(name));
}

/** `/…/` is a regular expression; else `*` stands for any text and `?` for one letter, and the whole name must fit. */
function toExpression(pattern: string): RegExp {
  const [, source] = /^\/(.+)\/$/s.exec(pattern) ?? [];
  if (source === undefined) {
    const escaped = pattern.replaceAll(/[\\^$.|+()[\]{}/]/g, "\\$&");
    return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "su");
  }
  try {
    return new RegExp(source, "u");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`--name ${pattern}: ${reason}`, { cause });
  }
}
