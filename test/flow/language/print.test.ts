import { describe, expect, it } from "vitest";
import {
  columnNode,
  constantNode,
  functionNode,
  listNode,
  tableNode,
  textNode,
  wordNode,
} from "../../../flow/language/nodes.js";
import { parseStep } from "../../../flow/language/parse.js";
import { printExpression, printRecipe, printStep } from "../../../flow/language/print.js";
import type { Recipe, Step, Task } from "../../../flow/model.js";

const none: ReadonlyMap<string, string> = new Map();

function step(task: Partial<Task> & { type: string }): Step {
  const whole = { parameters: {}, annotations: {}, outputName: null, ...task };
  return { port: null, columns: [], task: whole };
}

describe("printStep", () => {
  it("prints a column name with a quote, a brace, a line end and accents so that it reads back", () => {
    const name = 'l\'été {1}\n\\n "x"';
    const text = printStep(step({ type: "Flatten", parameters: { col: columnNode(name) } }), none);
    expect(text).toBe('flatten col: {l\'été \\{1\\}\\n\\\\n \\"x\\"}');
    expect(parseStep(text).parameters["col"]).toEqual(columnNode(name));
  });

  it.each([
    [
      "merge col: 'PID', {prod id} with: '-' as: 'key'",
      {
        type: "Merge",
        parameters: {
          col: listNode([textNode("PID"), columnNode("prod id")]),
          with: textNode("-"),
          as: textNode("key"),
        },
      },
    ],
    [
      "textformat col: a, b type: trimquotes",
      {
        type: "TextFormat",
        parameters: {
          col: listNode([columnNode("a"), columnNode("b")]),
          type: wordNode("bundle", "trimquotes"),
        },
      },
    ],
  ])("prints %s, which reads back", (text, task) => {
    expect(printStep(step(task), none)).toBe(text);
    expect(parseStep(text)).toMatchObject(task);
  });

  it("shows every parameter of an unknown type, whatever its kind", () => {
    const parameters = {
      zone: { kind: "map", type: "Map", value: { a: 1 } },
      col: columnNode("a"),
      when: functionNode("FuzzyMatch", { right: textNode("b"), left: columnNode("a") }),
    };
    expect(printStep(step({ type: "Standardize", parameters }), none)).toBe(
      "standardize col: a when: FUZZYMATCH(left: a, right: 'b') " +
        'zone: {"kind":"map","type":"Map","value":{"a":1}}',
    );
  });

  it("shows a parameter that its type is not known to have", () => {
    const parameters = { col: columnNode("a"), strange: constantNode("Bool", false) };
    expect(printStep(step({ type: "Flatten", parameters }), none)).toBe("flatten col: a strange: false");
  });

  it("shows a known parameter of an unexpected kind, and an output name in an unexpected place", () => {
    const parameters = { col: textNode("a"), order: { ...columnNode("b"), as: ["c"] } };
    expect(printStep(step({ type: "Flatten", parameters }), none)).toBe(
      `flatten col: 'a' order: {"kind":"column","type":"Column","value":"b","relation":null,"as":["c"]}`,
    );
  });

  it("shows the arguments of a known function by name where one in front is missing", () => {
    expect(printExpression(functionNode("If", { false_expression: textNode("x") }))).toBe(
      "IF(false_expression: 'x')",
    );
    expect(printExpression(functionNode("Add", { lhs: constantNode("Integer", 1) }))).toBe("ADD(1)");
  });

  it("calls side tables by the names given and every other table the current one", () => {
    const current = `table_${"a".repeat(40)}`;
    const side = `table_${"b".repeat(40)}`;
    const lookup = step({
      type: "Lookup",
      parameters: {
        table: tableNode(current),
        col: columnNode("country", current),
        with: tableNode(side),
        key: columnNode("code", side),
        as: { kind: "array", type: "Array", value: [textNode("name")] },
      },
    });
    expect(printStep(lookup, new Map([[side, "Countries: all"]]))).toBe(
      "lookup with: {Countries: all} col: country key: code as: 'name'",
    );
  });

  it("does not throw on nodes that are no nodes", () => {
    const parameters = { col: {}, a: { kind: "func" }, b: { kind: "array", value: [1] }, c: { kind: 7 } };
    expect(printStep(step({ type: "Flatten", parameters }), none)).toBe(
      'flatten col: {} a: {"kind":"func"} b: {"kind":"array","value":[1]} c: {"kind":7}',
    );
  });
});

describe("printRecipe", () => {
  it("leaves hidden Loads out and keeps Loads that are not hidden", () => {
    const load = { location: textNode("portId://null"), format: functionNode("FormatBlob", {}) };
    const recipe: Recipe = {
      id: 1,
      name: "r",
      description: null,
      isActive: true,
      qualityRules: [],
      steps: [
        step({ type: "Load", parameters: load, annotations: { hidden: true } }),
        step({ type: "Load", parameters: load }),
        step({ type: "Header" }),
      ],
    };
    expect(printRecipe(recipe, none)).toEqual([
      "load location: 'portId://null' format: FORMATBLOB()",
      "header",
    ]);
  });
});
