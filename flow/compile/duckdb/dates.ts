import { splitDateFormat, type DateToken } from "../date-format.js";
import { text } from "./quote.js";

const DIRECTIVES: Readonly<Record<string, string>> = {
  yyyy: "%Y",
  yy: "%y",
  MMMM: "%B",
  MMM: "%b",
  MM: "%m",
  M: "%-m",
  dd: "%d",
  d: "%-d",
  HH: "%H",
  H: "%-H",
  hh: "%I",
  h: "%-I",
  mm: "%M",
  m: "%-M",
  ss: "%S",
  s: "%-S",
  SSS: "%g",
  a: "%p",
  EEEE: "%A",
  EEE: "%a",
  D: "%-j",
  DDD: "%j",
  X: "%z",
};

/** What a free separator may be. */
const SEPARATORS = ["/", "-", ".", " "];

/** A form that begins with the year and may have any separators: DuckDB's own cast reads it, and faster. */
const PLAIN = /^yyyy\*MM\*dd(?:\*HH:mm(?::ss)?)?$/;

/** Forms with the same test in front; see `guard`. */
interface GuardedForms {
  readonly guard: string;
  readonly hasZone: boolean;
  readonly directives: string[];
}

/** See `Dialect.parseDate`. Throws Error naming letters that are not known. */
export function parseDate(sql: string, formats: readonly string[]): string {
  const groups = new Map<string, GuardedForms>();
  for (const format of formats.filter((one) => !PLAIN.test(one))) {
    const tokens = splitDateFormat(format);
    const separators = tokens.some(({ kind }) => kind === "separator") ? SEPARATORS : [""];
    for (const separator of separators) {
      const filled = fillSeparators(tokens, separator);
      const made = { guard: guard(sql, filled), hasZone: filled.some((token) => token.text === "X") };
      const key = `${String(made.hasZone)} ${made.guard}`;
      // The same test written twice would be computed for every row, before the first form is tried.
      const group = groups.get(key) ?? { ...made, directives: [] };
      groups.set(key, group);
      group.directives.push(filled.map((token) => directive(token, true)).join(""));
    }
  }
  const plain = formats.some((one) => PLAIN.test(one)) ? [parsePlain(sql)] : [];
  const parts = [...plain, ...[...groups.values()].map((group) => parseGroup(sql, group))];
  return parts.length === 1 ? (parts[0] ?? "NULL") : `coalesce(${parts.join(", ")})`;
}

/** The cast would also read `3/6/17` as a day of the year 3. DuckDB computes the repeated expression once. */
function parsePlain(sql: string): string {
  const cast = `TRY_CAST(${sql} AS TIMESTAMP)`;
  const dotted = `WHEN ${sql} LIKE '____.%' THEN TRY_CAST(replace(${sql}, '.', '-') AS TIMESTAMP)`;
  return `CASE WHEN ${cast} >= TIMESTAMP '1000-01-01' THEN ${cast} ${dotted} END`;
}

function parseGroup(sql: string, { guard: test, hasZone, directives }: GuardedForms): string {
  const [first = "", ...others] = new Set(directives);
  const forms = others.length === 0 ? text(first) : `[${[first, ...others].map(text).join(", ")}]`;
  const parsed = `try_strptime(${sql}, ${forms})`;
  return `CASE WHEN ${test} THEN ${hasZone ? `timezone('UTC', ${parsed})` : parsed} END`;
}

/** The first separators part the date, those behind an hour or in front of it are blanks. */
function fillSeparators(tokens: readonly DateToken[], separator: string): DateToken[] {
  return tokens.map((token, index) => {
    if (token.kind !== "separator") return token;
    const isBesideTime = /^[hHam]/.test(tokens[index + 1]?.text ?? "") && tokens[index + 1]?.text !== "MM";
    return { kind: "literal", text: isBesideTime ? " " : separator };
  });
}

/**
 * A cheap test that the year stands where the form has it. Without it, DuckDB reads a two-digit year as one of the first
 * century, and tries at some cost what cannot fit.
 */
function guard(sql: string, tokens: readonly DateToken[]): string {
  const at = tokens.findIndex(({ text: letters }) => letters === "yyyy" || letters === "yy");
  if (at === -1) return `${sql} <> ''`;
  const [before, after] = [tokens[at - 1], tokens[at + 1]];
  const start = at === 0 ? "" : `%${before?.kind === "literal" ? likeText(before.text.slice(-1)) : ""}`;
  const end =
    after === undefined ? "" : `${after.kind === "literal" ? likeText(after.text.slice(0, 1)) : ""}%`;
  const pattern = `${start}${tokens[at]?.text === "yy" ? "__" : "____"}${end}`;
  return `${sql} LIKE ${text(pattern)}${pattern.includes("\\") ? " ESCAPE '\\'" : ""}`;
}

function likeText(character: string): string {
  return /[%_\\]/.test(character) ? `\\${character}` : character;
}

function directive(token: DateToken, forParsing: boolean): string {
  if (token.kind !== "letters") return token.text.replaceAll("%", "%%");
  if (forParsing && token.text.startsWith("S")) return "%f";
  const found = DIRECTIVES[token.text];
  if (found === undefined) throw new Error(`the date format's letters "${token.text}" are not supported`);
  // %-d and the like only matter for writing: reading takes one digit or two.
  return forParsing ? found.replace("%-", "%") : found;
}

/** See `Dialect.formatDate`. */
export function formatDate(sql: string, format: string): string {
  const directives = splitDateFormat(format).map((token) => directive(token, false));
  return `strftime(${sql}, ${text(directives.join(""))})`;
}
