import type { FunctionCall } from "../function-call.js";
import { closed, FLOAT, INTEGER, open, operand, type Value } from "../value.js";
import { family } from "./definition.js";

/** Arithmetic. Whole numbers stay whole except under division. */
export const numberFunctions = [
  ...family("number", {
    Add: ["Sum of two numbers", (call) => infix(call, "+")],
    Subtract: ["Difference of two numbers", (call) => infix(call, "-")],
    Multiply: ["Product of two numbers", (call) => infix(call, "*")],
    Divide: ["Quotient of two numbers", divide, "null, as is a division by zero"],
    Round: ["Rounded to a number of decimals (0 unless given), halves away from zero", round],
  }),
];

function numericType(values: readonly Value[]): typeof INTEGER {
  return values.every(({ type }) => type.kind === "integer") ? INTEGER : FLOAT;
}

function infix(call: FunctionCall, sign: string): Value {
  const values = [call.number("lhs"), call.number("rhs")];
  return open(values.map(operand).join(` ${sign} `), numericType(values));
}

function divide(call: FunctionCall): Value {
  const [left, right] = [call.number("lhs"), call.number("rhs")];
  const divisor =
    typeof right.literal === "number" && right.literal !== 0 ? operand(right) : `nullif(${right.sql}, 0)`;
  return open(`${operand(left)} / ${divisor}`, FLOAT);
}

function round(call: FunctionCall): Value {
  const value = call.number("operand");
  const digits = call.has("digits") ? call.integer("digits") : call.coerce.number(0);
  if (digits.literal === 0) return closed(`TRY_CAST(round(${value.sql}) AS BIGINT)`, INTEGER);
  return closed(`round(${value.sql}, CAST(${digits.sql} AS INTEGER))`, FLOAT);
}
