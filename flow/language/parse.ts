import type { JsonObject, Task } from "../model.js";
import { defaultOutputName } from "./functions.js";
import { nearestWord, suggestWord } from "./nearest-word.js";
import {
  columnOf,
  CURRENT_TABLE,
  listNode,
  matrixNode,
  outputNameOf,
  tableNode,
  tableOf,
  textNode,
  textsNode,
  wordNode,
} from "./nodes.js";
import type { ParseContext } from "./parse-expression.js";
import { parseExpression, takeName, takeOutputName } from "./parse-expression.js";
import { LanguageError, Scanner } from "./scanner.js";
import type { Accepted, ParameterForm, StepForm } from "./step-forms.js";
import { stepsByWord } from "./steps.js";

export { LanguageError } from "./scanner.js";

/**
 * Reads one step in its printed form; the inverse of `printStep`. Tables are named as written: `current_dataset` and the
 * side table's name. Throws LanguageError with the place, what was expected and the nearest known word.
 */
export function parseStep(line: string): Task {
  const scanner = new Scanner(line);
  if (scanner.take("//")) return parseComment(line, scanner.offset);
  scanner.skipSpaces();
  const start = scanner.offset;
  const word = scanner.takeWord();
  if (word === undefined) throw scanner.expected("a step word (derive, filter, join, …) or //");
  const form = stepsByWord.get(word);
  if (form === undefined) {
    throw scanner.errorAt(start, `unknown step "${word}"${suggestWord(word, stepsByWord.keys())}`);
  }
  const parameters = parseParameters(scanner, form);
  complete(form, parameters, scanner);
  return { type: form.type, parameters, annotations: {}, outputName: null };
}

/** Reads one expression in its printed form. Throws LanguageError. */
export function parseExpressionText(text: string): JsonObject {
  const scanner = new Scanner(text);
  const node = parseExpression(scanner, { tables: [], relation: null });
  if (!scanner.isAtEnd) throw scanner.expected("an operator or the end");
  return node;
}

function parseComment(line: string, offset: number): Task {
  // The closing mark cannot occur: line ends are written as escapes.
  const scanner = new Scanner(`${line.slice(0, offset)}\u0000${line.slice(offset)}\u0000`);
  scanner.offset = offset;
  const comment = scanner.takeQuoted("\u0000", "\u0000");
  const parameters = { comment: textNode(comment) };
  return { type: "Comment", parameters, annotations: {}, outputName: null };
}

type Parameters = Record<string, JsonObject>;

function parseParameters(scanner: Scanner, form: StepForm): Parameters {
  const parameters: Parameters = {};
  while (!scanner.isAtEnd) {
    const start = scanner.offset;
    const key = scanner.takeKey();
    if (key === undefined) throw scanner.expected(describeNext(form, parameters));
    const parameter = form.parameters.find((one) => one.name === key && !one.isUnwritten);
    if (parameter === undefined) {
      const names = writtenNames(form);
      const takes = names.length === 0 ? "takes no parameters" : `takes ${names.join(", ")}`;
      throw scanner.errorAt(
        start,
        `${form.word} has no parameter "${key}"${suggestWord(key, names)}: it ${takes}`,
      );
    }
    if (parameters[key] !== undefined) throw scanner.errorAt(start, `${form.word} has ${key} twice`);
    const [first] = form.parameters;
    if (first?.shape === "table" && parameters[first.name] === undefined && first !== parameter) {
      throw scanner.errorAt(start, `expected ${first.name}: first, for it names the table of the columns`);
    }
    parameters[key] = parseParameter(scanner, parameter, parameters);
    if (!scanner.isAtKeyOrEnd) throw scanner.expected(describeNext(form, parameters));
  }
  return parameters;
}

function writtenNames(form: StepForm): string[] {
  return form.parameters.filter((one) => !one.isUnwritten).map((one) => one.name);
}

function describeNext(form: StepForm, parameters: Parameters): string {
  const open = writtenNames(form).filter((name) => parameters[name] === undefined);
  const keys = open.map((name) => `${name}:`).join(", ");
  return open.length === 0 ? "the end of the step" : `one of ${keys} or the end of the step`;
}

function parseParameter(scanner: Scanner, parameter: ParameterForm, parameters: Parameters): JsonObject {
  const side = tableOf(parameters["with"]);
  const relation = parameter.relation === "with" ? (side ?? null) : CURRENT_TABLE;
  const context: ParseContext = {
    tables: side === undefined ? [] : [CURRENT_TABLE, side],
    relation: parameter.relation === undefined ? null : relation,
  };
  switch (parameter.shape) {
    case "expression":
    case "comment":
      return parseChecked(scanner, parameter, context);
    case "list":
      return listNode(parseElements(scanner, parameter, context));
    case "matrix":
      return matrixNode(parseElements(scanner, parameter, context));
    case "bundle":
    case "enumerable":
      return parseChoice(scanner, parameter, parameter.shape);
    case "table":
      return tableNode(takeTable(scanner));
  }
}

