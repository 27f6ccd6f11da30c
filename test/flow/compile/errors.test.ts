import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CompileError,
  DataNeeded,
  UnknownName,
  UnsupportedFunction,
  UnsupportedStep,
} from "../../../flow/compile/compile-error.js";
import { compileRecipe } from "../../../flow/compile/compile.js";
import { findRecipe } from "../../../flow/compile/find-recipe.js";
import type { FlowPackage, JsonObject, Task } from "../../../flow/model.js";
import { TestDatabase } from "./database.js";
import { compileSmall, evaluate, smallRecipe, withLastStep } from "./recipe-run.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.open();
});
afterAll(() => database.close());

const tables = { T: { columns: ["a", "b"], rows: [["1", "2"]] } };

/** Compiles steps; the last of them is changed after it was read. */
async function compile(steps: readonly string[], change?: (task: Task) => Task): Promise<string> {
  const pkg = smallRecipe(tables, steps);
  const changed = change === undefined ? pkg : withLastStep(pkg, change);
  return (await compileSmall(changed, tables, { ask: database.ask })).sql;
}

const func = (type: string, parameters: JsonObject): JsonObject => ({ kind: "func", type, parameters });
const columnA: JsonObject = { kind: "column", type: "Column", value: "a", relation: null };

describe("what cannot be compiled", () => {
  it("stops at an unknown step type, named with recipe and number", async () => {
    const attempt = compile(["//note", "deduplicate", "deduplicate"], (task) => ({
      ...task,
      type: "Hyperpivot",
    }));
    await expect(attempt).rejects.toThrow(UnsupportedStep);
    await expect(attempt).rejects.toThrow(
      'recipe "Result", step 3 (Hyperpivot): the step type Hyperpivot is not supported',
    );
    await expect(attempt).rejects.toMatchObject({ place: { recipe: "Result", step: 3, type: "Hyperpivot" } });
  });

  it("stops at an unknown function, wherever it stands", async () => {
    const attempt = compile(["derive type: single value: 1 + a as: 'x'"], (task) => ({
      ...task,
      parameters: {
        ...task.parameters,
        value: func("Add", { lhs: columnA, rhs: func("Lenn", { col: columnA }) }),
      },
    }));
    await expect(attempt).rejects.toThrow(UnsupportedFunction);
    await expect(attempt).rejects.toThrow(
      'recipe "Result", step 1 (Derive): the function LENN is not supported (did you mean "Len"?)',
    );
  });

  it("stops at parameters of a step that could change its meaning", async () => {
    const attempt = compile(["flatten col: a"], (task) => ({
      ...task,
      parameters: { ...task.parameters, depth: { kind: "constant", type: "Integer", value: 2 } },
    }));
    await expect(attempt).rejects.toThrow("the parameter depth is not supported");
  });

  it("takes a function's only argument whatever its name, and stops where arguments could be mixed up", async () => {
    const withValue = (value: JsonObject) => (task: Task) => ({
      ...task,
      parameters: { ...task.parameters, value },
    });
    const step = ["derive type: single value: a as: 'x'"];
    await expect(compile(step, withValue(func("Upper", { text: columnA })))).resolves.toContain('upper("a")');
    const two = { kind: "constant", type: "Integer", value: 2 };
    await expect(compile(step, withValue(func("Left", { text: columnA, number: two })))).rejects.toThrow(
      "LEFT: the arguments text, number are not known; known are col, count",
    );
    // A name that holds a known one is a guess as well.
    await expect(compile(step, withValue(func("Left", { col: columnA, counted: two })))).rejects.toThrow(
      'recipe "Result", step 1 (Derive): LEFT: the argument counted is not known; known are col, count',
    );
    await expect(compile(step, withValue(func("Count", { col: columnA })))).rejects.toThrow(
      "COUNT: the argument col is not known; it takes none",
    );
  });

  it.each([
    ["derive type: single value: c + 1 as: 'x'", UnknownName, 'there is no column "c"'],
    ["derive type: single value: aa + 1 as: 'x'", UnknownName, 'there is no column "aa"'],
    ["drop col: a, z action: Drop", UnknownName, 'there is no column "z"'],
    ["drop col: a, b action: Drop", CompileError, "no column would be left"],
    [
      "derive type: single value: $region as: 'x'",
      UnknownName,
      'there is no parameter "region"; give it a value',
    ],
    ["filter type: wild row: a == 1 action: Keep", UnsupportedStep, "the form wild is not supported"],
    [
      "extractpatterns col: a type: custom on: `{nonsense}` as: 'x'",
      CompileError,
      "unknown token {nonsense}",
    ],
    ["replacepatterns col: a with: '' on: `(`", CompileError, "this ( is never closed"],
    [
      "derive type: single value: DATEFORMAT(a, 'QQ') as: 'x'",
      UnsupportedFunction,
      `the date format's letters "QQ" are not supported`,
    ],
    [
      "derive type: single value: DATEADD(a, 1, fortnight) as: 'x'",
      UnsupportedFunction,
      '"fortnight" is no unit',
    ],
    [
      "derive type: single value: SUM(PREV(a, 1)) as: 'x'",
      UnsupportedFunction,
      "derive the argument as a column first",
    ],
    [
      "groupby type: agg group: a value: PREV(b, 1)",
      UnsupportedFunction,
      "Prev needs rows in an order, and a group has none",
    ],
    [
      "groupby type: agg group: a value: x = SUM(SUM(b))",
      UnsupportedFunction,
      "derive the argument as a column first",
    ],
    [
      "derive type: single value: PAD(a, 5, '0', b) as: 'x'",
      UnsupportedFunction,
      "the argument side must be a fixed text, not b",
    ],
    [
      "unnest col: a keys: 'k.l[0]' pluck: true",
      UnsupportedStep,
      "pluck: true is only supported for keys, or for elements of an array, not for k.l[0]",
    ],
    [
      "join with: T col: a = current_dataset.a type: left",
      UnsupportedStep,
      "a left join without a condition is not supported",
    ],
  ])("%s", async (step, kind, reason) => {
    await expect(compile([step])).rejects.toThrow(kind);
    await expect(compile([step])).rejects.toThrow(reason);
  });

  it("stops at a column that is neither grouped nor aggregated", async () => {
    await expect(compile(["groupby type: agg group: a value: x = SUM(b) + b"])).rejects.toThrow(
      'recipe "Result", step 1 (GroupBy): the column "b" has several values in a group: group by it or aggregate it',
    );
    await expect(compile(["groupby type: agg group: a value: x = SUM(b) + a"])).resolves.toContain("sum(");
  });

  it("knows that grouped rows have no number in a file any more", async () => {
    const steps = [
      "groupby type: agg group: a value: COUNT()",
      "derive type: single value: $sourcerownumber as: 'x'",
    ];
    await expect(compile(steps)).rejects.toThrow(
      'recipe "Result", step 2 (Derive): SourceRowNumber has no value here: rows no longer have a row number in a source',
    );
  });

  it("names the recipe whose input leads nowhere", async () => {
    const pkg = smallRecipe(tables, ["deduplicate"]);
    const cut = { ...pkg, flows: pkg.flows.map((flow) => ({ ...flow, edges: [] })) };
    await expect(compileSmall(cut, tables, {})).rejects.toThrow(DataNeeded);
    await expect(compileSmall(cut, tables, {})).rejects.toThrow(
      'recipe "Result", its input: its primary input leads nowhere: in flow "Small" no recipe is connected to it',
    );
  });

  it("lists the recipes when there is none of a name", () => {
    const pkg = smallRecipe(tables, []);
    expect(() => findRecipe(pkg, "Resul")).toThrow(
      'no recipe is named "Resul" (did you mean "Result"?); there are "T", "Result"',
    );
    expect(findRecipe(pkg, "Small / Result").name).toBe("Result");
  });
});

