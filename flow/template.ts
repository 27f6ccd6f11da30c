import type { PathParameter } from "./model.js";

/** A path, table name or query whose parameters' defaults are cut out. */
export interface Template {
  readonly template: string;
  readonly parameters: readonly PathParameter[];
}

/**
 * Rewrites the text between the parameters, each piece for itself, and moves the parameters along. Indices count in the
 * template before any insertion.
 */
export function rewriteTemplate(
  template: string,
  parameters: readonly PathParameter[],
  rewrite: (text: string) => string,
): Template {
  const cuts = new Set(parameters.flatMap((parameter) => parameter.insertions.map(({ index }) => index)));
  const moved = new Map<number, number>();
  let result = "";
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const end = Math.min(Math.max(cut, from), template.length);
    result += rewritePiece(template.slice(from, end), rewrite);
    moved.set(cut, result.length);
    from = end;
  }
  result += rewritePiece(template.slice(from), rewrite);
  return {
    template: result,
    parameters: parameters.map((parameter) => ({
      ...parameter,
      insertions: parameter.insertions.map(({ index, order }) => ({
        index: moved.get(index) ?? index,
        order,
      })),
    })),
  };
}

function rewritePiece(piece: string, rewrite: (text: string) => string): string {
  return piece === "" ? "" : rewrite(piece);
}

/** The template with a text in the place of each parameter. */
export function fillTemplate(
  template: string,
  parameters: readonly PathParameter[],
  toText: (parameter: PathParameter) => string,
): string {
  const insertions = parameters
    .flatMap((parameter) => parameter.insertions.map((place) => ({ ...place, text: toText(parameter) })))
    .sort((a, b) => a.index - b.index || a.order - b.order);
  let result = "";
  let from = 0;
  for (const { index, text } of insertions) {
    result += template.slice(from, Math.max(index, from)) + text;
    from = Math.max(index, from);
  }
  return result + template.slice(from);
}

/** The template with `{name=default}` where each parameter stands: for people, not for a platform. */
export function showTemplate(template: string, parameters: readonly PathParameter[]): string {
  return fillTemplate(template, parameters, ({ name, value }) => `{${name}=${showDefault(value)}}`);
}

/** A parameter's value as text: the default of a variable, else its compact JSON. */
export function showDefault(value: PathParameter["value"]): string {
  return variableDefault(value) ?? JSON.stringify(value);
}

/** The default of a variable; undefined for patterns, dates and other kinds of values. */
export function variableDefault(value: PathParameter["value"]): string | undefined {
  const variable = value["variable"];
  if (typeof variable !== "object" || variable === null || Array.isArray(variable)) return undefined;
  const text = variable["value"];
  return typeof text === "string" ? text : undefined;
}
