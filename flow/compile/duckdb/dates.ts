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

/** Earlier years are two-digit years read by a form with four. */
const FIRST_YEAR = "TIMESTAMP '1000-01-01'";

function directive(token: DateToken, forParsing: boolean): string {
  if (token.kind === "literal") return token.text.replaceAll("%", "%%");
  if (token.kind === "separator") return "/";
  if (forParsing && token.text.startsWith("S")) return "%f";
  const found = DIRECTIVES[token.text];
  if (found === undefined) throw new Error(`the date format's letters "${token.text}" are not supported`);
  // %-d and the like only matter for writing: reading takes one digit or two.
  return forParsing ? found.replace("%-", "%") : found;
}

/** See `Dialect.parseDate`. Throws Error naming letters that are not known. */
export function parseDate(sql: string, formats: readonly string[]): string {
  if (formats.length === 1 && formats[0] === "yyyy*MM*dd") return parsePlain(sql);
  const read = formats.map((format) => {
    const tokens = splitDateFormat(format);
    return {
      text: tokens.map((token) => directive(token, true)).join(""),
      hasZone: tokens.some((token) => token.text === "X"),
      hasShortYear: tokens.some((token) => token.text === "yy"),
      hasFreeSeparators: tokens.some((token) => token.kind === "separator"),
    };
  });
  // A four-digit form reads a two-digit year as one of the first century, so short years come first.
  const ordered = [...read.filter((one) => one.hasShortYear), ...read.filter((one) => !one.hasShortYear)];
  const parts = [false, true].flatMap((hasZone) =>
    [true, false].flatMap((isFree) => {
      const some = ordered.filter((one) => one.hasZone === hasZone && one.hasFreeSeparators === isFree);
      if (some.length === 0) return [];
      const parsed = strptime(isFree ? `translate(${sql}, '-. ,', '////')` : sql, [
        ...new Set(some.map((one) => one.text)),
      ]);
      return [hasZone ? `timezone('UTC', ${parsed})` : parsed];
    }),
  );
  const parsed = parts.length === 1 ? (parts[0] ?? "NULL") : `coalesce(${parts.join(", ")})`;
  return read.every((one) => one.hasShortYear)
    ? parsed
    : `nullif(greatest(${parsed}, ${FIRST_YEAR}), ${FIRST_YEAR})`;
}

function strptime(sql: string, formats: readonly string[]): string {
  const [first = "", ...others] = formats;
  return `try_strptime(${sql}, ${others.length === 0 ? text(first) : `[${formats.map(text).join(", ")}]`})`;
}

/** Year, month and day in this order, with any separators and maybe a time: the cast is faster than a form. */
function parsePlain(sql: string): string {
  return `TRY_CAST(${sql} AS TIMESTAMP)`;
}

/** See `Dialect.formatDate`. */
export function formatDate(sql: string, format: string): string {
  const directives = splitDateFormat(format).map((token) => directive(token, false));
  return `strftime(${sql}, ${text(directives.join(""))})`;
}
