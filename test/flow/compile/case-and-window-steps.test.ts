import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataNeeded, UnsupportedFunction, UnsupportedStep } from "../../../flow/compile/compile-error.js";
import { TestDatabase } from "./database.js";
import { compileSmall, runSteps, smallRecipe, withLastStep, type SmallTable } from "./recipe-run.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.open();
});
afterAll(() => database.close());

const customers: SmallTable = {
  columns: ["name", "orders", "last"],
  rows: [
    ["Big Co", "12", "10"],
    ["Little Guy Ltd", "3", "90"],
    ["big co", "", "61"],
    [null, "7", null],
  ],
};

const run = (steps: readonly string[], table: SmallTable = customers) =>
  runSteps(database, { T: table }, steps);

describe("case", () => {
  it("chooses by one condition, and gives the other value where it is false or null", async () => {
    const { columns, rows } = await run(["case if: orders >= 7 then: 'yes' else: 'no' as: 'active'"]);
    expect(columns).toEqual(["name", "orders", "active", "last"]);
    expect(rows.map((row) => row[2])).toEqual(["yes", "no", "no", "yes"]);
  });

  it("chooses by the exact value of a column", async () => {
    const { rows } = await run([
      "case col: name colCases: ['Big Co', 0.2], ['Little Guy Ltd', 0.05] default: 0 as: 'discount'",
    ]);
    expect(rows.map((row) => row[1])).toEqual(["0.2", "0.05", "0", "0"]);
  });

  it("chooses by the first condition that is true, and gives null without a default", async () => {
    const { rows } = await run(["case cases: [orders > 10, 'many'], [last > 60, name] as: 'why'"]);
    expect(rows.map((row) => row[3])).toEqual(["many", "Little Guy Ltd", "big co", null]);
  });

  it("does not mix its forms", async () => {
    const attempt = run(["case if: orders > 1 then: 'x' cases: [orders > 1, 'y'] as: 'z'"]);
    await expect(attempt).rejects.toThrow(UnsupportedStep);
    await expect(attempt).rejects.toThrow("one of if, colCases and cases is needed, and there is if, cases");
  });
});

describe("window", () => {
  it("adds a column for each function", async () => {
    const { columns, rows } = await run(["window value: PREV(orders, 1), ROLLINGSUM(orders, 1) order: last"]);
    expect(columns).toEqual(["name", "orders", "last", "window", "window1"]);
    expect(rows.map((row) => row.slice(3))).toEqual([
      [null, "12"],
      ["", "3"],
      ["12", "12"],
      ["3", "10"],
    ]);
  });
});

describe("valuestocols", () => {
  const table: SmallTable = {
    columns: ["id", "paid"],
    rows: [
      ["1", "card"],
      ["2", "cash"],
      ["3", ""],
      ["4", "id"],
    ],
  };

  it("makes a column of each value, never of a name that is there already", async () => {
    const { columns, rows } = await run(["valuestocols col: paid value: 'yes' default: 'no'"], table);
    expect(columns).toEqual(["id", "paid", "card", "cash", "id1"]);
    expect(rows.map((row) => row.slice(2).join(" "))).toEqual([
      "yes no no",
      "no yes no",
      "no no no",
      "no no yes",
    ]);
  });

  it("takes values of other columns, null elsewhere, and at most as many columns as asked for", async () => {
    const { columns, rows } = await run(["valuestocols col: paid value: id limit: 2"], table);
    expect(columns).toEqual(["id", "paid", "card", "cash"]);
    expect(rows.map((row) => row.slice(2))).toEqual([
      ["1", null],
      [null, "2"],
      [null, null],
      [null, null],
    ]);
  });

  it("needs the data, and names what looks at other rows", async () => {
    const step = "valuestocols col: paid value: 'yes'";
    await expect(compileSmall(smallRecipe({ T: table }, [step]), { T: table }, {})).rejects.toThrow(
      DataNeeded,
    );
    await expect(run(["valuestocols col: paid value: COUNT()"], table)).rejects.toThrow(
      "the value looks at several rows: derive it as a column first",
    );
  });
});

