import { RE2JS } from "re2js";
import { isJsonObject } from "../../flow/fields.js";
import type { JsonObject, JsonValue, PathParameter } from "../../flow/model.js";
import { compilePattern } from "../../flow/pattern.js";
import { JobFailure } from "./job-failure.js";
import { PathDateFormat, readDateRange, toWallTime } from "./path-dates.js";

/** The values that a run gives to parameters. */
export interface RunValues {
  /** By parameter name: they win over the flow's own. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Values of other kinds than text, by parameter name, as the flow's overrides have them. */
  readonly overrides?: Readonly<Record<string, JsonObject>>;
  /** What now means in time stamps and date ranges. */
  readonly referenceDate: Date;
}

/** A piece of a parameterised path: text as it is, or what names of files must match. */
export type PathPiece = { readonly text: string } | PatternPiece;

/** RE2 without groups of its own names; `accepts` judges what it matched, where an expression cannot. */
export interface PatternPiece {
  readonly matches: string;
  /** For a person. */
  readonly shown: string;
  readonly accepts?: (text: string) => boolean;
}

/** Puts parameters back into the template that they were cut out of. Throws JobFailure for what cannot be filled in. */
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

/** The path of an output. Throws JobFailure when a parameter stands for several paths. */
export function fillOutputPath(
  template: string,
  parameters: readonly PathParameter[],
  values: RunValues,
): string {
  const pieces = fillTemplate(template, parameters, values);
  const path = joinPieces(pieces);
  if (path !== null) return path;
  const shown = pieces.map((piece) => ("text" in piece ? piece.text : `{${piece.shown}}`)).join("");
  throw new JobFailure(
    `writing ${shown}: a pattern or a date range is no place to write to; use a variable or a time stamp`,
  );
}

function toPiece({ name, value: own }: PathParameter, values: RunValues): PathPiece {
  const given = Object.hasOwn(values.parameters, name) ? values.parameters[name] : undefined;
  if (given !== undefined) return { text: given };
  const value = values.overrides?.[name] ?? own;
  const [kind = "", content] = Object.entries(value)[0] ?? [];
  try {
    switch (kind) {
      case "variable":
      case "selector":
        return { text: textOf(content, "value") ?? unknownForm(value) };
      case "timestamp":
        return { text: writeTimestamp(content, values.referenceDate, value) };
      case "pattern":
        return toPattern(content, value);
      case "dateRange": {
        const range = readDateRange(content, values.referenceDate);
        return { matches: range.expression, shown: range.shown, accepts: range.includes };
      }
      default:
        return unknownForm(value);
    }
  } catch (error) {
    throw new JobFailure(
      `the parameter "${name}": ${(error as Error).message}; mend it, or give its value with the run`,
      { cause: error },
    );
  }
}

/** Only the job's own time is known: a time stamp that says another is refused. */
function writeTimestamp(content: JsonValue | undefined, referenceDate: Date, value: JsonObject): string {
  const { date = null, timezone } = isJsonObject(content) ? content : {};
  if (isJsonObject(date) ? Object.keys(date).length > 0 : date !== null) return unknownForm(value);
  const zone = typeof timezone === "string" && timezone !== "" ? timezone : "UTC";
  const format = textOf(content, "format") ?? unknownForm(value);
  return new PathDateFormat(format).write(toWallTime(referenceDate, zone));
}

function toPattern(content: JsonValue | undefined, value: JsonObject): PatternPiece {
  const wildcard = textOf(content, "wildcard");
  if (wildcard !== null) return { matches: wildcardExpression(wildcard), shown: wildcard };
  const regex = textOf(content, "regex");
  if (regex !== null) return toRegexPiece(regex, content);
  const pattern = textOf(content, "trifactaPattern") ?? textOf(content, "trifacta");
  if (pattern !== null) return toPatternPiece(pattern);
  const text = textOf(content, "string") ?? unknownForm(value);
  return { matches: RE2JS.quote(text), shown: text };
}

function toRegexPiece(regex: string, content: JsonValue | undefined): PatternPiece {
  const holder = isJsonObject(content) ? content["regex"] : undefined;
  const flags = isJsonObject(holder) && Array.isArray(holder["flags"]) ? holder["flags"] : [];
  const unknown = flags.find((flag) => flag !== "i");
  if (unknown !== undefined) {
    throw new JobFailure(`the flag ${JSON.stringify(unknown)} of the pattern /${regex}/ is not known`);
  }
  return checked(`(?${flags.length > 0 ? "i" : ""}:${regex})`, `/${regex}/`, regex);
}

/** Start and end mean those of the piece, which its place in the path says already. */
function toPatternPiece(pattern: string): PatternPiece {
  const plain = pattern.replace(/^`(.*)`$/s, "$1");
  const inner = plain.replace(/^\{start\}/, "").replace(/\{end\}$/, "");
  const shown = `\`${plain}\``;
  try {
    return checked(`(?:${compilePattern(inner)})`, shown);
  } catch (error) {
    if (error instanceof JobFailure) throw error;
    throw new JobFailure(`the pattern ${shown} cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** What is written must be whole by itself: `a)(b` would be none, and still fit between brackets. */
function checked(matches: string, shown: string, written = matches): PatternPiece {
  try {
    RE2JS.compile(written);
    RE2JS.compile(matches);
    return { matches, shown };
  } catch (error) {
    throw new JobFailure(`the pattern ${shown} cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** `*` and `?` stand for characters of one folder's or file's name. */
function wildcardExpression(wildcard: string): string {
  return [...wildcard]
    .map((character) => (character === "*" ? "[^/]*" : character === "?" ? "[^/]" : RE2JS.quote(character)))
    .join("");
}

/** A member that is text, or an object with the text as its `value`. */
function textOf(content: JsonValue | undefined, member: string): string | null {
  const found = isJsonObject(content) ? content[member] : undefined;
  if (typeof found === "string") return found;
  return isJsonObject(found) && typeof found["value"] === "string" ? found["value"] : null;
}

function unknownForm(value: JsonObject): never {
  throw new JobFailure(`its value has a form that this platform does not know: ${JSON.stringify(value)}`);
}
