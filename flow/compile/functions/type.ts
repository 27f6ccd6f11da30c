import { elementsOf, textOf } from "../../language/nodes.js";
import type { FunctionCall } from "../function-call.js";
import { meaningOfType } from "../type-words.js";
import { BOOLEAN, closed, FLOAT, INTEGER, open, operand, type Meaning, type Value } from "../value.js";
import { isMissing } from "./conditional.js";
import { family, type FunctionDefinition } from "./definition.js";

/** Functions that ask what a value is, or read a text as something else. */
export const typeFunctions: readonly FunctionDefinition[] = [
  ...family("type", {
    Null: ["The value that is none", (call) => call.coerce.null],
    IsNull: [
      "Whether the value is null; an empty text is not",
      (call) => open(`${operand(call.value("col"))} IS NULL`, BOOLEAN),
      "true",
    ],
    IsMissing: [
      "Whether the value is null or an empty text; of a list, whether every one is",
      compileIsMissing,
      "true",
    ],
    IsMismatched: ["Whether a value that is not missing does not fit a type", mismatched, "false"],
    Valid: ["Whether a value is not missing and fits a type", valid, "false"],
    IfMismatched: ["The last value where the first does not fit a type", ifMismatched],
    IfValid: ["The last value where the first fits a type, else the first", ifValid],
    ParseInt: [
      "A text as a whole number",
      (call) => closed(call.dialect.call("textToInteger", operand(call.text("col"))), INTEGER),
    ],
    ParseFloat: [
      "A text as a number",
      (call) => closed(call.dialect.call("textToNumber", operand(call.text("col"))), FLOAT),
    ],
    ParseBool: ["A text as true or false", (call) => call.boolean("col")],
    ParseString: ["A value as text", (call) => call.text("col")],
    ParseArray: ["A text as an array", (call) => call.array("col")],
    ParseMap: ["A text as an object", (call) => call.coerce.toMap(call.value("col"))],
  }),
];

function compileIsMissing(call: FunctionCall): Value {
  const tests = call.values("col").map((value) => isMissing(call, value));
  const [first] = tests;
  if (first !== undefined && tests.length === 1) return first;
  return tests.length === 0 ? closed("true", BOOLEAN) : open(tests.map(operand).join(" AND "), BOOLEAN);
}

/** A type as text, or as the list that packages have: `['Datetime', 'dd-mm-yy', 'dd*mm*yyyy']`. */
function typeOf(call: FunctionCall): Meaning {
  const node = call.node("type") ?? call.fail("the type is missing");
  const words = (elementsOf(node) ?? [node]).map((one) => {
    const word = textOf(one) ?? one["value"];
    return typeof word === "string" ? word : call.fail("the type must be a fixed text");
  });
  return meaningOfType(words) ?? call.fail(`the type "${words.join(", ")}" is not known`);
}

/** The value as the type has it, or undefined where every text fits. */
function readAs(call: Pick<FunctionCall, "coerce">, value: Value, means: Meaning): Value | undefined {
  const text: Value = { ...call.coerce.toText(value), type: { kind: "text", means } };
  switch (means.kind) {
    case "integer":
    case "float":
      return call.coerce.toNumber(text);
    case "boolean":
      return call.coerce.toBoolean(text);
    case "datetime":
      return call.coerce.toDate(text);
    case "array":
      return call.coerce.toArray(text);
    case "map":
      return call.coerce.toMap(text);
    case "text":
      return undefined;
  }
}

function mismatched(call: FunctionCall): Value {
  return mismatchOf(call, call.value("col"), typeOf(call));
}

/** Whether a value that is not missing does not fit a type. */
export function mismatchOf(call: Pick<FunctionCall, "coerce">, value: Value, means: Meaning): Value {
  const read = readAs(call, value, means);
  if (read === undefined) return closed("false", BOOLEAN);
  return open(`NOT ${operand(isMissing(call, value))} AND ${operand(read)} IS NULL`, BOOLEAN);
}

function isMissingNot(call: FunctionCall, value: Value): string {
  const test = isMissing(call, value);
  return `NOT (${test.sql})`;
}

function valid(call: FunctionCall): Value {
  const value = call.value("col");
  const read = readAs(call, value, typeOf(call));
  if (read === undefined) return open(isMissingNot(call, value), BOOLEAN);
  return open(`${isMissingNot(call, value)} AND ${operand(read)} IS NOT NULL`, BOOLEAN);
}

function ifMismatched(call: FunctionCall): Value {
  return choose(call, mismatched(call).sql);
}

function ifValid(call: FunctionCall): Value {
  return choose(call, valid(call).sql);
}

function choose(call: FunctionCall, test: string): Value {
  const { values, type } = call.coerce.unify([call.value("true_expression"), call.value("col")]);
  const [replacement, value] = values;
  return closed(
    `CASE WHEN ${test} THEN ${replacement?.sql ?? "NULL"} ELSE ${value?.sql ?? "NULL"} END`,
    type,
  );
}
