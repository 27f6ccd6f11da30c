import { isJsonObject } from "../../flow/fields.js";
import type { JsonObject, JsonValue, PathParameter } from "../../flow/model.js";
import { JobFailure } from "./job-failure.js";

/** The values that a run gives to parameters. */
export interface RunValues {
  /** By parameter name: they win over the flow's own. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What now means in time stamps and date ranges. */
  readonly referenceDate: Date;
}

/** A piece of a parameterised path: text as it is, or an expression that names of files must match. */
export type PathPiece = { readonly text: string } | { readonly matches: string };

/** Puts parameters back into the template that they were cut out of. Throws JobFailure for a kind that is not known. */
export function fillTemplate(
  template: string,
  parameters: readonly PathParameter[],
  values: RunValues,
): PathPiece[] {
  const insertions = parameters
    .flatMap((parameter) => parameter.insertions.map((place) => ({ ...place, parameter })))
    .sort((a, b) => a.index - b.index || a.order - b.order);
  const pieces: PathPiece[] = [];
  let from = 0;
  for (const { index, parameter } of insertions) {
    const end = Math.max(from, Math.min(index, template.length));
    if (end > from) pieces.push({ text: template.slice(from, end) });
    pieces.push(toPiece(parameter, values));
    from = end;
  }
  return [...pieces, { text: template.slice(from) }];
}

/** The path, or null when a piece of it is to be matched. */
export function joinPieces(pieces: readonly PathPiece[]): string | null {
  const texts = pieces.map((piece) => ("text" in piece ? piece.text : null));
  return texts.includes(null) ? null : texts.join("");
}

function toPiece({ name, value }: PathParameter, { parameters, referenceDate }: RunValues): PathPiece {
  if (Object.hasOwn(parameters, name)) return { text: parameters[name] ?? "" };
  const [kind = "", content] = Object.entries(value)[0] ?? [];
  switch (kind) {
    case "variable":
    case "selector":
      return { text: textOf(content, "value") ?? unknown(name, value) };
    case "timestamp":
      return { text: formatDate(referenceDate, textOf(content, "format") ?? unknown(name, value)) };
    case "pattern":
      return { matches: toExpression(name, value, content) };
    default:
      return unknown(name, value);
  }
}

function toExpression(name: string, value: JsonObject, content: JsonValue | undefined): string {
  const wildcard = textOf(content, "wildcard");
  if (wildcard !== null) return wildcardExpression(wildcard);
  const regex = textOf(content, "regex");
  if (regex !== null) return `(?:${regex})`;
  const text = textOf(content, "string");
  return text === null ? unknown(name, value) : quoteExpression(text);
}

/** `*` and `?` stand for characters of one folder's or file's name. */
export function wildcardExpression(wildcard: string): string {
  return wildcard.replace(/[\s\S]/g, (character) =>
    character === "*" ? "[^/]*" : character === "?" ? "[^/]" : quoteExpression(character),
  );
}

/** An expression that matches the text alone. */
export function quoteExpression(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");
}

/** A member that is text, or an object with the text as its `value`. */
function textOf(content: JsonValue | undefined, member: string): string | null {
  const found = isJsonObject(content) ? content[member] : undefined;
  if (typeof found === "string") return found;
  return isJsonObject(found) && typeof found["value"] === "string" ? found["value"] : null;
}

const DATE_PARTS: Readonly<Record<string, (iso: string) => string>> = {
  yyyy: (iso) => iso.slice(0, 4),
  YYYY: (iso) => iso.slice(0, 4),
  yy: (iso) => iso.slice(2, 4),
  YY: (iso) => iso.slice(2, 4),
  MM: (iso) => iso.slice(5, 7),
  dd: (iso) => iso.slice(8, 10),
  DD: (iso) => iso.slice(8, 10),
  HH: (iso) => iso.slice(11, 13),
  mm: (iso) => iso.slice(14, 16),
  ss: (iso) => iso.slice(17, 19),
  SSS: (iso) => iso.slice(20, 23),
};

/** A time in UTC in a format of `yyyy`, `MM`, `dd`, `HH`, `mm`, `ss` and `SSS`. */
function formatDate(date: Date, format: string): string {
  const iso = date.toISOString();
  return format.replace(/yyyy|YYYY|yy|YY|MM|dd|DD|HH|mm|SSS|ss/g, (part) => DATE_PARTS[part]?.(iso) ?? part);
}

function unknown(name: string, value: JsonObject): never {
  throw new JobFailure(
    `the parameter "${name}" in a path has a value of a form that this platform does not know: ${JSON.stringify(value)}; ` +
      `give its value with the run`,
  );
}
