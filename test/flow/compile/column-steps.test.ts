import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestDatabase, type TextRow } from "./database.js";
import { runSteps, type SmallTable } from "./recipe-run.js";

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

const orders: SmallTable = {
  columns: ["Id", "Product", "Quantity", "Price"],
  rows: [
    ["1", "pen", "2", "1.5"],
    ["2", "ink", "", "4"],
    ["3", null, "x", "07"],
  ],
};

describe("derive", () => {
  it("puts the column behind the right-most one that its expression mentions", async () => {
    const { columns, rows } = await run(orders, "derive type: single value: price + quantity as: 'sum'");
    expect(columns).toEqual(["Id", "Product", "Quantity", "Price", "sum"]);
    expect(rows.map((row) => row[4])).toEqual(["3.5", null, null]);
  });

  it("puts the column behind its group and order when these stand further right", async () => {
    const step = "derive type: multiple value: COUNT() group: Product order: Id as: 'n'";
    expect((await run(orders, step)).columns).toEqual(["Id", "Product", "n", "Quantity", "Price"]);
  });

  it("puts the column in front when nothing is mentioned", async () => {
    const { columns, rows } = await run(orders, "derive type: single value: $sourcerownumber as: 'row'");
    expect(columns[0]).toBe("row");
    expect(rows.map((row) => row[0])).toEqual(["1", "2", "3"]);
  });

  it("sees the whole table in an aggregate without a group", async () => {
    const { rows } = await run(orders, "derive type: single value: price / SUM(price) as: 'share'");
    expect(rows.map((row) => row[4])).toEqual(["0.12", "0.32", "0.56"]);
  });

  it("refuses a name that a column has, whatever its case", async () => {
    await expect(run(orders, "derive type: single value: 1 as: 'PRICE'")).rejects.toThrow(
      `recipe "Result", step 1 (Derive): there is a column "Price" already`,
    );
  });
});

describe("set and settype", () => {
  it("sets columns, each from its own old value", async () => {
    const { rows } = await run(orders, "set col: Product, Quantity value: IFMISSING($col, 'none')");
    expect(rows.map((row) => row.slice(1, 3))).toEqual([
      ["pen", "2"],
      ["ink", "none"],
      ["none", "x"],
    ]);
  });

  it("keeps the characters of what does not fit a type", async () => {
    const { rows } = await run(orders, "settype col: Price, Quantity type: Integer");
    expect(rows.map((row) => row.slice(2))).toEqual([
      ["2", "1.5"],
      ["", "4"],
      ["x", "07"],
    ]);
  });

  it("reads a column as the type that it was given", async () => {
    const steps = ["settype col: Price type: Integer", "derive type: single value: Price + 1 as: 'next'"];
    expect((await run(orders, ...steps)).rows.map((row) => row[4])).toEqual([null, "5", "8"]);
  });

  it("gives numbers of declared columns in a typed result, null where they do not fit", async () => {
    const { query } = await runSteps(database, { T: orders }, ["settype col: Price type: Float"], {
      output: "typed",
    });
    expect(
      await database.rows(`SELECT sum("Price"), typeof(any_value("Price")) FROM (${query.sql})`),
    ).toEqual([["12.5", "DOUBLE"]]);
  });

  it("reads dates in the order that their type says", async () => {
    const table = { columns: ["d"], rows: [["03-06-2017"], ["2017-06-03"], ["31/12/17"]] };
    const steps = [
      "settype col: d type: Datetime datetimeType: 'dd*mm*yyyy'",
      "derive type: single value: MONTH(d) as: 'm'",
      "derive type: single value: DATEADD(d, 1, day) as: 'next'",
    ];
    expect((await run(table, ...steps)).rows.map((row) => row.slice(1))).toEqual([
      ["04-06-2017", "6"],
      [null, null],
      [null, null],
    ]);
  });
});

