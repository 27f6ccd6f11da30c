import type { FunctionCall } from "../function-call.js";
import {
  BOOLEAN,
  closed,
  FLOAT,
  INTEGER,
  open,
  operand,
  TEXT,
  type Value,
  type ValueType,
} from "../value.js";
import { family, type FunctionDefinition } from "./definition.js";

type Compile = (call: FunctionCall) => Value;

/** Arithmetic. Whole numbers stay whole except under division. */
export const numberFunctions: readonly FunctionDefinition[] = [
  ...family("number", {
    Add: ["Sum of two numbers", infix("+")],
    Subtract: ["Difference of two numbers", infix("-")],
    Multiply: ["Product of two numbers", infix("*")],
    Divide: ["Quotient of two numbers", divide, "null, as is a division by zero"],
    Mod: ["Remainder of a division, with the sign of the dividend", mod, "null, as is a division by zero"],
    Negate: ["The number with the other sign", negate],
    Abs: ["The number without its sign", absolute],
    Sign: ["-1, 0 or 1", (call) => closed(`CAST(sign(${call.number("col").sql}) AS BIGINT)`, INTEGER)],
    Ceiling: ["The next whole number up", whole("ceil")],
    Floor: ["The next whole number down", whole("floor")],
    Round: [
      "Rounded to a number of decimals (0 unless given), halves away from zero",
      rounded("round", "operand"),
    ],
    Trunc: ["Cut off behind a number of decimals (0 unless given)", rounded("trunc", "col")],
    Pow: [
      "A power of the number; null where there is none",
      (call) =>
        guarded(call, [call.number("col"), call.number("exponent")], (base, by) => `power(${base}, ${by})`),
    ],
    Sqrt: ["Square root; null below zero", of("sqrt")],
    Exp: ["e to a power", of("exp")],
    Ln: ["Natural logarithm; null unless above zero", of("ln")],
    Log: ["Logarithm to a base (10 unless given); null unless above zero", log],
    Sin: ["Sine of radians", of("sin")],
    Cos: ["Cosine of radians", of("cos")],
    Tan: ["Tangent of radians", of("tan")],
    Asin: ["Arc sine in radians", of("asin")],
    Acos: ["Arc cosine in radians", of("acos")],
    Atan: ["Arc tangent in radians", of("atan")],
    Sinh: ["Hyperbolic sine", of("sinh")],
    Cosh: ["Hyperbolic cosine", of("cosh")],
    Tanh: ["Hyperbolic tangent", of("tanh")],
    Asinh: ["Inverse hyperbolic sine", of("asinh")],
    Acosh: ["Inverse hyperbolic cosine; null below 1", of("acosh")],
    Atanh: ["Inverse hyperbolic tangent; null unless between -1 and 1", of("atanh")],
    Degrees: ["Radians in degrees", of("degrees")],
    Radians: ["Degrees in radians", of("radians")],
    Pi: ["π", () => closed("pi()", FLOAT)],
    IsEven: [
      "Whether a whole number is even",
      (call) => open(`${operand(call.integer("col"))} % 2 = 0`, BOOLEAN),
    ],
    IsOdd: [
      "Whether a whole number is odd",
      (call) => open(`${operand(call.integer("col"))} % 2 <> 0`, BOOLEAN),
    ],
    Lcm: [
      "The least common multiple of two whole numbers",
      (call) =>
        closed(
          call.attempt([call.integer("lhs"), call.integer("rhs")], (one, other) => `lcm(${one}, ${other})`),
          INTEGER,
        ),
    ],
    NumFormat: [
      "A number as text in a form such as `#,##0.00`: `0` is a digit, `#` one that may be missing",
      numberFormat,
    ],
    Between: ["Whether the number lies from one number to another, both included", between],
    Rand: ["A random number from 0 to 1, another one in every run", (call) => call.chance("random()", FLOAT)],
    RandBetween: ["A random whole number from one number to another, both included", randomBetween],
  }),
];

function numericType(values: readonly Value[]): ValueType {
  return values.every(({ type }) => type.kind === "integer") ? INTEGER : FLOAT;
}

function infix(sign: string): Compile {
  return (call) => {
    const values = [call.number("lhs"), call.number("rhs")];
    const type = numericType(values);
    if (type.kind !== "integer") return open(values.map(operand).join(` ${sign} `), type);
    // Whole numbers have 64 bits; what is larger has no result.
    return closed(
      call.attempt(values, (lhs, rhs) => `${lhs} ${sign} ${rhs}`),
      type,
    );
  };
}

function divide(call: FunctionCall): Value {
  const [left, right] = [call.number("lhs"), call.number("rhs")];
  return open(`${operand(left)} / ${divisor(right)}`, FLOAT);
}

/** Never zero: a division by zero gives null. */
function divisor(value: Value): string {
  return typeof value.literal === "number" && value.literal !== 0
    ? operand(value)
    : `nullif(${value.sql}, 0)`;
}

