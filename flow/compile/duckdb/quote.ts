/** Stands for a character inside names and survives indentation; put back when the query is complete. */
const HELD_BACK: ReadonlyMap<string, string> = new Map([
  ["\n", "\u0000n\u0000"],
  ["\r", "\u0000r\u0000"],
]);

/** `"name"`. DuckDB has no way to write a NUL in a name, so one becomes the replacement character. */
export function name(text: string): string {
  return `"${foreign(text.replaceAll('"', '""'))}"`;
}

/** See `Dialect.foreign`. */
export function foreign(sql: string): string {
  return sql.replaceAll("\u0000", "\uFFFD").replace(/[\n\r]/g, (character) => HELD_BACK.get(character) ?? "");
}

/** `'text'`, or `E'…'` where control characters need escapes. */
export function text(value: string): string {
  const quoted = value.replaceAll("'", "''");
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  if (!/[\u0000-\u001f\u007f]/.test(value)) return `'${quoted}'`;
  if (value.includes("\u0000")) {
    const parts = value.split("\u0000").map((part) => text(part));
    return `concat(${parts.join(", chr(0), ")})`;
  }
  // eslint-disable-next-line no-control-regex -- see above
  const escaped = quoted.replace(/[\\\u0001-\u001f\u007f]/g, (character) => {
    if (character === "\\") return "\\\\";
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `E'${escaped}'`;
}

/** A number as a literal. With an exponent it is a DOUBLE: DuckDB takes `0.2` for a DECIMAL, which cuts and overflows. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return "NULL";
  const written = String(value);
  return Number.isSafeInteger(value) || written.includes("e") ? written : `${written}e0`;
}

/** See `Dialect.finish`. */
export function finish(sql: string): string {
  let finished = sql;
  for (const [character, held] of HELD_BACK) finished = finished.replaceAll(held, character);
  return finished;
}