describe("drop, keep, move, rename and select", () => {
  it("drops columns", async () => {
    expect((await run(orders, "drop col: id, price action: Drop")).columns).toEqual(["Product", "Quantity"]);
  });

  it("keeps columns in the order of the table", async () => {
    expect((await run(orders, "drop col: Price, Id action: Keep")).columns).toEqual(["Id", "Price"]);
  });

  it("takes ranges of columns", async () => {
    expect((await run(orders, "drop col: Product~Quantity action: Drop")).columns).toEqual(["Id", "Price"]);
  });

  it("moves columns before and behind another", async () => {
    expect((await run(orders, "move col: Price, Quantity before: Id")).columns).toEqual([
      "Price",
      "Quantity",
      "Id",
      "Product",
    ]);
    expect((await run(orders, "move col: Id after: Price")).columns.at(-1)).toBe("Id");
  });

  it("lets two columns change names", async () => {
    const { columns, rows } = await run(
      orders,
      "rename type: manual mapping: [Id, 'Product'], [Product, 'Id']",
    );
    expect(columns).toEqual(["Product", "Id", "Quantity", "Price"]);
    expect(rows[0]).toEqual(["1", "pen", "2", "1.5"]);
  });

  it("changes the case of a name", async () => {
    const steps = ["rename type: manual mapping: [Id, 'ID']", "derive type: single value: id + 1 as: 'next'"];
    expect((await run(orders, ...steps)).columns).toEqual(["ID", "next", "Product", "Quantity", "Price"]);
  });

  it.each([
    ["on: 'i' with: '_' matchAll: true", ["Id", "Product", "Quant_ty", "Pr_ce"]],
    ["on: `{upper}` with: 'X'", ["Xd", "Xroduct", "Xuantity", "Xrice"]],
    ["on: `{lower}+` with: ''", ["I", "P", "Q", "P1"]],
    ["on: `(P)(r)` with: '$2$1'", ["Id", "rPoduct", "Quantity", "rPice"]],
  ])("finds and replaces in names: %s", async (parameters, names) => {
    expect((await run(orders, `rename type: findAndReplace col: * ${parameters}`)).columns).toEqual(names);
  });

  it("selects expressions under names", async () => {
    const { columns, rows } = await run(
      orders,
      "select values: [Price * 2, 'double'], [Id, 'key'], ['x', 'fixed']",
    );
    expect(columns).toEqual(["double", "key", "fixed"]);
    expect(rows[2]).toEqual(["14", "3", "x"]);
  });
});

describe("text steps", () => {
  const texts: SmallTable = {
    columns: ["a", "b"],
    rows: [
      ["x-1-y", "B"],
      ["-", null],
      [null, ""],
    ],
  };

  it.each([
    ["splitpatterns col: a type: on on: '-'", ["a1", "a2", "b"], ["x", "1-y", "B"], ["", "", null]],
    [
      "splitpatterns col: a type: on on: '-' limit: 2",
      ["a1", "a2", "a3", "b"],
      ["x", "1", "y", "B"],
      ["", "", null, null],
    ],
    [
      "splitpatterns col: a type: on on: `{digit}` as: 'l', 'r'",
      ["l", "r", "b"],
      ["x-", "-y", "B"],
      ["-", null, null],
    ],
    ["split type: on col: a on: '-' as: 'l', 'b'", ["l", "b1", "b"], ["x", "1-y", "B"], ["", "", null]],
  ])("%s", async (step, columns, first, second) => {
    const result = await run(texts, step);
    expect(result.columns).toEqual(columns);
    expect(result.rows[0]).toEqual(first);
    expect(result.rows[1]).toEqual(second);
    expect(result.rows[2]?.slice(0, -1).every((cell) => cell === null)).toBe(true);
  });

  it("does not cut inside quotes", async () => {
    const table = { columns: ["a"], rows: [['"x,1",y,z']] };
    const { rows } = await run(table, `splitpatterns col: a type: on on: ',' quote: '"' limit: 2`);
    expect(rows).toEqual([['"x,1"', "y", "z"]]);
  });

  it.each([
    ["replacepatterns col: a with: '+' on: '-' global: true", ["x+1+y", "+", null]],
    ["replacepatterns col: a with: '+' on: '-'", ["x+1-y", "+", null]],
    ["replacepatterns col: a with: '<$1>' on: `({alpha})` global: true", ["<x>-1-<y>", "-", null]],
    ["replacepatterns col: a with: '+' on: '%'", ["x-1-y", "-", null]],
    ["replacepatterns col: a with: '$1' on: '-'", ["x$11-y", "$1", null]],
    ["replacepatterns col: a with: 'Z' on: 'X' ignoreCase: true", ["Z-1-y", "-", null]],
    ["replacepatterns col: a with: '' on: `{start}%|%{end}` global: true", ["-1-", "", null]],
    ["textformat col: a type: uppercase", ["X-1-Y", "-", null]],
    ["textformat col: a type: removesymbols", ["x1y", "", null]],
    ["standardize col: a mapping: ['-', 'dash'], ['q', 'r']", ["x-1-y", "dash", null]],
  ])("%s", async (step, column) => {
    expect((await run(texts, step)).rows.map((row) => row[0])).toEqual(column);
  });

  it("merges columns and texts behind the right-most of them", async () => {
    const { columns, rows } = await run(texts, "merge col: a, '!', b with: '_' as: 'm'");
    expect(columns).toEqual(["a", "b", "m"]);
    expect(rows.map((row) => row[2])).toEqual(["x-1-y_!_B", "-_!_", "_!_"]);
  });

  it.each([
    ["extractpatterns col: a type: custom on: `{digit}` as: 'd'", ["1", null, null]],
    ["extractpatterns col: a type: custom on: `{alpha}` start: '-' as: 'd'", ["y", null, null]],
    [
      "extractpatterns col: a type: custom on: `%+` start: `{start}` end: `-{digit}` as: 'd'",
      ["x", null, null],
    ],
    ["extractbetweendelimiters col: a start: '-' end: '-' as: 'd'", ["1", null, null]],
    ["extractlist col: a on: `{alpha}` as: 'd'", ['["x","y"]', "[]", "[]"]],
    ["extractlist col: a on: `{any}{end}` delimiter: '-' as: 'd'", ['["x","1","y"]', "[]", "[]"]],
    ["countpattern col: a on: '-' as: 'd'", ["2", "1", null]],
    ["extractkv col: a key: `{alpha}` valueafter: '-' delimiter: '/' as: 'd'", ['{"x":"1-y"}', "{}", null]],
  ])("%s", async (step, column) => {
    const result = await run(texts, step);
    expect(result.columns).toEqual(["a", "d", "b"]);
    expect(result.rows.map((row) => row[1])).toEqual(column);
  });

  it("extracts several matches into several columns", async () => {
    const { columns, rows } = await run(
      texts,
      "extractpatterns col: a type: custom on: `{alpha}` as: 'p', 'q'",
    );
    expect(columns).toEqual(["a", "p", "q", "b"]);
    expect(rows[0]).toEqual(["x-1-y", "x", "y", "B"]);
  });

  it("rewrites whole cells by the first case that fits", async () => {
    const table = { columns: ["d"], rows: [["2020-Jan-05"], ["2020-1-5"], ["other 2020-Jan-05"]] };
    const step =
      "convertpattern col: d cases: [`({yyyy})-Jan-({dd})`, '$1-01-$2'], [`({yyyy})-({digit})-({digit})`, '$1-0$2-0$3']";
    expect((await run(table, step)).rows).toEqual([["2020-01-05"], ["2020-01-05"], ["other 2020-Jan-05"]]);
  });

  it("writes dates in another form, null where there is none", async () => {
    const table = { columns: ["d"], rows: [["2020-01-05"], ["soon"]] };
    expect((await run(table, "dateformat col: d type: ddmmcommondate")).rows).toEqual([
      ["05/01/2020"],
      [null],
    ]);
    expect((await run(table, "dateformat col: d type: custom format: 'd.M.yy'")).rows).toEqual([
      ["5.1.20"],
      [null],
    ]);
  });
});

