import type { FunctionCall } from "../function-call.js";
import type { OperationName } from "../operations.js";
import {
  closed,
  FLOAT,
  INTEGER,
  JSON_VALUE,
  MAP,
  operand,
  TEXT,
  TEXTS,
  type Value,
  type ValueType,
} from "../value.js";
import { family, type FunctionDefinition } from "./definition.js";

type Compile = (call: FunctionCall) => Value;

const JSON_ARRAY: ValueType = { kind: "array", of: JSON_VALUE };

/** Functions on arrays and objects. Positions count from 0, from the end when they are negative. */
export const arrayFunctions: readonly FunctionDefinition[] = [
  ...family("array and map", {
    Range: ["Whole numbers from a start up to, but without, a stop, in steps of 1 unless given", range],
    ArrayLen: [
      "Number of elements",
      (call) => closed(call.dialect.call("listLength", call.array("col").sql), INTEGER),
    ],
    ArrayElementAt: ["The element at a position", elementAt],
    ArrayConcat: ["Several arrays as one", (call) => several(call, "listConcat")],
    ArrayIntersect: ["Elements that all arrays have, once each", (call) => several(call, "listIntersect")],
    ArrayCross: [
      "Every combination of one element of each of two arrays",
      (call) => several(call, "listCross"),
    ],
    ArrayZip: [
      "Elements at the same position of several arrays side by side",
      (call) => several(call, "listZip"),
    ],
    ArrayUnique: ["Each element once, in order", own("listUnique")],
    ArraySort: ["Sorted, up or down (`descending`): numbers by value, else by text", sort],
    ArraySlice: ["Elements from a position up to, but without, another or to the end", slice],
    ArrayIndexOf: [
      "The position of the first element of a value, null when there is none",
      position("listIndex"),
    ],
    ArrayRightIndexOf: [
      "The position of the last element of a value, null when there is none",
      position("listLastIndex"),
    ],
    ArrayMergeElements: ["The elements as one text with a separator", mergeElements],
    ListSum: ["Sum of an array's numbers", onNumbers("listSum")],
    ListAverage: ["Mean of an array's numbers", onNumbers("listAverage")],
    ListMax: ["The greatest of an array's numbers", onNumbers("listMax")],
    ListMin: ["The least of an array's numbers", onNumbers("listMin")],
    ListStDev: ["Standard deviation of an array's numbers", onNumbers("listStdev")],
    ListVar: ["Variance of an array's numbers", onNumbers("listVariance")],
    ListStDevSamp: ["Standard deviation of an array's numbers, as of a sample", onNumbers("listStdevSample")],
    ListVarSamp: ["Variance of an array's numbers, as of a sample", onNumbers("listVarianceSample")],
    ListMode: ["The most frequent of an array's numbers, the least of several", onNumbers("listMode")],
    ArraysToMap: [
      "An object of keys and values; keys left over are the default key with a number",
      arraysToMap,
    ],
    Keys: [
      "An object's keys as an array",
      (call) => closed(call.dialect.call("mapKeys", map(call).sql), TEXTS),
    ],
    FilterObject: ["An object with the given keys alone", filterObject],
  }),
];

function range(call: FunctionCall): Value {
  const step = call.has("step") ? call.integer("step").sql : "1";
  const sql = call.dialect.call("numberRange", call.integer("start").sql, call.integer("stop").sql, step);
  return closed(sql, { kind: "array", of: INTEGER });
}

function map(call: FunctionCall): Value {
  return call.coerce.toMap(call.value("col"));
}

/** Elements as JSON, so that arrays of several types can meet. */
function jsonArrays(call: FunctionCall): string[] {
  const values = call.values("col");
  return values.map((value) => call.coerce.toJsonArray(value).sql);
}

function several(call: FunctionCall, name: OperationName): Value {
  const arrays = jsonArrays(call);
  if (arrays.length < 2) return call.fail("two arrays or more are needed");
  // The database passes over an array that is null.
  const there = arrays.filter((sql) => !sql.startsWith("[")).map((sql) => `${sql} IS NOT NULL`);
  const made = call.dialect.call(name, ...arrays);
  const sql = there.length === 0 ? made : `CASE WHEN ${there.join(" AND ")} THEN ${made} END`;
  return closed(sql, JSON_ARRAY);
}

function own(name: OperationName): Compile {
  return (call) => {
    const array = call.array("col");
    return closed(call.dialect.call(name, array.sql), array.type);
  };
}

/** An element as a value of its own. */
function element(call: FunctionCall, sql: string, of: ValueType): Value {
  return of.kind === "json" ? closed(call.dialect.call("jsonToText", sql), TEXT) : closed(sql, of);
}

function elementAt(call: FunctionCall): Value {
  const array = call.array("col");
  const index = call.integer("index");
  const at =
    typeof index.literal === "number"
      ? String(index.literal < 0 ? index.literal : index.literal + 1)
      : `CASE WHEN ${operand(index)} < 0 THEN ${index.sql} ELSE least(${index.sql}, 4294967295) + 1 END`;
  return element(call, call.dialect.call("element", operand(array), at), array.type.of);
}

function sort(call: FunctionCall): Value {
  const array = call.array("col");
  const order = call.has("order") ? call.constantText("order").toLowerCase() : "ascending";
  return closed(
    call.dialect.call("listSort", array.sql, order.startsWith("desc") ? "DESC" : "ASC"),
    array.type,
  );
}

function slice(call: FunctionCall): Value {
  const array = call.array("col");
  const end = call.has("end") ? operand(call.integer("end")) : "";
  return closed(call.dialect.call("listSlice", array.sql, operand(call.integer("start")), end), array.type);
}

function position(name: OperationName): Compile {
  return (call) => {
    const array = call.coerce.toJsonArray(call.value("col"));
    return closed(call.dialect.call(name, array.sql, call.coerce.toJson(call.value("element")).sql), INTEGER);
  };
}

function mergeElements(call: FunctionCall): Value {
  const array = call.coerce.toJsonArray(call.value("col"));
  const between = call.has("delimiter") ? call.text("delimiter").sql : "''";
  return closed(call.dialect.call("joinList", call.dialect.call("elementsToText", array.sql), between), TEXT);
}

function onNumbers(name: OperationName): Compile {
  return (call) =>
    closed(
      call.dialect.call(
        name,
        call.dialect.call("elementsToNumbers", call.coerce.toJsonArray(call.value("col")).sql),
      ),
      FLOAT,
    );
}

function arraysToMap(call: FunctionCall): Value {
  const keys = call.dialect.call("elementsToText", call.coerce.toJsonArray(call.value("keyArray")).sql);
  const values = call.coerce.toJsonArray(call.value("valueArray"));
  const key = call.has("defaultKey") ? call.text("defaultKey") : call.coerce.text("DEFAULT_KEY");
  return closed(call.dialect.call("mapFromArrays", keys, operand(values), key.sql), MAP);
}

function filterObject(call: FunctionCall): Value {
  const keys = call.values("keys").map((key) => call.coerce.toText(key).sql);
  return closed(call.dialect.call("filterMap", map(call).sql, call.dialect.call("list", ...keys)), MAP);
}
