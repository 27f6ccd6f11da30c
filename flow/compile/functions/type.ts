import type { FunctionCall } from "../function-call.js";
import { BOOLEAN, closed, open, operand, type Value } from "../value.js";
import { isMissing } from "./conditional.js";
import { family } from "./definition.js";

/** Functions that ask what a value is. */
export const typeFunctions = [
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
  }),
];

function compileIsMissing(call: FunctionCall): Value {
  const tests = call.values("col").map((value) => isMissing(call, value));
  const [first] = tests;
  if (first !== undefined && tests.length === 1) return first;
  return tests.length === 0 ? closed("true", BOOLEAN) : open(tests.map(operand).join(" AND "), BOOLEAN);
}
