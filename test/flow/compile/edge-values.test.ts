import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestDatabase } from "./database.js";
import { evaluate, runSteps } from "./recipe-run.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.open();
});
afterAll(() => database.close());

type Case = readonly [
  expression: string,
  result: string | null,
  row?: Readonly<Record<string, string | null>>,
];

const MOST = "9223372036854775807";

const CASES: readonly Case[] = [
  // Numbers are written with the digits that are sure.
  ["0.1 + 0.2", "0.3"],
  ["a * 3", "231.33", { a: "77.11" }],
  ["IF(a == 1, 0.2, 0.05)", "0.2", { a: "1" }],
  ["a * 0", "0", { a: "-1.5" }],
  ["a / 3", "0.333333333333333", { a: "1" }],
  ["a * 1.1", "1.01457092405403e+19", { a: MOST }],
  ["LISTSUM([0.1, 0.2])", "0.3"],
  ["MERGE(['x', a / 4])", "x0.5", { a: "2" }],
  // Whole numbers have 64 bits.
  ["PARSEINT(a) * PARSEINT(b)", null, { a: MOST, b: "2" }],
  ["PARSEINT(a) + 1", null, { a: MOST }],
  ["PARSEINT(a) - 1", "9223372036854775806", { a: MOST }],
  ["ABS(PARSEINT(a))", null, { a: "-9223372036854775808" }],
  ["ISODD(a)", "true", { a: "-3" }],
  ["LCM(a, b)", null, { a: MOST, b: "9223372036854775806" }],
  ["LOG(a, 2)", "3", { a: "8" }],
  ["LOG(a, b)", null, { a: "8", b: "1" }],
  ["LOG(a, b)", null, { a: "0", b: "2" }],
  ["ROUND(a, -2)", "1200", { a: "1234" }],
  ["TRUNC(PARSEINT(a), 2)", "12", { a: "12" }],
  // Texts.
  ["SUBSTRING(a, b)", null, { a: "abc", b: "-1" }],
  ["SUBSTRING(a, b, 99)", "c", { a: "abc", b: "2" }],
  ["SUBSTRING(a, b, c)", "", { a: "abc", b: "2", c: "1" }],
  ["LEFT(a, b)", "abc", { a: "abc", b: "99999999999" }],
  ["LEFT(a, b)", null, { a: "abc", b: MOST }],
  ["LEFT(a, b)", null, { a: "abc", b: null }],
  ["ARRAYSLICE([1, 2, 3], a, 2)", null, { a: "x" }],
  ["ARRAYZIP([a, b])", null, { a: "[1,2]", b: null }],
  ["ARRAYCONCAT([a, ['x']])", null, { a: null }],
  ["ARRAYCONCAT([a, ['x']])", '[1,"x"]', { a: "[1]" }],
  ["FILTEROBJECT(a, ['k'])", null, { a: null }],
  ["IPFROMINT(a)", null, { a: null }],
  ["IPFROMINT(a)", null, { a: "4294967296" }],
  ["IPFROMINT(a)", "255.255.255.255", { a: "4294967295" }],
  ["IPTOINT(a)", null, { a: "256.1.1.1" }],
  ["IPTOINT(a)", "3232235777", { a: "192.168.1.1" }],
  ["VAR(a)", "0", { a: "x" }],
  ["STDEV(a)", "0", { a: null }],
  ["LEFT(a, b)", "", { a: "abc", b: "-4" }],
  ["ARRAYMERGEELEMENTS(['x', 'y'], a)", "x+y", { a: "+" }],
  ["ARRAYMERGEELEMENTS([], a)", "", { a: "+" }],
  ["ARRAYSLICE([1, 2, 3], a, b)", "[2,3]", { a: "1", b: "99999999999" }],
  ["ARRAYSLICE([1, 2, 3, 4], 1, -1)", "[2,3]"],
  ["ARRAYELEMENTAT(['x'], a)", null, { a: MOST }],
  ["LISTSTDEVSAMP([1, 2, 3])", "1"],
  ["LISTVARSAMP([1, 3])", "2"],
  // Dates.
  ["DATEADD(a, b, month)", null, { a: "2024-01-31", b: MOST }],
  ["DATEADD(a, 1, day)", "2024-02-01 13:30:00", { a: "2024-01-31 13:30:00" }],
  ["DATEADD(a, 1, day)", "2024-02-01", { a: "2024-01-31" }],
  ["EOMONTH(a, 1)", "2024-02-29", { a: "2024-01-31 13:30:00" }],
  ["WORKDAY(a, 5)", "2024-01-12", { a: "2024-01-05" }],
  ["WORKDAY(a, -1)", "2024-01-05", { a: "2024-01-08" }],
  ["WORKDAY(a, 0)", "2024-01-06", { a: "2024-01-06" }],
  ["WORKDAY(a, 1, ['2024-01-08', '2024-01-09', '2024-01-10'])", "2024-01-11", { a: "2024-01-05" }],
  ["WORKDAYINTL(a, 5, '0000001')", "2024-01-11", { a: "2024-01-05" }],
  ["WORKDAYINTL(a, 3, '1111110')", "2024-01-21", { a: "2024-01-05" }],
  ["NETWORKDAYS(a, b)", null, { a: "2024-01-09", b: "2024-01-08" }],
  ["NETWORKDAYS(a, b)", "1", { a: "2024-01-08 09:00:00", b: "2024-01-08 17:00:00" }],
  ["NETWORKDAYS(a, b)", "0", { a: "2024-01-06", b: "2024-01-07" }],
  [
    "NETWORKDAYS(a, b, ['2024-01-06', '2024-01-08', '2024-01-08'])",
    "4",
    { a: "2024-01-06", b: "2024-01-12" },
  ],
  ["NETWORKDAYSINTL(a, b, '0000001')", "6", { a: "2024-01-05", b: "2024-01-11" }],
  ["NETWORKDAYSINTL(a, b, '1111110')", "52", { a: "2024-01-01", b: "2024-12-31" }],
];