describe("nest and unnest", () => {
  it("nests cells into arrays and objects", async () => {
    const { columns, rows } = await run(
      orders,
      "nest into: array col: Product, Quantity as: 'list'",
      "nest into: map col: Id, Product as: 'object'",
    );
    expect(columns).toEqual(["Id", "Product", "object", "Quantity", "list", "Price"]);
    expect(rows[0]?.[4]).toBe('["pen","2"]');
    expect(rows[2]?.[2]).toBe('{"Id":"3","Product":null}');
  });

  it.each([
    ['{"a":1,"b c":{"d":[2]},"e":"x\\"y"}', ["1", '{"d":[2]}', 'x"y', null]],
    ["no json", [null, null, null, null]],
  ])("unnests members of %s", async (json, values) => {
    const table = { columns: ["o"], rows: [[json]] };
    const { columns, rows } = await run(table, "unnest col: o keys: 'a', 'b c', 'e', 'f' pluck: false");
    expect(columns).toEqual(["o", "a", "b c", "e", "f"]);
    expect(rows[0]?.slice(1)).toEqual(values);
  });

  it("takes members out of their object when it plucks them", async () => {
    const table = { columns: ["o"], rows: [['{"a":1,"b":{"c":2}}'], [null]] };
    const { columns, rows } = await run(table, "unnest col: o keys: 'a', 'x' pluck: true");
    expect(columns).toEqual(["o", "a", "x"]);
    expect(rows).toEqual([
      ['{"b":{"c":2}}', "1", null],
      [null, null, null],
    ]);
  });

  it("unnests elements from both ends, and along a path", async () => {
    const table = { columns: ["o"], rows: [['[1,{"k":"v"}]']] };
    const { rows } = await run(
      table,
      "unnest col: o keys: '[0]', '[-1]', '[1].k', '[7]' as: 'p', 'q', 'r', 's'",
    );
    expect(rows[0]?.slice(1)).toEqual(["1", '{"k":"v"}', "v", null]);
  });
});
