import { describe, expect, it } from "vitest";
import { functionsByType } from "../../../flow/language/functions.js";
import {
  columnNode,
  constantNode,
  functionNode,
  listNode,
  tableNode,
  textNode,
  textsNode,
  variableNode,
  wordNode,
} from "../../../flow/language/nodes.js";
import { parseExpressionText, parseStep } from "../../../flow/language/parse.js";
import { printExpression, printTask } from "../../../flow/language/print.js";
import type { JsonObject, JsonValue, Task } from "../../../flow/model.js";

/** Repeatable random numbers: the same seed gives the same cases (mulberry32). */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const PIECES = [
  "a",
  "Z9",
  "_",
  " ",
  "'",
  '"',
  "`",
  "\\",
  "{",
  "}",
  "\n",
  "\t",
  "\r",
  "\u0000",
  "é",
  "日",
  "😀",
];
const MORE = [
  ":",
  " as: ",
  "=",
  "==",
  ",",
  ".",
  "//",
  "$",
  "~",
  "*",
  "(",
  ")",
  "[",
  "]",
  "\\n",
  "{start}",
  "\u2028",
];

type Random = ReturnType<typeof createRandom>;

function randomText(random: Random): string {
  const pieces = [...PIECES, ...MORE];
  return Array.from({ length: 1 + random(4) }, () => pieces[random(pieces.length)] ?? "").join("");
}

const FUNCTIONS = [...functionsByType.values()].filter((form) => !form.type.startsWith("Format"));

function randomNode(random: Random, depth: number): JsonObject {
  switch (random(depth > 3 ? 7 : 12)) {
    case 0:
      return columnNode(randomText(random));
    case 1:
      return textNode(randomText(random));
    case 2:
      return constantNode("Pattern", randomText(random));
    case 3:
      return constantNode("Integer", random(200) - 100);
    case 4:
      return constantNode("Float", (random(2000) - 1000) / 8);
    case 5:
      return constantNode("Bool", random(2) === 0);
    case 6:
      return variableNode(randomText(random));
    case 7:
      return listNode(Array.from({ length: random(3) }, () => randomNode(random, depth + 1)));
    default:
      return randomCall(random, depth);
  }
}

function randomCall(random: Random, depth: number): JsonObject {
  const form = FUNCTIONS[random(FUNCTIONS.length)] ?? FUNCTIONS[0];
  if (form === undefined) throw new Error("no functions");
  const isOperator = form.style !== "call";
  const parameters: JsonObject = {};
  for (const name of form.parameters) {
    // A call may lack any argument; an operator has both sides.
    if (!isOperator && random(5) === 0) continue;
    parameters[name] = form.words.includes(name)
      ? wordNode("enumerable", "month")
      : randomNode(random, depth + 1);
  }
  return functionNode(form.type, parameters);
}

function withoutAnnotations(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutAnnotations);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== "annotations");
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutAnnotations(member)]));
}

describe("the step language", () => {
  it("gives back every expression that it prints", () => {
    for (let seed = 1; seed <= 3000; seed += 1) {
      const node = randomNode(createRandom(seed), 0);
      const text = printExpression(node);
      expect(text, `seed ${String(seed)}`).not.toMatch(/[\n\r\u2028]|\p{Cc}/u);
      expect(withoutAnnotations(parseExpressionText(text)), `seed ${String(seed)}: ${text}`).toEqual(
        withoutAnnotations(node),
      );
    }
  });

  it("gives back joins of tables and columns of any name", () => {
    for (let seed = 1; seed <= 1000; seed += 1) {
      const random = createRandom(seed);
      const side = randomText(random);
      const columns = Array.from({ length: 1 + random(3) }, () => ({
        column: randomText(random),
        relation: random(2) === 0 ? side : "current_dataset",
        name: randomText(random),
      }));
      const task: Task = {
        type: "Join",
        parameters: {
          with: tableNode(side),
          col: listNode(columns.map(({ column, relation, name }) => columnNode(column, relation, name))),
          row: functionNode("Equal", {
            lhs: columnNode(randomText(random), "current_dataset"),
            rhs: columnNode(randomText(random), side),
          }),
          type: wordNode("enumerable", "left"),
          table: tableNode("current_dataset"),
          as: textsNode(columns.map(({ name }) => name)),
        },
        annotations: {},
        outputName: null,
      };
      const text = printTask(task, new Map([[side, side]]));
      expect(withoutAnnotations({ ...parseStep(text).parameters }), `seed ${String(seed)}: ${text}`).toEqual(
        withoutAnnotations({ ...task.parameters }),
      );
    }
  });

  it("gives back every comment", () => {
    for (let seed = 1; seed <= 1000; seed += 1) {
      const comment = randomText(createRandom(seed));
      const task: Task = {
        type: "Comment",
        parameters: { comment: textNode(comment) },
        annotations: {},
        outputName: null,
      };
      expect(parseStep(printTask(task, new Map())).parameters, `seed ${String(seed)}`).toEqual(
        task.parameters,
      );
    }
  });
});
