import type { FunctionCall } from "../function-call.js";
import { closed, FLOAT, INTEGER, isDate, operand, TEXTS, type Value, type ValueType } from "../value.js";
import { isThere } from "./conditional.js";
import { family, type FunctionDefinition } from "./definition.js";

type Condition = string | undefined;
type Aggregate = readonly [summary: string, compile: (call: FunctionCall, condition: Condition) => Value];

/** Elements of LIST and UNIQUE unless a limit is given, as in the product. */
const LIST_LIMIT = 1000;

const aggregates: Readonly<Record<string, Aggregate>> = {
  Any: ["The first value by row order that is neither null nor empty", any],
  Average: ["Mean of the numbers", numeric("avg", FLOAT)],
  Count: ["Number of rows", (call, condition) => call.aggregate("count(*)", INTEGER, condition)],
  CountA: ["Number of values that are not missing", countA],
  CountDistinct: ["Number of different values that are not missing", countDistinct],
  List: [
    "The values by row order as an array, 1000 unless a limit is given; missing ones are left out",
    list,
  ],
  Max: ["The greatest number or date", extreme("max")],
  Min: ["The least number or date", extreme("min")],
  Sum: ["Sum of the numbers", numeric("sum")],
  StDev: [
    "Standard deviation of the numbers, as of a whole population; 0 when there are none",
    spread("stddev_pop"),
  ],
  Var: ["Variance of the numbers, as of a whole population; 0 when there are none", spread("var_pop")],
  Mode: ["The most frequent number, the least of several", mode],
  KthLargest: ["The number at place k from the greatest, repeats counted", kthLargest("kthLargest")],
  KthLargestUnique: [
    "The number at place k from the greatest, repeats not counted",
    kthLargest("kthLargestUnique"),
  ],
  StDevSamp: ["Standard deviation of the numbers, as of a sample", numeric("stddev_samp", FLOAT)],
  VarSamp: ["Variance of the numbers, as of a sample", numeric("var_samp", FLOAT)],
  MinDate: ["The earliest date", datedExtreme("min")],
  MaxDate: ["The latest date", datedExtreme("max")],
  ModeDate: [
    "The most frequent date, the earliest of several",
    (call, condition) => mode(call, condition, call.date("col")),
  ],
  KthLargestDate: ["The date at place k from the latest, repeats counted", kthLargest("kthLargest", dateOf)],
  KthLargestUniqueDate: [
    "The date at place k from the latest, repeats not counted",
    kthLargest("kthLargestUnique", dateOf),
  ],
};

/** Aggregates that have no form with a condition. */
const others: Readonly<Record<string, Aggregate>> = {
  Unique: ["The different values as an array, sorted, 1000 unless a limit is given", unique],
  Median: ["The middle number, between two the mean of both", quantile(() => 0.5)],
  Percentile: [
    "The number below which a percentage of all lies, 0 to 100, interpolated",
    quantile((call) => fixedShare(call, "percent", 100)),
  ],
  Quartile: [
    "The number below which a quarter (1), half (2) or three quarters (3) of all lie",
    quantile((call) => fixedShare(call, "quartile", 4)),
  ],
  ApproximateMedian: ["The same as MEDIAN", quantile(() => 0.5)],
  ApproximatePercentile: ["The same as PERCENTILE", quantile((call) => fixedShare(call, "percent", 100))],
  ApproximateQuartile: ["The same as QUARTILE", quantile((call) => fixedShare(call, "quartile", 4))],
  Correl: ["Correlation of two columns of numbers", paired("corr")],
  Covar: ["Covariance of two columns of numbers, as of a whole population", paired("covar_pop")],
  CovarSamp: ["Covariance of two columns of numbers, as of a sample", paired("covar_samp")],
};

/** Aggregates, each with its form that takes a condition: SUM and SUMIF. */
export const aggregateFunctions: readonly FunctionDefinition[] = [
  ...Object.entries(aggregates).flatMap(([type, [summary, compile]]) =>
    family("aggregate", {
      [type]: [summary, (call) => compile(call, undefined), "left out"],
      [`${type}If`]: [
        `${summary}, of the rows where the condition is true`,
        (call) => compile(call, call.boolean("row").sql),
        "left out",
      ],
    }),
  ),
  ...Object.entries(others).flatMap(([type, [summary, compile]]) =>
    family("aggregate", { [type]: [summary, (call) => compile(call, undefined), "left out"] }),
  ),
];

function and(...conditions: Condition[]): Condition {
  const given = conditions.filter((one) => one !== undefined);
  return given.length < 2 ? given[0] : given.map((one) => `(${one})`).join(" AND ");
}

/** Fractions are added up with what is lost on the way kept, so that the order of the rows hardly matters. */
export function exactly(call: FunctionCall, name: string, value: Value): string {
  const isFraction = value.type.kind !== "integer";
  if (isFraction && name === "sum") return call.dialect.call("exactSum", value.sql);
  if (isFraction && name === "avg") return call.dialect.call("exactAverage", value.sql);
  return `${name}(${value.sql})`;
}