describe("values at run time", () => {
  it.each([
    ["a / 0", null],
    ["MOD(a, 0)", null],
    ["DATE(2020, 13, 1)", null],
    ["LN(0)", null],
    ["ARRAYELEMENTAT(a, 3)", null],
    ["CHAR(-5)", null],
    ["YEAR(a)", null],
    ["ROUND(a * 100000000000000000000)", null],
  ])("%s is null, not an error", async (expression, value) => {
    expect(await evaluate(database, expression, { a: "1" })).toBe(value);
  });
});

describe("parameters", () => {
  const step = "filter type: custom rowType: single row: a == $wanted action: Keep";
  const rows = { T: { columns: ["a"], rows: [["1"], ["2"], ["3"]] } };
  const variable = (value: string): JsonObject => ({ variable: { value } });

  /** A package with a parameter of the flow and maybe a value that the flow sets. */
  function withParameter(override?: string): FlowPackage {
    const pkg = smallRecipe(rows, [step]);
    const flows = pkg.flows.map((flow) => ({
      ...flow,
      parameters: [{ id: 900, name: "wanted", value: variable("1") }],
      overrides: override === undefined ? [] : [{ id: 901, name: "wanted", value: variable(override) }],
    }));
    return { ...pkg, flows };
  }

  it.each([
    ["its default", undefined, undefined, "1"],
    ["the flow's value before the default", "2", undefined, "2"],
    ["the run's value before all", "2", "3", "3"],
  ])("have %s", async (_, override, given, expected) => {
    const options = given === undefined ? {} : { parameters: { wanted: given } };
    const { sql } = await compileSmall(withParameter(override), rows, options);
    expect(await database.rows(sql)).toEqual([[expected]]);
  });
});

describe("a compilation without data", () => {
  it("names files and tables as the package does", async () => {
    const pkg = smallRecipe(tables, ["derive type: single value: a + b as: 'x'"]);
    const { sql, columns, inputs } = await compileRecipe(pkg, findRecipe(pkg, "Result").node.id);
    expect(sql).toContain('FROM "public"."T"');
    expect(columns.map(({ name }) => name)).toEqual(["a", "b", "x"]);
    expect(inputs.map(({ name }) => name)).toEqual(["T"]);
  });
});
