import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileRecipe } from "../../../flow/compile/compile.js";
import { findRecipe } from "../../../flow/compile/find-recipe.js";
import { buildFromSource } from "../../../flow/source.js";
import { TestDatabase, type TextRow } from "./database.js";
import { columnNode, listNode, tableOf, textsNode } from "../../../flow/language/nodes.js";
import { compileSmall, runSteps, smallRecipe, withLastStep, type SmallTable } from "./recipe-run.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.open();
});
afterAll(() => database.close());

const orders: SmallTable = {
  columns: ["id", "customer", "total"],
  rows: [
    ["1", "A", "5"],
    ["2", "B", "6"],
    ["3", "Q", "7"],
    ["4", null, "8"],
  ],
};
const customers: SmallTable = {
  columns: ["Id", "name", "country"],
  rows: [
    ["A", "Ann", "DE"],
    ["B", "Bob", "FR"],
    ["B", "Bea", "US"],
    [null, "Nobody", null],
  ],
};

async function run(...steps: string[]): Promise<{ columns: readonly string[]; rows: readonly TextRow[] }> {
  const { columns, rows } = await runSteps(database, { Orders: orders, Customers: customers }, steps);
  return { columns, rows };
}

const OUTPUT =
  "id = current_dataset.id, customer = current_dataset.customer, name = Customers.name, id1 = Customers.Id";
const EQUAL = "row: current_dataset.customer == Customers.Id";

describe("lookup", () => {
  it("puts the other columns behind the key, null where nothing matches, a row for each match", async () => {
    const result = await run(
      "lookup with: Customers col: customer key: id as: 'name', 'country'",
      "sort order: id, NEGATE(name)",
    );
    expect(result).toEqual({
      columns: ["id", "customer", "name", "country", "total"],
      rows: [
        ["1", "A", "Ann", "DE", "5"],
        ["2", "B", "Bob", "FR", "6"],
        ["2", "B", "Bea", "US", "6"],
        ["3", "Q", null, null, "7"],
        ["4", null, null, null, "8"],
      ],
    });
  });

  it("finds columns by their names when the table has more than the step names", async () => {
    const { columns } = await run("lookup with: Customers col: customer key: Id as: 'Country'");
    expect(columns).toEqual(["id", "customer", "Country", "total"]);
  });

  it("says which column is gone", async () => {
    await expect(run("lookup with: Customers col: customer key: Id as: 'city'")).rejects.toThrow(
      `recipe "Result", step 1 (Lookup): the looked-up table no longer has the columns that the step names: "city" is gone`,
    );
  });
});

describe("join", () => {
  const pairs = [
    ["1", "A", "Ann", "A"],
    ["2", "B", "Bob", "B"],
    ["2", "B", "Bea", "B"],
  ];
  const left = [
    ["3", "Q", null, null],
    ["4", null, null, null],
  ];
  const right = [[null, null, "Nobody", null]];

  it.each([
    ["inner", pairs],
    ["left", [...pairs, ...left]],
    ["right", [...pairs, ...right]],
    ["outer", [...pairs, ...left, ...right]],
  ])("%s", async (type, rows) => {
    const result = await run(`join with: Customers col: ${OUTPUT} ${EQUAL} type: ${type}`);
    expect(result.columns).toEqual(["id", "customer", "name", "id1"]);
    const sorted = (some: readonly TextRow[]): string[] => some.map((row) => JSON.stringify(row)).sort();
    expect(sorted(result.rows)).toEqual(sorted(rows));
  });

  it("pairs every row with every row without a condition", async () => {
    expect((await run(`join with: Customers col: ${OUTPUT} type: inner`)).rows).toHaveLength(16);
  });

  it("takes conditions on several columns and of several kinds", async () => {
    const row =
      "row: current_dataset.customer == Customers.Id && current_dataset.total > 5 && Customers.country != 'US'";
    expect((await run(`join with: Customers col: ${OUTPUT} ${row} type: inner`)).rows).toEqual([
      ["2", "B", "Bob", "B"],
    ]);
  });

  it("joins numbers of other spellings when both columns mean numbers", async () => {
    const tables = {
      Left: { columns: ["k"], rows: [["07"], ["1.0"], ["x"]] },
      Right: {
        columns: ["k", "v"],
        rows: [
          ["7", "seven"],
          ["1", "one"],
          ["x", "letter"],
        ],
      },
    };
    const steps = (type: string): string[] => [
      `settype col: k type: ${type}`,
      "join with: Right col: k = current_dataset.k, v = Right.v row: current_dataset.k == Right.k type: inner",
    ];
    expect((await runSteps(database, tables, steps("String"))).rows).toEqual([["x", "letter"]]);
    const derived = [
      "derive type: single value: k + 0 as: 'number'",
      "join with: Right col: k = current_dataset.k, v = Right.v row: current_dataset.number == Right.k type: inner",
    ];
    expect((await runSteps(database, tables, derived)).rows).toEqual([
      ["07", "seven"],
      ["1.0", "one"],
    ]);
  });

  it("keeps the row numbers of the current table", async () => {
    const { rows } = await run(
      `join with: Customers col: ${OUTPUT} ${EQUAL} type: inner`,
      "derive type: single value: $sourcerownumber as: 'row'",
    );
    expect(rows.map((row) => [row[0], row[1]])).toEqual([
      ["1", "1"],
      ["2", "2"],
      ["2", "2"],
    ]);
  });

  it("joins a table with itself, each side with its own readings", async () => {
    const tables = {
      T: {
        columns: ["n", "m"],
        rows: [
          ["1", "10"],
          ["2", "20"],
        ],
      },
    };
    const steps = [
      "derive type: single value: m + 0 as: 'a'",
      "join with: T col: n = current_dataset.n, m = current_dataset.m, k = T.n, p = T.m row: current_dataset.n < T.n type: inner",
      "derive type: single value: p - m as: 'difference'",
      "derive type: single value: p + m as: 'sum'",
    ];
    const { rows } = await runSteps(database, tables, steps);
    expect(rows).toEqual([["1", "10", "2", "20", "30", "10"]]);
  });
});

