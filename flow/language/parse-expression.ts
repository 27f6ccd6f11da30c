import { isJsonObject } from "../fields.js";
import type { JsonObject } from "../model.js";
import type { FunctionForm } from "./functions.js";
import { callsByText, operatorsByText, prefixesByText, variablesByText } from "./functions.js";
import { suggestWord } from "./nearest-word.js";
import {
  columnNode,
  constantNode,
  functionNode,
  listNode,
  rangeNode,
  textNode,
  variableNode,
  wildcardNode,
  wordNode,
} from "./nodes.js";
import { quoteTable } from "./quote.js";
import type { Scanner } from "./scanner.js";

/** What names mean at a place in a step. */
export interface ParseContext {
  /** The tables whose columns may be written `table.column`. */
  readonly tables: readonly string[];
  /** The table of columns written without one; null where a step sees one table only. */
  readonly relation: string | null;
}

// Longest first, so that `<=` is not read as `<`.
const OPERATORS = [...operatorsByText.keys()].sort((a, b) => b.length - a.length);

/** Reads an expression whose operators bind at least as tight as `precedence`. Throws LanguageError. */
export function parseExpression(scanner: Scanner, context: ParseContext, precedence = 0): JsonObject {
  let left = parseOperand(scanner, context);
  for (;;) {
    const start = scanner.offset;
    const form = takeOperator(scanner);
    if (form === undefined) return left;
    if (form.precedence < precedence) {
      scanner.offset = start;
      return left;
    }
    const right = parseExpression(scanner, context, form.precedence + 1);
    left = functionNode(form.type, { lhs: left, rhs: right }, { infix: true, parenthetical: false });
  }
}

function takeOperator(scanner: Scanner): FunctionForm | undefined {
  const text = OPERATORS.find((operator) => scanner.take(operator));
  if (text !== undefined) return operatorsByText.get(text);
  const start = scanner.offset;
  if (scanner.take("="))
    throw scanner.errorAt(start, `expected an operator, found "="; write "==" to compare`);
  return undefined;
}

function parseOperand(scanner: Scanner, context: ParseContext): JsonObject {
  scanner.skipSpaces();
  const relation = takeRelation(scanner, context);
  if (relation !== undefined) return parseColumn(scanner, relation);
  for (const [sign, form] of prefixesByText) {
    if (!scanner.take(sign)) continue;
    const operand = parseExpression(scanner, context, form.precedence);
    const [name = "operand"] = form.parameters;
    return functionNode(form.type, { [name]: operand }, { infix: true, parenthetical: false });
  }
  if (scanner.take("(")) return parseParenthesis(scanner, context);
  if (scanner.isAt("'")) return textNode(scanner.takeQuoted("'", "'"));
  if (scanner.isAt("`")) return constantNode("Pattern", scanner.takeQuoted("`", "`"));
  if (scanner.take("[")) return parseArray(scanner, context);
  if (scanner.isAt("$")) return parseVariable(scanner);
  if (scanner.isAt('{"')) return parseJson(scanner);
  const number = scanner.takeNumber();
  if (number !== undefined) return constantNode(/^-?\d+$/.test(number) ? "Integer" : "Float", Number(number));
  return parseWord(scanner, context);
}

function takeRelation(scanner: Scanner, context: ParseContext): string | undefined {
  // Longest first: a table's name may be the start of another's.
  const tables = [...context.tables].sort((a, b) => b.length - a.length);
  return tables.find((table) => scanner.take(`${quoteTable(table)}.`));
}

function parseParenthesis(scanner: Scanner, context: ParseContext): JsonObject {
  const inner = parseExpression(scanner, context);
  scanner.expect(")", "after the expression");
  if (inner["kind"] !== "func") return inner;
  const annotations = isJsonObject(inner["annotations"]) ? inner["annotations"] : { infix: false };
  return { ...inner, annotations: { ...annotations, parenthetical: true } };
}

function parseArray(scanner: Scanner, context: ParseContext): JsonObject {
  const nodes: JsonObject[] = [];
  if (scanner.take("]")) return listNode(nodes);
  do nodes.push(parseExpression(scanner, context));
  while (scanner.take(","));
  scanner.expect("]", "or a comma after the last element");
  return listNode(nodes);
}

function parseVariable(scanner: Scanner): JsonObject {
  scanner.take("$");
  if (scanner.isAt("{")) return variableNode(scanner.takeQuoted("{", "}"));
  const name = scanner.takeWord();
  if (name === undefined) throw scanner.expected("a parameter's name after $");
  const form = variablesByText.get(name);
  return form === undefined ? variableNode(name) : functionNode(form.type, {});
}

