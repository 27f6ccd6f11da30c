import type { JsonObject } from "../model.js";
import { EVERYDAY_FUNCTIONS } from "./everyday-functions.js";
import { columnOf } from "./nodes.js";

/** How a function is written: `NAME(a, b)`, `a + b`, `!a`, or `$name` without parentheses. */
export interface FunctionForm {
  /** The AST's `type`. */
  readonly type: string;
  readonly style: "call" | "infix" | "prefix" | "variable";
  /** The name, the operator, or the word behind `$`. */
  readonly text: string;
  /** Parameter names in the order in which they are written. */
  readonly parameters: readonly string[];
  /** Parameters that are bare words (`month`), not expressions. */
  readonly words: readonly string[];
  /** How tight an operator binds; higher is tighter, calls bind tightest. */
  readonly precedence: number;
}

/** Precedence of everything that needs no parentheses. */
export const CALL_PRECEDENCE = 9;

const forms: FunctionForm[] = [];

function call(type: string, ...parameters: string[]): void {
  forms.push(callForm(type, parameters, []));
}

function callForm(type: string, parameters: readonly string[], words: readonly string[]): FunctionForm {
  return { type, style: "call", text: type.toUpperCase(), parameters, words, precedence: CALL_PRECEDENCE };
}

function infix(type: string, text: string, precedence: number): void {
  forms.push({ type, style: "infix", text, parameters: ["lhs", "rhs"], words: [], precedence });
}

infix("Or", "||", 1);
infix("And", "&&", 2);
infix("Equal", "==", 3);
infix("NotEqual", "!=", 3);
infix("LessThan", "<", 4);
infix("LessThanEqual", "<=", 4);
infix("GreaterThan", ">", 4);
infix("GreaterThanEqual", ">=", 4);
infix("Add", "+", 5);
infix("Subtract", "-", 5);
infix("Multiply", "*", 6);
infix("Divide", "/", 6);
forms.push({ type: "Not", style: "prefix", text: "!", parameters: ["operand"], words: [], precedence: 7 });

forms.push(
  { ...callForm("FilePath", [], []), style: "variable", text: "filepath" },
  { ...callForm("SourceRowNumber", [], []), style: "variable", text: "sourcerownumber" },
);

call("Any", "col");
call("AnyIf", "col", "row");
call("ArrayIntersect", "col");
call("ArrayLen", "col");
call("ArraysToMap", "keyArray", "valueArray", "defaultKey");
call("Average", "col");
call("AverageIf", "col", "row");
call("Case", "predicateValuePairs");
call("Count");
call("CountDistinct", "col");
call("CountIf", "row");
call("Date", "year", "month", "date");
forms.push(callForm("DateAdd", ["col", "delta", "measure"], ["measure"]));
forms.push(callForm("DateDif", ["lhs", "rhs", "measure"], ["measure"]));
call("DateFormat", "col", "format");
call("Domain", "col");
call("If", "predicate", "true_expression", "false_expression");
call("IfMissing", "col", "true_expression");
call("IsMismatched", "col", "type");
call("IsMissing", "col");
call("IsNull", "col");
call("List", "col", "limit");
call("ListIf", "col", "row", "limit");
call("Max", "col");
call("Merge", "col", "delimiter");
call("Min", "col");
call("Month", "col");
call("Now", "timezone");
call("Null");
call("ParseDate", "col", "inputFormats");
call("Prev", "col", "intParam");
call("Range", "start", "stop", "step");
call("Round", "operand", "digits");
call("RowNumber");
call("Sum", "col");
call("UnixTimeFormat", "col", "format");
call("WeekNum", "col");
call("Year", "col");

for (const [type, ...parameters] of EVERYDAY_FUNCTIONS) {
  forms.push(callForm(type, parameters, type === "Session" ? ["measure"] : []));
}

// Formats of a Load; they take part in no user's expression.
call("FormatBlob");
call("FormatRecords", "columnNames", "columnTypes", "inputTypes");
call("FormatBigQuery", "columnNames", "columnTypes", "columnSubTypes", "inputTypes", "writeMode");
call("FormatHive", "columnNames", "columnTypes", "inputTypes");
call("FormatTrifacta");

/** Every function with a text form, by the AST's type. Source: the functions seen in real packages, and the product's pages. */
export const functionsByType: ReadonlyMap<string, FunctionForm> = new Map(
  forms.map((form) => [form.type, form]),
);

const byText = (style: FunctionForm["style"]): ReadonlyMap<string, FunctionForm> =>
  new Map(forms.filter((form) => form.style === style).map((form) => [form.text, form]));

/** Functions written `NAME(…)`, by upper-case name. An operator may be called by its type too: `EQUAL(a, b)`. */
export const callsByText: ReadonlyMap<string, FunctionForm> = new Map([
  ...forms
    .filter((form) => form.style === "infix" || form.style === "prefix")
    .map((form): [string, FunctionForm] => [form.type.toUpperCase(), form]),
  ...byText("call"),
]);

/** Functions written `$name`, by name. */
export const variablesByText: ReadonlyMap<string, FunctionForm> = byText("variable");

/** Operators between two operands, by their sign. */
export const operatorsByText: ReadonlyMap<string, FunctionForm> = byText("infix");

/** The operator in front of its operand. */
export const prefixesByText: ReadonlyMap<string, FunctionForm> = byText("prefix");

/** The column name that the product gives an aggregate when the user gives none, or undefined when that is unknown. */
export function defaultOutputName(node: JsonObject): string | undefined {
  const { kind, type, parameters } = node;
  if (kind !== "func" || typeof type !== "string") return undefined;
  if (typeof parameters !== "object" || parameters === null || Array.isArray(parameters)) return undefined;
  if (type === "Count" && Object.keys(parameters).length === 0) return "row_count";
  const column = columnOf(parameters["col"]);
  return column === undefined ? undefined : `${type.toLowerCase()}_${column}`;
}