describe("union", () => {
  it("matches columns by name and fills the others with null, the current rows first", async () => {
    const tables = {
      New: {
        columns: ["a", "b"],
        rows: [
          ["1", "x"],
          ["2", "y"],
        ],
      },
      Old: { columns: ["B", "c"], rows: [["z", "3"]] },
    };
    const { columns, rows } = await runSteps(database, tables, ["union with: Old"]);
    expect(columns).toEqual(["a", "b", "c"]);
    expect(rows).toEqual([
      ["1", "x", null],
      ["2", "y", null],
      [null, "z", "3"],
    ]);
  });

  it("takes the columns that are listed together", async () => {
    const tables = {
      New: { columns: ["a", "b"], rows: [["1", "x"]] },
      Old: { columns: ["p", "q"], rows: [["y", "2"]] },
    };
    const pkg = smallRecipe(tables, ["union with: Old"]);
    const changed = withLastStep(pkg, (task) => {
      const [current = "", side = ""] = ["table", "with"].map((name) => tableOf(task.parameters[name]));
      const columns = [
        columnNode("a", current),
        columnNode("b", current),
        columnNode("q", side),
        columnNode("p", side),
      ];
      return {
        ...task,
        parameters: { ...task.parameters, col: listNode(columns), as: textsNode(["number", "letter"]) },
      };
    });
    const query = await compileSmall(changed, tables, {});
    expect(query.columns.map(({ name }) => name)).toEqual(["number", "letter"]);
    expect(await database.rows(query.sql)).toEqual([
      ["1", "x"],
      ["2", "y"],
    ]);
  });
});

describe("references", () => {
  it("read the rows of another flow's recipe, compiled once", async () => {
    const flow = (name: string, more: object): object => ({ name, outputs: [], ...more });
    const pkg = buildFromSource(
      {
        uuid: "6f0c2f4e-0b52-11ef-9a3e-0242ac120002",
        exportedAt: "2024-05-06T08:00:00.000Z",
        connections: { warehouse: { uuid: "a7d6b1c0-0b52-11ef-8c55-0242ac120002", vendor: "postgres" } },
        flows: [
          flow("Shared", {
            datasets: { T: { connection: "warehouse", table: "t", columns: ["a"] } },
            recipes: { Clean: { from: "T", steps: ["set col: a value: IFMISSING($col, 'none')"] } },
            references: { Cleaned: { recipe: "Clean" } },
          }),
          flow("Reader", {
            datasets: {},
            recipes: {
              Report: {
                from: "Shared / Cleaned",
                steps: [
                  "join with: Shared / Cleaned col: a = current_dataset.a, b = Shared / Cleaned.a type: inner",
                ],
              },
            },
          }),
        ],
      },
      "two flows",
    );
    const { sql, inputs } = await compileRecipe(pkg, findRecipe(pkg, "Reader / Report").node.id, {
      datasets: () => ({ relation: "(VALUES ('x'), (NULL)) AS t(a)", columns: [{ name: "a" }] }),
    });
    expect(sql.match(/IFMISSING/g)).toHaveLength(1);
    expect(inputs.map(({ name }) => name)).toEqual(["T"]);
    const rows = await database.rows(sql);
    expect(rows.map((row) => row.join("")).sort()).toEqual(["nonenone", "nonex", "xnone", "xx"]);
  });
});
