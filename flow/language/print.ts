import { isDeepStrictEqual } from "node:util";
import { isJsonObject } from "../fields.js";
import type { JsonObject, JsonValue, Recipe, Step, Task } from "../model.js";
import { CALL_PRECEDENCE, defaultOutputName, functionsByType } from "./functions.js";
import { columnOf, CURRENT_TABLE, elementsOf, outputNameOf, tableOf, textOf, textsOf } from "./nodes.js";
import { escapeText, quoteName, quotePattern, quoteTable, quoteText } from "./quote.js";
import type { ParameterForm, StepForm } from "./step-forms.js";
import { stepsByType } from "./steps.js";

/** Where a node stands: which names its tables have, and whose columns need no table name. */
interface PrintContext {
  readonly table: (name: string) => string;
  readonly relation?: string | undefined;
  /** Set where the node's own `as` is written already. */
  readonly isNamed?: boolean;
}

/** A recipe as text, one line a step. Hidden Loads are left out: users never see them. Never throws. */
export function printRecipe(recipe: Recipe, tableNames: ReadonlyMap<string, string>): string[] {
  return recipe.steps.filter((step) => !isHidden(step)).map((step) => printStep(step, tableNames));
}

/**
 * One step on one line. `tableNames`: side table (the `outputName` of its Load) → name to show; any other table is the
 * current one. Nothing is lost but what the step's form declares left out; unknown types show all parameters. Never throws.
 */
export function printStep(step: Step, tableNames: ReadonlyMap<string, string>): string {
  return printTask(step.task, tableNames);
}

/** An expression of the AST as text; unknown kinds as compact JSON. Never throws. */
export function printExpression(node: JsonObject): string {
  return printNode(node, { table: (name) => name });
}

/** Whether users never see the step. */
export function isHidden(step: Step): boolean {
  return step.task.type === "Load" && step.task.annotations["hidden"] === true;
}

/** A step's instruction on one line; see `printStep`. */
export function printTask(task: Task, tableNames: ReadonlyMap<string, string>): string {
  const form = stepsByType.get(task.type);
  if (form?.parameters[0]?.shape === "comment") {
    const comment = textOf(task.parameters[form.parameters[0].name]);
    if (comment !== undefined && Object.keys(task.parameters).length === 1)
      return `//${escapeText(comment, "")}`;
  }
  const context: PrintContext = { table: (name) => nameTable(name, task, tableNames) };
  const known = form?.parameters ?? [];
  const words = [form?.word ?? task.type.toLowerCase()];
  for (const parameter of known) {
    const node = task.parameters[parameter.name];
    if (node === undefined || isLeftOut(parameter, node, task, form)) continue;
    words.push(`${parameter.name}: ${printParameter(parameter, node, task, context)}`);
  }
  const unknown = Object.keys(task.parameters).filter((name) => !known.some((one) => one.name === name));
  for (const name of unknown.sort()) {
    words.push(`${quoteName(name)}: ${printValue(task.parameters[name] ?? null, context)}`);
  }
  return words.join(" ");
}

function nameTable(name: string, task: Task, tableNames: ReadonlyMap<string, string>): string {
  if (name === tableOf(task.parameters["table"])) return CURRENT_TABLE;
  const shown = tableNames.get(name);
  if (shown !== undefined) return quoteTable(shown);
  return name === tableOf(task.parameters["with"]) ? quoteTable(name) : CURRENT_TABLE;
}

function isLeftOut(
  parameter: ParameterForm,
  node: JsonObject,
  task: Task,
  form: StepForm | undefined,
): boolean {
  if (parameter.isUnwritten) return true;
  const naming = form?.parameters.find((one) => namesOf(one, task) !== undefined);
  if (naming?.namedBy?.parameter === parameter.name) {
    return textsOf(node)?.length === elementsOf(task.parameters[naming.name])?.length;
  }
  return parameter.implied !== undefined && isDeepStrictEqual(parameter.implied(task.parameters), node);
}

/** The output names of a list's elements, or undefined when its elements carry none. */
function namesOf(parameter: ParameterForm, task: Task): (string | undefined)[] | undefined {
  const { namedBy } = parameter;
  const elements = elementsOf(task.parameters[parameter.name]);
  if (namedBy === undefined || elements === undefined) return undefined;
  if (namedBy.unless !== undefined && task.parameters[namedBy.unless] !== undefined) return undefined;
  const own = elements.map(outputNameOf);
  const names = textsOf(task.parameters[namedBy.parameter]);
  if (names?.length !== elements.length) return own;
  return own.every((name, index) => name === undefined || name === names[index]) ? names : undefined;
}

function printParameter(
  parameter: ParameterForm,
  node: JsonObject,
  task: Task,
  context: PrintContext,
): string {
  const relation =
    parameter.relation === undefined ? undefined : tableOf(task.parameters[parameter.relation]);
  const inner = { ...context, relation };
  const elements = elementsOf(node);
  switch (parameter.shape) {
    case "list":
    case "matrix": {
      const expected = parameter.shape === "list" ? "array" : "matrix";
      if (elements === undefined || node["kind"] !== expected) return printNode(node, inner);
      if (elements.length === 0) return "[]";
      const names = namesOf(parameter, task);
      return elements.map((element, index) => printNamed(element, names?.[index], inner)).join(", ");
    }
    case "expression":
    case "bundle":
    case "enumerable":
    case "table":
    case "comment":
      return printNode(node, inner);
  }
}

function printNamed(element: JsonObject, name: string | undefined, context: PrintContext): string {
  const text = printNode(element, { ...context, isNamed: name !== undefined });
  if (name === undefined || name === defaultOutputName(element)) return text;
  return `${quoteName(name)} = ${text}`;
}