function parseJson(scanner: Scanner): JsonObject {
  const start = scanner.offset;
  const node = scanner.takeJson();
  if (!isJsonObject(node)) throw scanner.errorAt(start, "expected a JSON object");
  return node;
}

function parseWord(scanner: Scanner, context: ParseContext): JsonObject {
  const start = scanner.offset;
  const word = scanner.takeWord();
  if (word === "true" || word === "false") return constantNode("Bool", word === "true");
  if (word !== undefined && scanner.isAt("(")) return parseCall(scanner, context, word, start);
  if (word !== undefined && scanner.isAt(".")) {
    const known = context.tables.length === 0 ? "this step reads one table only" : context.tables.join(", ");
    throw scanner.errorAt(start, `unknown table "${word}": ${known}`);
  }
  scanner.offset = start;
  return parseColumn(scanner, context.relation);
}

/** A column, a range of columns or all of them. */
function parseColumn(scanner: Scanner, relation: string | null): JsonObject {
  if (scanner.take("*")) return { ...wildcardNode(), relation };
  const first = takeName(scanner);
  if (first === undefined) throw scanner.expected("a value");
  if (!scanner.take("~")) return columnNode(first, relation);
  const last = takeName(scanner);
  if (last === undefined) throw scanner.expected("the last column of the range");
  const range = rangeNode(first, last);
  return relation === null ? range : { ...range, relation };
}

/** Takes a column's name, bare or in braces. */
export function takeName(scanner: Scanner): string | undefined {
  scanner.skipSpaces();
  if (scanner.isAt("{")) return scanner.takeQuoted("{", "}");
  const word = scanner.takeWord();
  if (word !== undefined && /^[^\s\x20-\x7e]/.test(scanner.text.slice(scanner.offset))) {
    throw scanner.expected(`a name of plain letters (put other names in braces, as in {${word}…})`);
  }
  return word;
}

function parseCall(scanner: Scanner, context: ParseContext, word: string, start: number): JsonObject {
  const form = callsByText.get(word.toUpperCase());
  if (form === undefined) {
    throw scanner.errorAt(start, `unknown function ${word}${suggestWord(word, callsByText.keys())}`);
  }
  const parameters: JsonObject = {};
  scanner.take("(");
  let position = 0;
  let isNamed = false;
  for (let more = !scanner.take(")"); more; more = scanner.take(",")) {
    scanner.skipSpaces();
    const at = scanner.offset;
    const key = scanner.takeKey();
    isNamed ||= key !== undefined;
    const name = isNamed ? key : form.parameters[position];
    position += 1;
    if (name === undefined || (!form.parameters.includes(name) && !isFormat(form))) {
      throw scanner.errorAt(at, describeArgument(form, key));
    }
    if (parameters[name] !== undefined) throw scanner.errorAt(at, `${form.text} has ${name} twice`);
    parameters[name] = parseArgument(scanner, context, form, name);
  }
  if (position > 0) scanner.expect(")", `or a comma after an argument of ${word}`);
  const annotations = form.style === "call" ? undefined : { infix: true, parenthetical: false };
  return functionNode(form.type, parameters, annotations);
}

/** Formats of a Load carry many optional settings, all by name. */
function isFormat(form: FunctionForm): boolean {
  return form.type.startsWith("Format");
}

function parseArgument(
  scanner: Scanner,
  context: ParseContext,
  form: FunctionForm,
  name: string,
): JsonObject {
  if (form.words.includes(name)) {
    const word = scanner.takeWord();
    if (word !== undefined) return wordNode("enumerable", word);
  }
  return parseExpression(scanner, context);
}

function describeArgument(form: FunctionForm, key: string | undefined): string {
  const takes = form.parameters.length === 0 ? "takes no arguments" : `takes ${form.parameters.join(", ")}`;
  const name = form.style === "call" ? form.text : form.type.toUpperCase();
  return key === undefined
    ? `${name} ${takes}; this argument is one too many or needs a name`
    : `${name} has no argument "${key}"${suggestWord(key, form.parameters)}: it ${takes}`;
}

/** Takes `name =` in front of a list's element. */
export function takeOutputName(scanner: Scanner): string | undefined {
  const start = scanner.offset;
  scanner.skipSpaces();
  if (!scanner.isAt('{"')) {
    const name = scanner.isAt("{") ? scanner.takeQuoted("{", "}") : scanner.takeWord();
    scanner.skipSpaces();
    if (name !== undefined && !scanner.isAt("==") && scanner.take("=")) return name;
  }
  scanner.offset = start;
  return undefined;
}
