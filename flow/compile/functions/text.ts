import type { FunctionCall } from "../function-call.js";
import { closed, TEXT, type Value } from "../value.js";
import { family } from "./definition.js";

/** Functions on text. */
export const textFunctions = [
  ...family("text", {
    Merge: [
      "The texts of a list, one behind the other, with a separator when given",
      merge,
      "counts as empty",
    ],
    Domain: ["The registered name in a URL's host: `example` for `http://www.example.co.uk/a`", domain],
  }),
];

function merge(call: FunctionCall): Value {
  const texts = call.values("col").map((value) => call.coerce.toText(value).sql);
  const between = call.has("delimiter") ? call.text("delimiter").sql : undefined;
  if (between === undefined) return closed(`concat(${texts.join(", ")})`, TEXT);
  return closed(`concat_ws(${[between, ...texts.map((text) => `coalesce(${text}, '')`)].join(", ")})`, TEXT);
}

function domain(call: FunctionCall): Value {
  const { dialect } = call;
  const host = String.raw`^(?:[A-Za-z][A-Za-z0-9+.-]*://)?(?:[^/@]*@)?(?:[^/:?#]*\.)?([^./:?#]+)\.(?:(?:com?|org|net|gov|ac|edu|ne|or|gob)\.[A-Za-z]{2}|[A-Za-z]{2,})(?::[0-9]+)?(?:[/?#].*)?$`;
  return closed(dialect.call("regexExtract", call.text("col").sql, dialect.pattern(host), "1"), TEXT);
}
