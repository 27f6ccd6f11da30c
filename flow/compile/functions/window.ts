import { closed, INTEGER, type Value } from "../value.js";
import type { FunctionCall } from "../function-call.js";
import { family } from "./definition.js";

/** Functions that look at other rows, in the order of the step or else of the source. */
export const windowFunctions = [
  ...family("window", {
    RowNumber: [
      "Number of the row in its group, from 1",
      (call) => call.scope.window("RowNumber", "row_number()", INTEGER),
    ],
    Prev: [
      "The value so many rows before",
      (call) => shifted(call, "lag"),
      "null, also before the first row",
    ],
    Next: [
      "The value so many rows behind",
      (call) => shifted(call, "lead"),
      "null, also behind the last row",
    ],
  }),
  ...family("source", {
    SourceRowNumber: [
      "The row's number in its file or table, a header row counted",
      (call) => call.scope.rowNumber(),
    ],
    FilePath: ["The path of the row's file", (call) => call.scope.filePath()],
  }),
];

function shifted(call: FunctionCall, name: "lag" | "lead"): Value {
  const value = call.value("col");
  const distance = call.constantInteger("intParam", 1);
  const made = call.scope.window(call.type, `${name}(${value.sql}, ${String(distance)})`, value.type);
  return closed(made.sql, value.type);
}