function parseElements(scanner: Scanner, parameter: ParameterForm, context: ParseContext): JsonObject[] {
  const start = scanner.offset;
  if (scanner.take("[") && scanner.take("]") && scanner.isAtKeyOrEnd) return [];
  scanner.offset = start;
  const elements: JsonObject[] = [];
  do {
    const name = parameter.namedBy === undefined ? undefined : takeOutputName(scanner);
    const element = parseChecked(scanner, parameter, context);
    elements.push(name === undefined ? element : { ...element, as: [name] });
  } while (scanner.take(","));
  return elements;
}

function parseChoice(scanner: Scanner, parameter: ParameterForm, kind: "bundle" | "enumerable"): JsonObject {
  scanner.skipSpaces();
  const start = scanner.offset;
  const word = scanner.takeWord();
  const known = parameter.words ?? [];
  const choices = known.length === 0 ? "a word" : known.join(" or ");
  if (word === undefined) throw scanner.expected(`${choices} for ${parameter.name}`);
  if (known.length > 0 && !known.includes(word)) {
    const nearest = nearestWord(word, known);
    const hint = nearest === undefined ? "" : ` (did you mean "${nearest}"?)`;
    throw scanner.errorAt(start, `expected ${choices} for ${parameter.name}, found "${word}"${hint}`);
  }
  return wordNode(kind, word);
}

function takeTable(scanner: Scanner): string {
  scanner.skipSpaces();
  if (scanner.isAt("{")) return takeName(scanner) ?? "";
  const rest = scanner.text.slice(scanner.offset);
  const name = /^.*?(?=\s+[A-Za-z_]\w*\s*:|\s*$)/s.exec(rest)?.[0] ?? "";
  if (name === "") throw scanner.expected("the name of a recipe or dataset");
  scanner.offset += name.length;
  return name;
}

function parseChecked(scanner: Scanner, parameter: ParameterForm, context: ParseContext): JsonObject {
  scanner.skipSpaces();
  const start = scanner.offset;
  // A node in JSON is of a kind that the text has no form for, so nothing can be said of it.
  const isJson = scanner.isAt('{"');
  const node = parseExpression(scanner, context);
  if (!isJson && !isAccepted(parameter.accepts, node)) {
    throw scanner.errorAt(start, `expected ${ACCEPTED_WORDS[parameter.accepts]} for ${parameter.name}`);
  }
  return node;
}

const ACCEPTED_WORDS: Record<Accepted, string> = {
  any: "a value",
  column: "a column (name, {name with spaces}, first~last or *)",
  text: "a text in single quotes",
  literal: "a text in single quotes or a pattern in backticks",
  number: "a number",
  boolean: "true or false",
  row: "rows in brackets, as in [old, 'new']",
};

function isAccepted(accepted: Accepted, node: JsonObject): boolean {
  const { kind, type } = node;
  switch (accepted) {
    case "any":
      return true;
    case "column":
      return kind === "column";
    case "text":
      return kind === "constant" && type === "String";
    case "literal":
      return kind === "constant" && (type === "String" || type === "Pattern");
    case "number":
      return kind === "constant" && (type === "Integer" || type === "Float");
    case "boolean":
      return kind === "constant" && type === "Bool";
    case "row":
      return kind === "array";
  }
}

/** Checks what must be there and puts back what the text leaves out. */
function complete(form: StepForm, parameters: Parameters, scanner: Scanner): void {
  const missing = form.parameters.filter((one) => one.isRequired && parameters[one.name] === undefined);
  if (missing.length > 0) {
    throw scanner.expected(missing.map((one) => `${one.name}:`).join(" and "));
  }
  for (const parameter of form.parameters) {
    const { namedBy, name } = parameter;
    if (namedBy !== undefined && (namedBy.unless === undefined || parameters[namedBy.unless] === undefined)) {
      nameElements(name, namedBy.parameter, parameters, scanner);
    }
    if (!parameter.fills || parameters[name] !== undefined) continue;
    const value = parameter.implied?.(parameters);
    if (value !== undefined) parameters[name] = value;
  }
}

function nameElements(list: string, names: string, parameters: Parameters, scanner: Scanner): void {
  const value = parameters[list]?.["value"];
  if (parameters[names] !== undefined || !Array.isArray(value)) return;
  const elements = value as JsonObject[];
  const given = elements.map(
    (element) => outputNameOf(element) ?? defaultOutputName(element) ?? columnOf(element),
  );
  const unnamed = given.findIndex((name) => name === undefined);
  if (unnamed !== -1) {
    const problem = `value ${String(unnamed + 1)} of ${list} needs a name, as in "total = SUM(price)"`;
    throw new LanguageError(problem, scanner.text, scanner.text.length);
  }
  const texts = given.filter((name) => name !== undefined);
  parameters[list] = listNode(elements.map((element, index) => ({ ...element, as: [texts[index] ?? ""] })));
  parameters[names] = textsNode(texts);
}
