/** One part of a date format. */
export interface DateToken {
  readonly kind: "letters" | "literal" | "separator";
  readonly text: string;
}

/**
 * Cuts a date format into letters of one kind (`yyyy`), literals, and `*`, which is any separator. Letters are Java's;
 * quotes make literals. `SS` behind minutes means seconds where the format has no `ss`, as the product's own lists use it.
 */
export function splitDateFormat(format: string): DateToken[] {
  const tokens: DateToken[] = [];
  const matches = format.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|\*|[^A-Za-z'*]+/g);
  for (const [all, quoted, letter] of matches) {
    if (quoted !== undefined)
      tokens.push({ kind: "literal", text: quoted === "" ? "'" : quoted.replaceAll("''", "'") });
    else if (all === "*") tokens.push({ kind: "separator", text: "*" });
    else if (letter === undefined) tokens.push({ kind: "literal", text: all });
    else if (letter === "T" && all === "T") tokens.push({ kind: "literal", text: "T" });
    else tokens.push({ kind: "letters", text: normalise(all) });
  }
  const hasSeconds = tokens.some(({ text }) => text === "ss" || text === "s");
  return hasSeconds
    ? tokens
    : tokens.map((token) => (token.text === "SS" ? { ...token, text: "ss" } : token));
}

function normalise(letters: string): string {
  if (/^[XxZ]+$/.test(letters)) return "X";
  if (/^y+$/.test(letters) && letters.length !== 2) return "yyyy";
  if (/^E{1,3}$/.test(letters)) return "EEE";
  if (/^u+$/.test(letters)) return "yyyy";
  return letters;
}

/** Whether a format shows a time of day. */
export function hasTime(format: string): boolean {
  return splitDateFormat(format).some(({ kind, text }) => kind === "letters" && /^[HhmsSak]/.test(text));
}

/**
 * A format of the product's column types (`dd*mm*yyyy`, `mm*dd*yyyy*HH:MM:SS`) in the letters used here, or undefined when it has
 * words that are not known. `*` is any separator. Source: the types that packages carry.
 */
export function fromTypeFormat(format: string): string | undefined {
  let result = "";
  let rest = format;
  while (rest !== "") {
    const found = TYPE_TOKENS.find(([word]) => rest.startsWith(word));
    if (found === undefined) {
      if (/^[A-Za-z]/.test(rest)) return undefined;
      result += rest[0] ?? "";
      rest = rest.slice(1);
    } else {
      result += found[1];
      rest = rest.slice(found[0].length);
    }
  }
  return result;
}

const TYPE_TOKENS: readonly (readonly [word: string, letters: string])[] = [
  ["longMonth", "MMMM"],
  ["shortMonth", "MMM"],
  ["yyyy", "yyyy"],
  ["yy", "yy"],
  ["mm", "MM"],
  ["dd", "dd"],
  ["HH", "HH"],
  ["hh", "hh"],
  ["MM", "mm"],
  ["SSX", "ssX"],
  ["SS", "ss"],
  ["AX", "a"],
  ["aX", "a"],
  ["TZ", "X"],
];

/** The form in which dates of a type with free separators are written: `/` unless the year comes first. */
export function shownFormat(format: string): string {
  const [date = "", ...time] = format.split(/(?=\*?(?:HH|hh))/);
  const separator = date.startsWith("y") ? "-" : date.includes("MMM") ? " " : "/";
  return [date.replaceAll("*", separator), ...time.map((part) => part.replaceAll("*", " "))].join("");
}

/**
 * Forms tried for a text whose form is not known: where day and month could be either, the month
 * comes first, as in the product.
 */
export const USUAL_DATE_FORMATS: readonly string[] = [
  "yyyy*MM*dd",
  "MM/dd/yy",
  "MM/dd/yyyy",
  "dd/MM/yyyy",
  "MM/dd/yy HH:mm:ss",
  "MM/dd/yyyy HH:mm:ss",
  "dd/MM/yyyy HH:mm:ss",
  "MM/dd/yyyy HH:mm",
  "dd/MM/yyyy HH:mm",
  "MM-dd-yyyy",
  "dd-MM-yyyy",
  "dd.MM.yyyy",
  "dd.MM.yyyy HH:mm:ss",
  "MMM dd, yyyy",
  "MMMM dd, yyyy",
  "dd MMM yyyy",
  "dd MMMM yyyy",
  "yyyyMMdd",
];