function mod(call: FunctionCall): Value {
  const [left, right] = [call.number("lhs"), call.number("rhs")];
  const type = numericType([left, right]);
  return type.kind === "integer"
    ? closed(
        call.attempt([left, right], (lhs, rhs) => `${lhs} % ${rhs}`),
        type,
      )
    : open(`${operand(left)} % ${divisor(right)}`, type);
}

function negate(call: FunctionCall): Value {
  return signed(call, call.number("operand"), (number) => `-${number}`);
}

function absolute(call: FunctionCall): Value {
  return signed(call, call.number("col"), (number) => `abs(${number})`);
}

/** The least whole number of 64 bits has no counterpart. */
function signed(call: FunctionCall, value: Value, write: (number: string) => string): Value {
  return value.type.kind === "integer"
    ? closed(call.attempt([value], write), value.type)
    : closed(`(${write(operand(value))})`, value.type);
}

function whole(name: string): Compile {
  return (call) => {
    const value = call.number("col");
    return value.type.kind === "integer"
      ? value
      : closed(`TRY_CAST(${name}(${value.sql}) AS BIGINT)`, INTEGER);
  };
}

function rounded(name: string, argument: string): Compile {
  return (call) => {
    const value = call.number(argument);
    const digits = call.constantInteger("digits", 0);
    if (digits === 0)
      return value.type.kind === "integer"
        ? value
        : closed(`TRY_CAST(${name}(${value.sql}) AS BIGINT)`, INTEGER);
    if (value.type.kind === "integer" && digits > 0) return value;
    if (name === "round") return closed(`round(CAST(${value.sql} AS DOUBLE), ${String(digits)})`, FLOAT);
    const factor = call.dialect.number(10 ** digits);
    return open(`trunc(${operand(value)} * ${factor}) / ${factor}`, FLOAT);
  };
}

/** What has no result for some numbers is null there. */
function guarded(
  call: FunctionCall,
  values: readonly Value[],
  write: (...operands: string[]) => string,
): Value {
  return closed(call.dialect.call("finite", call.attempt(values, write)), FLOAT);
}

function of(name: string): Compile {
  return (call) => guarded(call, [call.number("col")], (number) => `${name}(${number})`);
}

function log(call: FunctionCall): Value {
  const value = call.number("col");
  if (!call.has("base")) return guarded(call, [value], (number) => `log10(${number})`);
  return guarded(call, [value, call.number("base")], (number, base) => `log(${base}, ${number})`);
}

/** Java's form: text around it, digits with or without groups of three, decimals. */
const NUMBER_FORM = /^([^#0,.]*)([#0,]*)(?:\.([0#]*))?([^#0,.]*)$/;

function numberFormat(call: FunctionCall): Value {
  const { dialect } = call;
  const format = call.constantText("format");
  const [, before = "", digits = "", decimals = "", behind = ""] =
    NUMBER_FORM.exec(format) ?? call.fail(`the form "${format}" is not supported`);
  const fixed = decimals.replace(/#+$/, "").length;
  const written = dialect.call(
    "formatNumber",
    call.number("col").sql,
    String(decimals.length),
    digits.includes(",") ? "," : "",
  );
  const cut = cutZeros(call, written, decimals.length - fixed, fixed === 0);
  const least = digits.replace(/[^0]/g, "").length;
  const bare =
    least === 0
      ? dialect.call("regexReplace", cut, dialect.pattern("^(-?)0\\."), dialect.replacement("$1.", true))
      : cut;
  const parts = [
    before === "" ? [] : [dialect.text(before)],
    [bare],
    behind === "" ? [] : [dialect.text(behind)],
  ].flat();
  return closed(parts.length === 1 ? bare : parts.join(" || "), TEXT);
}

/** Without the zeros at the end that the form lets go, and without a point that nothing follows. */
function cutZeros(call: FunctionCall, sql: string, count: number, cutsPoint: boolean): string {
  if (count === 0) return sql;
  const { dialect } = call;
  const pattern = cutsPoint ? `\\.?0{0,${String(count)}}$` : `0{1,${String(count)}}$`;
  return dialect.call("regexReplaceFirst", sql, dialect.pattern(pattern), dialect.text(""));
}

function between(call: FunctionCall): Value {
  const [value, from, to] = [call.number("col"), call.number("from"), call.number("to")];
  return open(`${operand(value)} BETWEEN ${operand(from)} AND ${operand(to)}`, BOOLEAN);
}

function randomBetween(call: FunctionCall): Value {
  const [from, to] = [operand(call.integer("from")), operand(call.integer("to"))];
  const width = `(CAST(${to} AS DOUBLE) - ${from} + 1)`;
  return call.chance(`TRY_CAST(floor(${from} + random() * ${width}) AS BIGINT)`, INTEGER);
}
