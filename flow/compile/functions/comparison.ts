import type { FunctionCall } from "../function-call.js";
import { BOOLEAN, closed, isDate, isNumeric, open, operand, type Value } from "../value.js";
import { family } from "./definition.js";

type Sign = "=" | "<>" | "<" | "<=" | ">" | ">=";

const NO_NUMBER = "null; a text that is no number is unlike every number";

/** `==`, `<` and their like between any two types. */
export const comparisonFunctions = [
  ...family("comparison", {
    Equal: [
      "Whether both are the same; as numbers when one side is a number, in letter case when they are texts",
      (call) => compare(call, "="),
      NO_NUMBER,
    ],
    NotEqual: ["Whether they differ", (call) => compare(call, "<>"), NO_NUMBER],
    LessThan: [
      "Whether the left is less: numbers by value, dates by time, texts by their characters",
      (call) => compare(call, "<"),
    ],
    LessThanEqual: ["Whether the left is less or the same", (call) => compare(call, "<=")],
    GreaterThan: ["Whether the left is greater", (call) => compare(call, ">")],
    GreaterThanEqual: ["Whether the left is greater or the same", (call) => compare(call, ">=")],
    And: ["Whether both are true", (call) => join(call, "AND"), "false if the other is false, else null"],
    Or: ["Whether one is true", (call) => join(call, "OR"), "true if the other is true, else null"],
    Not: ["Whether it is false", (call) => negate(call)],
  }),
];

/** How `==` decides when both sides are text: the text whose number both stand for, else the text itself. */
export function joinKey(value: Value, call: Pick<FunctionCall, "coerce">): string {
  const text = operand(call.coerce.toText(value));
  if (!isNumeric(value)) return text;
  return `coalesce(${call.coerce.toText(call.coerce.toNumber(value)).sql}, ${text})`;
}

function compare(call: FunctionCall, sign: Sign): Value {
  return compareValues(call, call.value("lhs"), call.value("rhs"), sign);
}

/** Compares two values as the product does; see the summaries above. */
export function compareValues(call: Pick<FunctionCall, "coerce">, lhs: Value, rhs: Value, sign: Sign): Value {
  const { coerce } = call;
  const plain = (left: Value, right: Value): Value =>
    open(`${operand(left)} ${sign} ${operand(right)}`, BOOLEAN);
  const kinds = [lhs.type.kind, rhs.type.kind];
  const isNumber = (value: Value): boolean => value.type.kind === "integer" || value.type.kind === "float";
  if (kinds.includes("null")) return closed("CAST(NULL AS BOOLEAN)", BOOLEAN);
  if (isDate(lhs) && isDate(rhs)) return plain(coerce.toDate(lhs), coerce.toDate(rhs));
  if (kinds.includes("datetime")) return plain(coerce.toDate(lhs), coerce.toDate(rhs));
  if (isDate(lhs) !== isDate(rhs) && sign !== "=" && sign !== "<>")
    return plain(coerce.toDate(lhs), coerce.toDate(rhs));
  if (isNumber(lhs) && isNumber(rhs)) return plain(lhs, rhs);
  if (isNumber(lhs) || isNumber(rhs))
    return compareWithNumber(coerce.toNumber(lhs), coerce.toNumber(rhs), lhs, rhs, sign);
  if (kinds.includes("boolean") && kinds[0] === kinds[1]) return plain(lhs, rhs);
  if (isNumeric(lhs) && isNumeric(rhs)) {
    if (sign === "=" || sign === "<>")
      return open(`${joinKey(lhs, call)} ${sign} ${joinKey(rhs, call)}`, BOOLEAN);
    return plain(coerce.toNumber(lhs), coerce.toNumber(rhs));
  }
  // A text that means numbers, beside a fixed text that is one: `quantity > '5'`.
  if (isNumeric(lhs) && isFixedNumber(rhs))
    return compareWithNumber(coerce.toNumber(lhs), coerce.toNumber(rhs), lhs, rhs, sign);
  if (isNumeric(rhs) && isFixedNumber(lhs))
    return compareWithNumber(coerce.toNumber(lhs), coerce.toNumber(rhs), lhs, rhs, sign);
  const isOpenQuestion = [lhs, rhs].every(
    ({ type, literal }) => type.kind === "text" && type.means === undefined && literal === undefined,
  );
  if (isOpenQuestion && sign !== "=" && sign !== "<>") {
    // Of two texts of unknown type, two numbers compare by value.
    const [left, right] = [coerce.toNumber(lhs), coerce.toNumber(rhs)];
    return closed(
      `coalesce(${left.sql} ${sign} ${right.sql}, ${operand(lhs)} ${sign} ${operand(rhs)})`,
      BOOLEAN,
    );
  }
  return plain(coerce.toText(lhs), coerce.toText(rhs));
}

function isFixedNumber({ literal }: Value): boolean {
  return typeof literal === "string" && literal.trim() !== "" && Number.isFinite(Number(literal));
}

function compareWithNumber(left: Value, right: Value, lhs: Value, rhs: Value, sign: Sign): Value {
  const plain = `${operand(left)} ${sign} ${operand(right)}`;
  if (sign !== "<>") return open(plain, BOOLEAN);
  const texts = [lhs, rhs].filter(({ type, literal }) => type.kind === "text" && literal === undefined);
  if (texts.length === 0) return open(plain, BOOLEAN);
  const isThere = texts.map((text) => `${operand(text)} IS NOT NULL`).join(" AND ");
  return closed(`CASE WHEN ${isThere} THEN ${operand(left)} IS DISTINCT FROM ${operand(right)} END`, BOOLEAN);
}

function join(call: FunctionCall, word: "AND" | "OR"): Value {
  return open(`${operand(call.boolean("lhs"))} ${word} ${operand(call.boolean("rhs"))}`, BOOLEAN);
}

/** `!(a == b)` is `a != b`, so that a text that is no number counts as different there too. */
function negate(call: FunctionCall): Value {
  const node = call.node("operand");
  if (node?.["kind"] === "func" && node["type"] === "Equal") {
    const inner = call.inner(node);
    return compareValues(call, inner.value("lhs"), inner.value("rhs"), "<>");
  }
  return open(`NOT ${operand(call.boolean("operand"))}`, BOOLEAN);
}
