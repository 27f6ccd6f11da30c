import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileSmall, runSteps, smallRecipe, withLastStep, type SmallTable } from "./recipe-run.js";
import { TestDatabase, type TextRow } from "./database.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.open();
});
afterAll(() => database.close());

interface Result {
  readonly columns: readonly string[];
  readonly rows: readonly TextRow[];
}

async function run(table: SmallTable, ...steps: string[]): Promise<Result> {
  const { columns, rows } = await runSteps(database, { T: table }, steps);
  return { columns, rows };
}

const sales: SmallTable = {
  columns: ["shop", "month", "amount"],
  rows: [
    ["B", "Feb", "10"],
    ["A", "Jan", "2"],
    ["B", "Jan", ""],
    [null, "Feb", "5"],
    ["A", "Jan", "9"],
  ],
};

function column(result: Result, name: string): (string | null | undefined)[] {
  return result.rows.map((row) => row[result.columns.indexOf(name)]);
}

describe("filter", () => {
  it.each([
    ["row: amount > 4 action: Keep", ["10", "5", "9"]],
    ["row: amount > 4 action: Delete", ["2", ""]],
    ["row: shop == 'A' action: Delete", ["10", "", "5"]],
    ["row: !(shop == 'A') action: Keep", ["10", ""]],
    ["row: ISMISSING([amount]) || shop == 'B' action: Keep", ["10", ""]],
    ["row: amount == MAX(amount) action: Keep", ["10"]],
  ])("of one row each: %s", async (parameters, amounts) => {
    const result = await run(sales, `filter type: custom rowType: single ${parameters}`);
    expect(column(result, "amount")).toEqual(amounts);
  });

  it("keeps the values of a list", async () => {
    expect(
      column(await run(sales, "filter type: oneOf col: amount oneOf: '10', 9 action: Keep"), "amount"),
    ).toEqual(["10", "9"]);
  });

  it.each([
    ["exactly col: shop exactly: 'A'", ["2", "9"]],
    ["lessThan col: amount lessThan: 9", ["2", "5"]],
    ["contains col: month contains: 'eb'", ["10", "5"]],
    ["startsWith col: month startsWith: `{upper}a`", ["2", "", "9"]],
    ["endsWith col: amount endsWith: '0'", ["10"]],
  ])("keeps rows by a form of its own: %s", async (form, amounts) => {
    const [type = "", col = "", ...rest] = form.split(/ (?=\w+: )/);
    const [name = "", value = ""] = (rest[0] ?? "").split(": ");
    const pkg = smallRecipe({ T: sales }, [`filter type: ${type} ${col} action: Keep`]);
    const node = value.startsWith("`")
      ? { kind: "constant", type: "Pattern", value: value.slice(1, -1) }
      : value.startsWith("'")
        ? { kind: "constant", type: "String", value: value.slice(1, -1) }
        : { kind: "constant", type: "Integer", value: Number(value) };
    const changed = withLastStep(pkg, (task) => ({
      ...task,
      parameters: { ...task.parameters, [name]: node },
    }));
    const query = await compileSmall(changed, { T: sales }, {});
    const rows = await database.rows(query.sql);
    expect(rows.map((row) => row[2])).toEqual(amounts);
  });

  it("keeps what does not fit the type that was declared", async () => {
    const steps = ["settype col: month type: Integer", "filter type: mismatched col: month action: Delete"];
    expect((await run({ columns: ["month"], rows: [["1"], ["x"], [""]] }, ...steps)).rows).toEqual([
      ["1"],
      [""],
    ]);
  });

  it("deletes missing values", async () => {
    expect(column(await run(sales, "filter type: missing col: amount action: Delete"), "amount")).toEqual([
      "10",
      "2",
      "5",
      "9",
    ]);
  });
});

describe("deduplicate, flatten, sort and splitrows", () => {
  it("keeps the first of equal rows in their order", async () => {
    const table = {
      columns: ["a", "b"],
      rows: [
        ["2", "x"],
        ["1", "x"],
        ["2", "x"],
        ["2", "X"],
      ],
    };
    expect((await run(table, "deduplicate")).rows).toEqual([
      ["2", "x"],
      ["1", "x"],
      ["2", "X"],
    ]);
  });

  it("makes a row of each element, and one with null where there is none", async () => {
    const table = {
      columns: ["n", "list", "z"],
      rows: [
        ["1", '["b","a"]', "p"],
        ["2", "[]", "q"],
        ["3", null, "r"],
        ["4", "x", "s"],
        ["5", "[[1],null]", "t"],
      ],
    };
    expect((await run(table, "flatten col: list")).rows).toEqual([
      ["1", "b", "p"],
      ["1", "a", "p"],
      ["2", null, "q"],
      ["3", null, "r"],
      ["4", null, "s"],
      ["5", "[1]", "t"],
      ["5", null, "t"],
    ]);
  });

  it("sorts numbers by value and texts behind them, and keeps the earlier order of equals", async () => {
    const result = await run(sales, "sort order: amount", "sort order: NEGATE(month)");
    expect(result.rows.map((row) => row.slice(1))).toEqual([
      ["Jan", "2"],
      ["Jan", "9"],
      ["Jan", ""],
      ["Feb", "5"],
      ["Feb", "10"],
    ]);
  });

  it("cuts the cells of a column into rows", async () => {
    const table = {
      columns: ["n", "lines"],
      rows: [
        ["1", "a\nb\n"],
        ["2", "c\r\nd"],
      ],
    };
    expect((await run(table, "splitrows col: lines on: '\\n'")).rows).toEqual([
      ["1", "a"],
      ["1", "b"],
      ["2", "c"],
      ["2", "d"],
    ]);
  });
});