const KNOWN_MEMBERS = new Set(["kind", "type", "value", "parameters", "annotations", "as", "relation"]);

function printValue(value: JsonValue, context: PrintContext): string {
  return isJsonObject(value) ? printNode(value, context) : JSON.stringify(value);
}

function printNode(node: JsonObject, context: PrintContext): string {
  const isKnown = Object.keys(node).every((key) => KNOWN_MEMBERS.has(key));
  const isWritable = isKnown && (node["as"] === undefined || context.isNamed === true);
  return (isWritable ? tryNode(node, { ...context, isNamed: false }) : undefined) ?? JSON.stringify(node);
}

function tryNode(node: JsonObject, context: PrintContext): string | undefined {
  const { kind, type, value } = node;
  switch (kind) {
    case "constant":
      return printConstant(type, value);
    case "column":
      return printColumn(node, context);
    case "func":
      return printFunction(node, context);
    case "array":
    case "matrix":
      return elementsOf(node) === undefined
        ? undefined
        : `[${(elementsOf(node) ?? []).map((element) => printNode(element, context)).join(", ")}]`;
    case "bundle":
    case "enumerable":
      return typeof value === "string" && /^[A-Za-z_]\w*$/.test(value) ? value : undefined;
    case "variable":
      return typeof value === "string" ? `$${printVariable(value)}` : undefined;
    case "table":
      return typeof value === "string" ? context.table(value) : undefined;
    default:
      return undefined;
  }
}

function printVariable(name: string): string {
  return name === "filepath" || name === "sourcerownumber" ? `{${name}}` : quoteName(name);
}

function printConstant(type: JsonValue | undefined, value: JsonValue | undefined): string | undefined {
  switch (type) {
    case "String":
      return typeof value === "string" ? quoteText(value) : undefined;
    case "Pattern":
      return typeof value === "string" ? quotePattern(value) : undefined;
    case "Bool":
      return typeof value === "boolean" ? String(value) : undefined;
    case "Integer":
      return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : undefined;
    case "Float": {
      if (typeof value !== "number") return undefined;
      const text = String(value);
      return /^-?\d+$/.test(text) ? `${text}.0` : text;
    }
    default:
      return undefined;
  }
}

function printColumn(node: JsonObject, context: PrintContext): string | undefined {
  const { type, value, relation } = node;
  const isHere = relation === null || relation === undefined || relation === context.relation;
  const prefix = isHere ? "" : typeof relation === "string" ? `${context.table(relation)}.` : undefined;
  if (prefix === undefined) return undefined;
  const name = columnOf(node);
  if (name !== undefined) return prefix + quoteName(name);
  if (type === "Wildcard" && value === "*") return `${prefix}*`;
  if (type !== "ColumnRange" || !Array.isArray(value) || value.length !== 2) return undefined;
  const [first, last] = value;
  if (typeof first !== "string" || typeof last !== "string") return undefined;
  return `${prefix}${quoteName(first)}~${quoteName(last)}`;
}

function printFunction(node: JsonObject, context: PrintContext): string | undefined {
  const { type, parameters } = node;
  if (typeof type !== "string" || !isJsonObject(parameters)) return undefined;
  const form = functionsByType.get(type);
  const isComplete =
    form?.parameters.length === Object.keys(parameters).length &&
    form.parameters.every((name) => isJsonObject(parameters[name]));
  const operand = (name: string, above: number): string => {
    const inner = parameters[name];
    return isJsonObject(inner) ? printOperand(inner, above, context) : "";
  };
  let text: string;
  if (form === undefined || !isComplete || form.style === "call") {
    const name = form?.style === "call" ? form.text : type.toUpperCase();
    text = `${name}(${printArguments(form?.parameters ?? [], parameters, context)})`;
  } else if (form.style === "variable") {
    text = `$${form.text}`;
  } else if (form.style === "prefix") {
    text = `${form.text}${operand("operand", form.precedence)}`;
  } else {
    // Operators group from the left, so the right operand needs parentheses at equal precedence.
    text = `${operand("lhs", form.precedence)} ${form.text} ${operand("rhs", form.precedence + 1)}`;
  }
  const isParenthetical = isJsonObject(node["annotations"]) && node["annotations"]["parenthetical"] === true;
  return isParenthetical ? `(${text})` : text;
}

function printOperand(node: JsonObject, precedence: number, context: PrintContext): string {
  const text = printNode(node, context);
  const form =
    node["kind"] === "func" && typeof node["type"] === "string"
      ? functionsByType.get(node["type"])
      : undefined;
  const isOpen = form !== undefined && form.precedence < precedence && form.precedence < CALL_PRECEDENCE;
  const isClosed = isJsonObject(node["annotations"]) && node["annotations"]["parenthetical"] === true;
  return isOpen && !isClosed ? `(${text})` : text;
}

function printArguments(order: readonly string[], parameters: JsonObject, context: PrintContext): string {
  const present = order.findIndex((name) => parameters[name] === undefined);
  const positional = present === -1 ? order : order.slice(0, present);
  const named = [
    ...order.filter((name) => !positional.includes(name) && parameters[name] !== undefined),
    ...Object.keys(parameters)
      .filter((name) => !order.includes(name))
      .sort(),
  ];
  return [
    ...positional.map((name) => printValue(parameters[name] ?? null, context)),
    ...named.map((name) => `${quoteName(name)}: ${printValue(parameters[name] ?? null, context)}`),
  ].join(", ");
}
