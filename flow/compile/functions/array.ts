import type { FunctionCall } from "../function-call.js";
import { closed, INTEGER, MAP, operand, type Value } from "../value.js";
import { family } from "./definition.js";

/** Functions on arrays and objects. */
export const arrayFunctions = [
  ...family("array and map", {
    Range: ["Whole numbers from a start up to, but without, a stop, in steps of 1 unless given", range],
    ArrayLen: [
      "Number of elements",
      (call) => closed(call.dialect.call("listLength", call.array("col").sql), INTEGER),
    ],
    ArraysToMap: [
      "An object of keys and values; keys left over are the default key with a number",
      arraysToMap,
    ],
  }),
];

function range(call: FunctionCall): Value {
  const step = call.has("step") ? call.integer("step").sql : "1";
  const sql = call.dialect.call("numberRange", call.integer("start").sql, call.integer("stop").sql, step);
  return closed(sql, { kind: "array", of: INTEGER });
}

function arraysToMap(call: FunctionCall): Value {
  const keys = call.array("keyArray");
  const values = call.coerce.toJsonArray(call.value("valueArray"));
  const texts = keys.type.of.kind === "json" ? call.dialect.call("elementsToText", keys.sql) : keys.sql;
  const key = call.has("defaultKey") ? call.text("defaultKey") : call.coerce.text("DEFAULT_KEY");
  return closed(call.dialect.call("mapFromArrays", texts, operand(values), key.sql), MAP);
}
