/** One rule of escapes for all quoted forms, so that every text fits on one line and reads back unchanged. */
const NAMED_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\\", "\\\\"],
]);

/** What an escape letter stands for; the reader's half of the rule. */
export const ESCAPED_LETTERS: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/** Escapes backslashes, line ends, control characters and the given characters. */
export function escapeText(text: string, also: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  return text.replace(/[\\'"`{}\u0000-\u001f\u007f\u2028\u2029]/g, (character) => {
    const named = NAMED_ESCAPES.get(character);
    if (named !== undefined) return named;
    if ("'\"`{}".includes(character)) return also.includes(character) ? `\\${character}` : character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** `'text'` */
export function quoteText(text: string): string {
  return `'${escapeText(text, "'\"")}'`;
}

/** `` `pattern` ``. Backslashes are doubled although patterns use them themselves: one rule for all forms. */
export function quotePattern(pattern: string): string {
  return `\`${escapeText(pattern, '`"')}\``;
}

/** Words that a bare name must not be, for they read as something else. */
const RESERVED = new Set(["true", "false"]);

/** A column's or variable's name: bare when it is a plain word, else in braces. */
export function quoteName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !RESERVED.has(name)) return name;
  return `{${escapeText(name, '{}"')}}`;
}

/**
 * A table's name: bare, spaces and all, as the product writes it, unless that could not be read back; then in braces.
 * Readers know the names that can occur, so that dots and signs inside them do no harm.
 */
export function quoteTable(name: string): string {
  const isPlain = /^[\p{L}\p{N}_](?:.*[^\s])?$/u.test(name) && !/[\\'"`{}:=,\p{C}\u2028\u2029]/u.test(name);
  return isPlain ? name : `{${escapeText(name, '{}"')}}`;
}
