import type { FunctionCall } from "../function-call.js";
import { BOOLEAN, closed, isNumeric, open, operand, type Value } from "../value.js";
import { compareValues } from "./comparison.js";
import { family } from "./definition.js";

/** IF, CASE and what stands in for missing values. */
export const conditionalFunctions = [
  ...family("conditional", {
    If: ["One of two values; without a second one, null", compileIf, "a null condition counts as false"],
    Case: [
      "The value behind the first condition that is true, else the last, else null",
      compileCase,
      "a null condition counts as false",
    ],
    Coalesce: ["The first value of a list that is not missing", coalesce, "skipped"],
    IfNull: [
      "The second value where the first is null",
      (call) => replace(call, (value) => `${operand(value)} IS NOT NULL`),
      "replaced",
    ],
    IfMissing: [
      "The second value where the first is null or empty",
      (call) => replace(call, isThere),
      "replaced",
    ],
    In: ["Whether the value is one of a list", isIn],
  }),
];

/** The condition that a value is neither null nor an empty text. */
export function isThere(value: Value): string {
  return value.type.kind === "text" ? `${operand(value)} <> ''` : `${operand(value)} IS NOT NULL`;
}

/** The condition that a value is null or an empty text. */
export function isMissing(call: Pick<FunctionCall, "coerce">, value: Value): Value {
  const plain = value.type.kind === "json" ? call.coerce.toText(value) : value;
  if (plain.type.kind !== "text") return open(`${operand(plain)} IS NULL`, BOOLEAN);
  return open(`coalesce(${plain.sql}, '') = ''`, BOOLEAN);
}

function compileIf(call: FunctionCall): Value {
  const then = call.value("true_expression");
  const otherwise = call.has("false_expression") ? call.value("false_expression") : call.coerce.null;
  return choose(call, [[call.boolean("predicate"), then]], otherwise);
}

function compileCase(call: FunctionCall): Value {
  const values = call.values("predicateValuePairs");
  const pairs: [Value, Value][] = [];
  for (let index = 0; index + 1 < values.length; index += 2) {
    const [test, value] = values.slice(index, index + 2);
    if (test !== undefined && value !== undefined) pairs.push([call.coerce.toBoolean(test), value]);
  }
  const otherwise = values.length % 2 === 1 ? values.at(-1) : undefined;
  return choose(call, pairs, otherwise ?? call.coerce.null);
}

function choose(call: FunctionCall, pairs: readonly (readonly [Value, Value])[], otherwise: Value): Value {
  const { values, type } = call.coerce.unify([...pairs.map(([, value]) => value), otherwise]);
  const last = values.at(-1) ?? otherwise;
  if (pairs.length === 0) return last;
  const whens = pairs.map(([test], index) => `WHEN ${test.sql} THEN ${values[index]?.sql ?? "NULL"}`);
  const end = last.literal === null ? "" : ` ELSE ${last.sql}`;
  return closed(`CASE ${whens.join(" ")}${end} END`, type);
}

function coalesce(call: FunctionCall): Value {
  const { values, type } = call.coerce.unify(call.values("col"));
  const parts = values.map((value) => (value.type.kind === "text" ? `nullif(${value.sql}, '')` : value.sql));
  return closed(`coalesce(${parts.join(", ")})`, type);
}

function replace(call: FunctionCall, isKept: (value: Value) => string): Value {
  const { values, type } = call.coerce.unify([call.value("col"), call.value("true_expression")]);
  const [value, other] = values;
  if (value === undefined || other === undefined) return call.fail("two arguments are needed");
  return closed(`CASE WHEN ${isKept(value)} THEN ${value.sql} ELSE ${other.sql} END`, type);
}

function isIn(call: FunctionCall): Value {
  const value = call.value("col");
  const tests = call.values("list").map((one) => {
    const isText = one.type.kind === "text" && !isNumeric(value);
    return operand(compareValues(call, isText ? call.coerce.toText(value) : value, one, "="));
  });
  return tests.length === 0 ? closed("false", BOOLEAN) : open(tests.join(" OR "), BOOLEAN);
}