describe("functions at the edge of what they take", () => {
  it.each(CASES.map(([expression, result, row = {}]) => ({ expression, result, row })))(
    "$expression is $result of $row",
    async ({ expression, result, row }) => {
      expect(await evaluate(database, expression, row)).toBe(result);
    },
  );

  it("says which working days are none", async () => {
    await expect(evaluate(database, "WORKDAYINTL(a, 1, '1111111')", { a: "2024-01-05" })).rejects.toThrow(
      'recipe "Result", step 1 (Derive): WORKDAYINTL: the working days must be seven digits, 0 or 1, not all of them 1, and not "1111111"',
    );
  });
});

describe("functions that may stand around others", () => {
  const table = {
    columns: ["g", "n", "d"],
    rows: [
      ["x", "4", "2024-01-31"],
      ["x", "5", "2024-03-31"],
      ["y", "-1", ""],
    ],
  };

  it("take aggregates", async () => {
    const { rows } = await runSteps(database, { T: table }, [
      "groupby type: agg group: g value: root = SQRT(SUM(n)), last = DATE(YEAR(MAXDATE(d)), 12, 31), twice = COUNT() * 2, letter = CHAR(COUNT() + 64), chance = RAND() * 0",
      "sort order: g",
    ]);
    expect(rows).toEqual([
      ["x", "3", "2024-12-31", "4", "B", "0"],
      ["y", null, null, "2", "A", "0"],
    ]);
  });

  it("take functions on other rows", async () => {
    const { columns, rows } = await runSteps(database, { T: table }, [
      "derive type: multiple value: ROUND(SQRT(n - PREV(n, 1)), 2) order: n as: 'step'",
      "derive type: multiple value: ROWNUMBER() - 1 order: n as: 'place'",
      "derive type: multiple value: ROLLINGMAXDATE(d, 1) order: n as: 'latest'",
    ]);
    expect(columns).toEqual(["g", "n", "place", "step", "d", "latest"]);
    expect(rows).toEqual([
      ["x", "4", "1", "2.24", "2024-01-31", "2024-01-31"],
      ["x", "5", "2", "1", "2024-03-31", "2024-03-31"],
      ["y", "-1", "0", null, "", null],
    ]);
  });
});

describe("sums of fractions", () => {
  it("are the same in whatever order rows are read", async () => {
    const cells = Array.from({ length: 500 }, (_, at) => String(((at * 7919) % 10007) / 100));
    const sum = async (values: readonly string[]) => {
      const table = { columns: ["n"], rows: values.map((value) => [value]) };
      const { rows } = await runSteps(database, { T: table }, [
        "groupby type: agg value: s = SUM(n), m = AVERAGE(n)",
      ]);
      return rows[0];
    };
    const exact = cells.reduce((all, cell) => all + Math.round(Number(cell) * 100), 0) / 100;
    const forward = await sum(cells);
    expect(forward?.[0]).toBe(String(exact));
    expect(await sum([...cells].reverse())).toEqual(forward);
  });
});