function numeric(name: string, type?: ValueType): Aggregate[1] {
  return (call, condition) => {
    const value = call.number("col");
    return call.aggregate(exactly(call, name, value), type ?? value.type, condition);
  };
}

/** Source of the 0: the product's pages on VAR and STDEV. */
function spread(name: string): Aggregate[1] {
  const compile = numeric(name, FLOAT);
  return (call, condition) => closed(`coalesce(${compile(call, condition).sql}, 0)`, FLOAT);
}

/** A value that is as good as missing when it is an empty text. */
function countable(value: Value): string {
  return value.type.kind === "text" ? `nullif(${value.sql}, '')` : value.sql;
}

function any(call: FunctionCall, condition: Condition): Value {
  const value = call.value("col");
  const order = call.scope.rowOrder();
  const sql = call.dialect.call("firstByRow", value.sql, ...order);
  return call.aggregate(sql, value.type, and(condition, isThere(value)));
}

function countA(call: FunctionCall, condition: Condition): Value {
  return call.aggregate(`count(${countable(call.value("col"))})`, INTEGER, condition);
}

function countDistinct(call: FunctionCall, condition: Condition): Value {
  return call.aggregate(`count(DISTINCT ${countable(call.value("col"))})`, INTEGER, condition);
}

/** Dates go into arrays as text, as the product writes them. */
function elementOf(call: FunctionCall): Value {
  const value = call.value("col");
  return value.type.kind === "datetime" ? call.coerce.toText(value) : value;
}

function list(call: FunctionCall, condition: Condition): Value {
  const value = elementOf(call);
  const type: ValueType = { kind: "array", of: value.type };
  const sql = call.dialect.call("listByRow", value.sql, ...call.scope.rowOrder());
  const all = call.aggregate(sql, type, and(condition, isThere(value)));
  return closed(
    call.dialect.call("listStart", all.sql, String(call.constantInteger("limit", LIST_LIMIT))),
    type,
  );
}

function unique(call: FunctionCall, condition: Condition): Value {
  const value = elementOf(call);
  const type: ValueType = value.type.kind === "text" ? TEXTS : { kind: "array", of: value.type };
  const all = call.aggregate(
    call.dialect.call("listDistinct", value.sql),
    type,
    and(condition, isThere(value)),
  );
  const sorted = call.dialect.call("listSort", all.sql, "ASC");
  return closed(
    call.dialect.call("listStart", sorted, String(call.constantInteger("limit", LIST_LIMIT))),
    type,
  );
}

/** A number or a date; a text of unknown meaning is read as a number. */
function ordered(call: FunctionCall): Value {
  const value = call.value("col");
  return isDate(value) ? call.coerce.toDate(value) : call.coerce.toNumber(value);
}

function extreme(name: "max" | "min"): Aggregate[1] {
  return (call, condition) => {
    const value = ordered(call);
    return call.aggregate(`${name}(${value.sql})`, value.type, condition);
  };
}

function datedExtreme(name: "max" | "min"): Aggregate[1] {
  return (call, condition) => {
    const value = call.date("col");
    return call.aggregate(`${name}(${value.sql})`, value.type, condition);
  };
}

function dateOf(call: FunctionCall): Value {
  return call.date("col");
}

function mode(call: FunctionCall, condition: Condition, value = ordered(call)): Value {
  return call.aggregate(call.dialect.call("mode", value.sql), value.type, condition);
}

function kthLargest(name: "kthLargest" | "kthLargestUnique", read = ordered): Aggregate[1] {
  return (call, condition) => {
    const value = read(call);
    const place = call.constantInteger("k");
    if (place < 1) return call.fail("the place must be 1 or more");
    const sorted = call.dialect.call(name === "kthLargest" ? "listAll" : "listDistinct", value.sql);
    const all = call.aggregate(
      sorted,
      { kind: "array", of: value.type },
      and(condition, `${operand(value)} IS NOT NULL`),
    );
    return closed(
      call.dialect.call("element", call.dialect.call("listDescending", all.sql), String(place)),
      value.type,
    );
  };
}

function quantile(share: (call: FunctionCall) => number): Aggregate[1] {
  return (call, condition) => {
    const sql = call.dialect.call("quantile", call.number("col").sql, call.dialect.number(share(call)));
    return call.aggregate(sql, FLOAT, condition);
  };
}

function fixedShare(call: FunctionCall, name: string, whole: number): number {
  const value = call.value(name).literal;
  const number = Number(value);
  if (value === undefined || value === null || !(number >= 0 && number <= whole)) {
    return call.fail(`the argument ${name} must be a fixed number from 0 to ${whole}`);
  }
  return number / whole;
}

function paired(name: string): Aggregate[1] {
  return (call, condition) =>
    call.aggregate(`${name}(${call.number("lhs").sql}, ${call.number("rhs").sql})`, FLOAT, condition);
}
