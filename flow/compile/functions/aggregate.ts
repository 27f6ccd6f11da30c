import type { FunctionCall } from "../function-call.js";
import { closed, FLOAT, INTEGER, operand, type Value, type ValueType } from "../value.js";
import { isThere } from "./conditional.js";
import { family, type FunctionDefinition } from "./definition.js";

type Aggregate = readonly [
  summary: string,
  compile: (call: FunctionCall, condition: string | undefined) => Value,
];

const aggregates: Readonly<Record<string, Aggregate>> = {
  Any: ["The first value by row order that is neither null nor empty", any],
  Average: ["Mean of the numbers", (call, condition) => numeric(call, "avg", FLOAT, condition)],
  Count: ["Number of rows", (call, condition) => call.scope.aggregate("count(*)", INTEGER, condition)],
  CountDistinct: ["Number of different values that are not missing", countDistinct],
  List: ["The values by row order as an array, 1000 unless a limit is given; null is left out", list],
  Max: ["The greatest number or date", (call, condition) => extreme(call, "max", condition)],
  Min: ["The least number or date", (call, condition) => extreme(call, "min", condition)],
  Sum: ["Sum of the numbers", (call, condition) => numeric(call, "sum", undefined, condition)],
};

/** Aggregates, each with its form that takes a condition: SUM and SUMIF. */
export const aggregateFunctions: FunctionDefinition[] = Object.entries(aggregates).flatMap(
  ([type, [summary, compile]]) =>
    family("aggregate", {
      [type]: [summary, (call) => compile(call, undefined), "left out"],
      [`${type}If`]: [
        `${summary}, of the rows where the condition is true`,
        (call) => compile(call, call.boolean("row").sql),
        "left out",
      ],
    }),
);

function numeric(
  call: FunctionCall,
  name: string,
  type: ValueType | undefined,
  condition: string | undefined,
): Value {
  const value = call.number("col");
  return call.scope.aggregate(`${name}(${value.sql})`, type ?? value.type, condition);
}

function any(call: FunctionCall, condition: string | undefined): Value {
  const value = call.value("col");
  const conditions = [condition, isThere(value)].filter((one) => one !== undefined);
  const order = call.scope.rowOrder();
  const [first] = order;
  const sql =
    first === undefined
      ? `any_value(${value.sql})`
      : order.length === 1
        ? call.dialect.call("firstByRow", value.sql, first)
        : `first(${value.sql} ORDER BY ${order.join(", ")})`;
  return call.scope.aggregate(
    sql,
    value.type,
    conditions.length === 1 ? conditions[0] : conditions.map((one) => `(${one})`).join(" AND "),
  );
}

function countDistinct(call: FunctionCall, condition: string | undefined): Value {
  const value = call.value("col");
  const counted = value.type.kind === "text" ? `nullif(${value.sql}, '')` : value.sql;
  return call.scope.aggregate(`count(DISTINCT ${counted})`, INTEGER, condition);
}

const LIST_LIMIT = 1000;

function list(call: FunctionCall, condition: string | undefined): Value {
  const value = call.value("col");
  const limit = call.constantInteger("limit", LIST_LIMIT);
  const order = call.scope.rowOrder();
  const ordered = order.length === 0 ? "" : ` ORDER BY ${order.join(", ")}`;
  const isNotNull = `${operand(value)} IS NOT NULL`;
  const filter = condition === undefined ? isNotNull : `(${condition}) AND ${isNotNull}`;
  const all = call.scope.aggregate(`list(${value.sql}${ordered})`, { kind: "array", of: value.type }, filter);
  return closed(`coalesce((${all.sql})[:${String(limit)}], [])`, all.type);
}

function extreme(call: FunctionCall, name: "max" | "min", condition: string | undefined): Value {
  const value = call.value("col");
  const isDated =
    value.type.kind === "datetime" || (value.type.kind === "text" && value.type.means?.kind === "datetime");
  const read = isDated ? call.coerce.toDate(value) : call.coerce.toNumber(value);
  return call.scope.aggregate(`${name}(${read.sql})`, read.type, condition);
}
