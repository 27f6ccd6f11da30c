import type { AdoptedObject } from "./adopted-object.js";
import { quoteScript } from "./quote.js";
import type { Expression } from "./references.js";

/** Longest line of a generated program. */
const WIDTH = 100;

/** The expression in TypeScript; `indent` is that of its first line, `used` the letters before it on that line. */
export function printExpression(
  expression: Expression,
  nameOf: (object: AdoptedObject) => string,
  indent = "",
  used = 0,
): string {
  const oneLine = inOneLine(expression, nameOf);
  if (used + oneLine.length < WIDTH) return oneLine;
  const inner = `${indent}  `;
  switch (expression.kind) {
    case "literal":
    case "reference":
    case "setting":
      return oneLine;
    case "list": {
      const items = expression.items.map((item) => printExpression(item, nameOf, inner, inner.length));
      return `[\n${items.map((item) => `${inner}${item},\n`).join("")}${indent}]`;
    }
    case "map":
      return printMap(expression.entries, nameOf, indent);
  }
}

/** The entries as an object of several lines. */
export function printMap(
  entries: readonly (readonly [string, Expression])[],
  nameOf: (object: AdoptedObject) => string,
  indent = "",
): string {
  const inner = `${indent}  `;
  const lines = entries.map(([name, value]) => {
    const start = `${inner}${keyOf(name)}: `;
    return `${start}${printExpression(value, nameOf, inner, start.length)},\n`;
  });
  return `{\n${lines.join("")}${indent}}`;
}

function inOneLine(expression: Expression, nameOf: (object: AdoptedObject) => string): string {
  switch (expression.kind) {
    case "literal":
      return typeof expression.value === "string" ? quoteScript(expression.value) : String(expression.value);
    case "reference":
      return `${nameOf(expression.to)}.${expression.output}`;
    case "setting":
      return `config.requireSecret(${quoteScript(expression.name)})`;
    case "list":
      return `[${expression.items.map((item) => inOneLine(item, nameOf)).join(", ")}]`;
    case "map": {
      const members = expression.entries.map(
        ([name, value]) => `${keyOf(name)}: ${inOneLine(value, nameOf)}`,
      );
      return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
    }
  }
}

function keyOf(name: string): string {
  // As a plain key this one would set the object's prototype.
  if (name === "__proto__") return `["__proto__"]`;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoteScript(name);
}