describe("group by", () => {
  it("gives a row for each group, null being one of its own", async () => {
    const step =
      "groupby type: agg group: shop value: total = SUM(amount), n = COUNT(), LIST(amount), ANY(amount), big = COUNTIF(amount > 5)";
    const { columns, rows } = await run(sales, step, "sort order: shop");
    expect(columns).toEqual(["shop", "total", "n", "list_amount", "any_amount", "big"]);
    expect(rows).toEqual([
      ["A", "11", "2", '["2","9"]', "2", "1"],
      ["B", "10", "2", '["10"]', "10", "1"],
      [null, "5", "1", '["5"]', "5", "0"],
    ]);
  });

  it("makes one row of the whole table without groups", async () => {
    expect((await run(sales, "groupby type: agg value: SUM(amount), COUNT()")).rows).toEqual([["26", "5"]]);
  });

  it("computes with aggregates", async () => {
    const { rows } = await run(sales, "groupby type: agg value: mean = SUM(amount) / COUNTA(amount)");
    expect(rows).toEqual([["6.5"]]);
  });

  it.each([
    ["AVERAGE(n)", "3"],
    ["AVERAGEIF(n, n > 1)", "4"],
    ["COUNTA(t)", "3"],
    ["COUNTAIF(t, n == 1)", "1"],
    ["COUNTDISTINCT(t)", "2"],
    ["COUNTDISTINCTIF(n, n < 6)", "2"],
    ["MAX(n)", "6"],
    ["MAXIF(n, n < 6)", "2"],
    ["MIN(n)", "1"],
    ["SUMIF(n, t == 'a')", "7"],
    ["ANYIF(t, n == 6)", "a"],
    ["LISTIF(t, n < 3)", '["a","b"]'],
    ["LIST(t, 1)", '["a"]'],
    ["UNIQUE(t)", '["a","b"]'],
    ["MODE(m)", "4"],
    ["MEDIAN(n)", "2"],
    ["PERCENTILE(n, 50)", "2"],
    ["QUARTILE(n, 1)", "1.5"],
    ["KTHLARGEST(m, 2)", "4"],
    ["KTHLARGESTUNIQUE(m, 3)", null],
    ["VAR(m)", "0.222"],
    ["VARSAMP(n)", "7"],
    ["ROUND(STDEVSAMP(n), 3)", "2.646"],
    ["ROUND(CORREL(n, n), 9)", "1"],
    ["COVAR(n, n)", "4.667"],
    ["MIN(d)", "2020-01-05"],
    ["MAXDATE(d)", "2020-02-01"],
  ])("%s of a group is %s", async (expression, value) => {
    const table = {
      columns: ["t", "n", "m", "d"],
      rows: [
        ["a", "1", "4", "2020-01-05"],
        ["b", "2", "5", "2020-02-01"],
        ["a", "6", "4", ""],
        ["", "x", "", null],
      ],
    };
    const rounded = /^(VAR|COVAR)\(/.test(expression) ? `ROUND(${expression}, 3)` : expression;
    const type = "settype col: d type: Datetime datetimeType: 'yyyy*mm*dd'";
    expect((await run(table, type, `groupby type: agg value: v = ${rounded}`)).rows).toEqual([[value]]);
  });
});

describe("pivot and unpivot", () => {
  it("makes a column of each value, by the order of their text", async () => {
    const { columns, rows } = await run(
      sales,
      "pivot col: month group: shop value: SUM(amount), COUNT() limit: 50",
      "sort order: shop",
    );
    expect(columns).toEqual(["shop", "sum_amount_Feb", "sum_amount_Jan", "row_count_Feb", "row_count_Jan"]);
    expect(rows).toEqual([
      ["A", null, "11", "0", "2"],
      ["B", "10", null, "1", "1"],
      [null, "5", null, "1", "0"],
    ]);
  });

  it("keeps to its limit, and combines several columns", async () => {
    const { columns } = await run(sales, "pivot col: shop, month value: COUNT() limit: 2");
    expect(columns).toEqual(["row_count_A_Jan", "row_count_B_Feb"]);
  });

  it("is a group-by without columns", async () => {
    expect(
      (await run(sales, "pivot group: month value: n = COUNT() limit: 50", "sort order: month")).rows,
    ).toEqual([
      ["Feb", "2"],
      ["Jan", "3"],
    ]);
  });

  it("says what it needs when there is no data", async () => {
    const tables = { T: sales };
    const pkg = smallRecipe(tables, ["pivot col: month value: COUNT() limit: 50"]);
    await expect(compileSmall(pkg, tables, {})).rejects.toThrow(
      'recipe "Result", step 1 (Pivot): the values that become columns are only known from the data; give the data',
    );
  });

  it("makes a row of each cell, missing ones too", async () => {
    const table = {
      columns: ["k", "a", "b"],
      rows: [
        ["1", "x", null],
        ["2", "", "y"],
      ],
    };
    expect(await run(table, "unpivot col: a~b groupEvery: 1")).toEqual({
      columns: ["k", "key", "value"],
      rows: [
        ["1", "a", "x"],
        ["1", "b", null],
        ["2", "a", ""],
        ["2", "b", "y"],
      ],
    });
  });

  it("takes several columns to a row", async () => {
    const table = { columns: ["a", "b", "c"], rows: [["1", "2", "3"]] };
    expect(await run(table, "unpivot col: a, b, c groupEvery: 2")).toEqual({
      columns: ["key1", "value1", "key2", "value2"],
      rows: [
        ["a", "1", "b", "2"],
        ["c", "3", null, null],
      ],
    });
  });
});

describe("window functions", () => {
  const days: SmallTable = {
    columns: ["g", "d", "n"],
    rows: [
      ["x", "3", "10"],
      ["y", "1", "1"],
      ["x", "1", "20"],
      ["x", "2", ""],
      ["y", "2", "2"],
    ],
  };

  it.each([
    ["PREV(n, 1)", ["", null, null, "20", "1"]],
    ["NEXT(n, 1)", [null, "2", "", "10", null]],
    ["ROWNUMBER()", ["3", "1", "1", "2", "2"]],
    ["RANK()", ["3", "1", "1", "2", "2"]],
    ["FILL(n)", ["10", "1", "20", "20", "2"]],
    ["ROLLINGSUM(n)", ["30", "1", "20", "20", "3"]],
    ["ROLLINGSUM(n, 1, 0)", ["10", "1", "20", "20", "3"]],
    ["ROLLINGAVERAGE(n, 1, 1)", ["10", "1.5", "20", "15", "1.5"]],
    ["ROLLINGMAX(n)", ["20", "1", "20", "20", "2"]],
    ["ROLLINGMIN(n)", ["10", "1", "20", "20", "1"]],
    ["ROLLINGCOUNTA(n)", ["2", "1", "1", "1", "2"]],
    ["ROLLINGLIST(d)", ['["1","2","3"]', '["1"]', '["1"]', '["1","2"]', '["1","2"]']],
    ["ROLLINGKTHLARGEST(n, 2)", ["10", null, null, null, "1"]],
    ["SUM(n)", ["30", "3", "30", "30", "3"]],
    ["NTILE(2)", ["2", "1", "1", "1", "2"]],
    ["IF(PREV(n, 1) == 20, 'after', 'else')", ["else", "else", "else", "after", "else"]],
  ])("%s runs in groups by order and leaves rows in their places", async (expression, values) => {
    const result = await run(days, `derive type: multiple value: ${expression} group: g order: d as: 'w'`);
    expect(column(result, "w")).toEqual(values);
    expect(column(result, "d")).toEqual(["3", "1", "1", "2", "2"]);
  });

  it("goes by the rows of the source without an order", async () => {
    const result = await run(days, "derive type: multiple value: PREV(d, 1) group: g as: 'w'");
    expect(column(result, "w")).toEqual([null, null, "3", "1", "1"]);
  });

  it("gives rows that are alike the same rank", async () => {
    const result = await run(
      days,
      "derive type: multiple value: RANK() order: g as: 'r'",
      "derive type: multiple value: DENSERANK() order: NEGATE(g) as: 'q'",
    );
    expect(column(result, "r")).toEqual(["1", "4", "1", "1", "4"]);
    expect(column(result, "q")).toEqual(["2", "1", "2", "2", "1"]);
  });

  it("begins a session where the gap is longer", async () => {
    const table = {
      columns: ["t"],
      rows: [
        ["2020-01-01 10:00:00"],
        ["2020-01-01 10:04:00"],
        ["2020-01-01 10:20:00"],
        ["2020-01-01 10:25:00"],
      ],
    };
    const result = await run(table, "derive type: multiple value: SESSION(t, 5, minutes) order: t as: 's'");
    expect(column(result, "s")).toEqual(["1", "1", "2", "2"]);
  });
});

describe("the order of rows", () => {
  it("is the source's through steps that work in groups", async () => {
    const rows = Array.from({ length: 5000 }, (_, index) => [String(index), String((index * 7919) % 13)]);
    const result = await run(
      { columns: ["n", "g"], rows },
      "derive type: multiple value: COUNT() group: g as: 'c'",
      "filter type: custom rowType: single row: c > 0 action: Keep",
      "derive type: multiple value: ROWNUMBER() group: g as: 'r'",
      "unpivot col: g, c groupEvery: 1",
    );
    expect(column(result, "n")).toEqual(rows.flatMap(([n]) => [n, n]));
  });
});