describe("filter of rows beside others", () => {
  it("computes its condition in groups and an order", async () => {
    const table: SmallTable = {
      columns: ["g", "n"],
      rows: [
        ["a", "2"],
        ["b", "5"],
        ["a", "1"],
        ["a", "9"],
      ],
    };
    const first =
      "filter type: custom rowType: multiple row: ROWNUMBER() == 1 group: g order: n action: Keep";
    expect((await run([first], table)).rows).toEqual([
      ["b", "5"],
      ["a", "1"],
    ]);
    const small = "filter type: custom rowType: multiple row: COUNT() < 2 group: g action: Delete";
    expect((await run([small], table)).rows).toHaveLength(3);
  });

  it("knows two row types", async () => {
    await expect(run(["filter type: custom rowType: several row: orders > 1 action: Keep"])).rejects.toThrow(
      "the row type several is not supported",
    );
  });
});

describe("unnest with pluck", () => {
  const objects: SmallTable = {
    columns: ["o"],
    rows: [['{"a":{"b":1,"c":"x","d":true},"e":[1]}'], ['{"__proto__":7,"a":5}'], ["no object"], [null]],
  };

  it("takes members of members out of the object", async () => {
    const { columns, rows } = await run(
      ["unnest col: o keys: 'a.b', 'a.c', 'e' pluck: true as: 'b', 'c', 'e'"],
      objects,
    );
    expect(columns).toEqual(["o", "b", "c", "e"]);
    expect(rows[0]).toEqual(['{"a":{"d":true}}', "1", "x", "[1]"]);
    expect(rows.slice(2).map((row) => row.slice(1))).toEqual([
      [null, null, null],
      [null, null, null],
    ]);
  });

  it("takes a member of any name", async () => {
    const { rows } = await run(["unnest col: o keys: '__proto__' pluck: true as: 'p'"], objects);
    expect(rows[1]).toEqual(['{"a":5}', "7"]);
  });

  it("takes elements out of an array, from either end", async () => {
    const table: SmallTable = { columns: ["l"], rows: [["[1,2,3,4]"], ["[9]"], ["x"]] };
    const { rows } = await run(["unnest col: l keys: '[0]', '[-1]' pluck: true as: 'first', 'last'"], table);
    expect(rows).toEqual([
      ["[2,3]", "1", "4"],
      ["[]", "9", "9"],
      [null, null, null],
    ]);
  });
});

describe("forms of steps that are not known", () => {
  it.each(["Fuzzy", "SplitByPosition", "ExtractNumbers", "Aggregate"])(
    "%s is refused by its name",
    async (type) => {
      const pkg = withLastStep(smallRecipe({ T: customers }, ["deduplicate"]), (task) => ({ ...task, type }));
      await expect(compileSmall(pkg, { T: customers }, {})).rejects.toThrow(
        `recipe "Result", step 1 (${type}): the step type ${type} is not supported`,
      );
    },
  );

  it("accents are removed, and a form of another name is refused", async () => {
    const table: SmallTable = { columns: ["t"], rows: [["Éléonore Ñandú ß"]] };
    expect((await run(["textformat col: t type: removeaccents"], table)).rows).toEqual([
      ["Eleonore Nandu ß"],
    ]);
    await expect(run(["textformat col: t type: removevowels"], table)).rejects.toThrow(
      'recipe "Result", step 1 (TextFormat): the form removevowels is not supported',
    );
  });

  it("a function that the product has and this compiler has not is refused by its name", async () => {
    const attempt = run(["derive type: single value: LEN(name) as: 'x'"]);
    await attempt;
    const pkg = withLastStep(
      smallRecipe({ T: customers }, ["derive type: single value: LEN(name) as: 'x'"]),
      (task) => ({
        ...task,
        parameters: { ...task.parameters, value: { kind: "func", type: "DoubleMetaphone", parameters: {} } },
      }),
    );
    await expect(compileSmall(pkg, { T: customers }, {})).rejects.toThrow(UnsupportedFunction);
  });
});
