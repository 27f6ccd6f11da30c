import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileRecipe } from "../../../flow/compile/compile.js";
import { findRecipe } from "../../../flow/compile/find-recipe.js";
import { quoteName, quoteText } from "../../../flow/language/quote.js";
import { buildFromSource } from "../../../flow/source.js";
import { TestDatabase } from "./database.js";
import { compileSmall, runSteps, smallRecipe, withLastStep } from "./recipe-run.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.open();
  await database.run("CREATE TABLE victim AS SELECT 1 AS one");
});
afterAll(() => database.close());

/** Texts that would do harm where a quote is forgotten. */
const HOSTILE = [
  `'; DROP TABLE victim; --`,
  `"; DROP TABLE victim; --`,
  `*/ DROP TABLE victim; /*`,
  "line\n; DROP TABLE victim;\r\n--",
  "back\\slash\\' or \\n",
  "dollar $$ $1 $x$",
  "tab\tand \u0007bell",
  "null\u0000byte \u00001\u0000",
  "é日本😀\u2028\u2029",
  "  spaces  ",
  "%_\\E'x'",
  "{braces} `ticks` ${x}",
];

describe("texts that would do harm", () => {
  it.each(HOSTILE)("as values and literals: %j", async (text) => {
    const tables = { T: { columns: ["a"], rows: [[text.replaceAll("\u0000", "")]] } };
    const { rows } = await runSteps(database, tables, [
      `derive type: single value: ${quoteText(text)} as: 'b'`,
      `derive type: single value: MERGE([a, ${quoteText(text)}]) as: 'c'`,
      `set col: a value: SUBSTITUTE($col, ${quoteText(text)}, 'found')`,
      `replacepatterns col: c with: ${quoteText(text)} on: ${quoteText(text.slice(0, 3))}`,
    ]);
    expect(rows[0]?.[0]).toBe(text);
    expect(rows[0]?.[1]).toBe(text.includes("\u0000") ? text.replaceAll("\u0000", "") : "found");
    expect(await database.rows("SELECT one FROM victim")).toEqual([["1"]]);
  });

  it.each(HOSTILE.filter((text) => !text.includes("\u0000")))("as names of columns: %j", async (name) => {
    const tables = { T: { columns: [name, "x"], rows: [["1", "2"]] } };
    const { columns, rows } = await runSteps(database, tables, [
      `derive type: single value: ${quoteName(name)} + 1 as: 'next'`,
      `derive type: single value: ${quoteName(name)} * 2 as: 'double'`,
      `rename type: manual mapping: [x, ${quoteText(`${name}!`)}]`,
      `groupby type: agg group: ${quoteName(name)}, ${quoteName(`${name}!`)} value: ${quoteName(`sum ${name}`)} = SUM(next), d = ANY(double)`,
      `unpivot col: ${quoteName(name)}, d groupEvery: 1`,
    ]);
    expect(columns).toEqual([`${name}!`, `sum ${name}`, "key", "value"]);
    expect(rows).toEqual([
      ["2", "2", name, "1"],
      ["2", "2", "d", "2"],
    ]);
    expect(await database.rows("SELECT one FROM victim")).toEqual([["1"]]);
  });

  it.each(HOSTILE.filter((text) => !text.includes("\u0000")))(
    "as values that become names: %j",
    async (text) => {
      const tables = { T: { columns: ["id", text], rows: [["1", text]] } };
      const column = quoteName(text);
      const { columns, rows } = await runSteps(database, tables, [
        `case col: ${column} colCases: [${quoteText(text)}, ${quoteText(`${text}?`)}] default: 'no' as: ${quoteText(`${text}1`)}`,
        `window value: PREV(${column}, 1) group: ${column} order: id`,
        `valuestocols col: ${column} value: ${quoteText(text)} default: 'no'`,
        `nest into: map col: ${column} as: 'o'`,
        `unnest col: o keys: ${quoteText(JSON.stringify([text]))} pluck: true as: 'member'`,
        `filter type: custom rowType: multiple row: COUNT() == 1 group: ${column} action: Keep`,
        `textformat col: ${column} type: removeaccents`,
      ]);
      const cell = (name: string) => rows[0]?.[columns.indexOf(name)];
      expect([cell(`${text}1`), cell(`${text}2`), cell("window"), cell("o")]).toEqual([
        `${text}?`,
        text,
        null,
        "{}",
      ]);
      expect(cell("member")).toBe(text);
      expect(await database.rows("SELECT one FROM victim")).toEqual([["1"]]);
    },
  );

  it.each(HOSTILE)("as comments, and as names of steps' recipes: %j", async (text) => {
    const tables = { T: { columns: ["a"], rows: [["1"]] } };
    const noted = withLastStep(smallRecipe(tables, ["//note"]), (task) => ({
      ...task,
      parameters: { comment: { kind: "constant", type: "String", value: text } },
    }));
    const flows = noted.flows.map((flow) => ({
      ...flow,
      recipes: flow.recipes.map((recipe) =>
        recipe.name === "Result"
          ? {
              ...recipe,
              name: text,
              steps: [
                ...recipe.steps,
                ...(smallRecipe(tables, ["derive type: single value: a + 1 as: 'b'"])
                  .flows[0]?.recipes.find(({ name }) => name === "Result")
                  ?.steps.slice(-1) ?? []),
              ],
            }
          : recipe,
      ),
    }));
    const pkg = { ...noted, flows };
    const { sql } = await compileRecipe(pkg, findRecipe(noted, "Result").node.id, {
      datasets: () => ({ relation: "(VALUES ('1')) AS small(a)", columns: [{ name: "a" }] }),
    });
    expect(await database.rows(sql)).toEqual([["1", "2"]]);
    expect(await database.rows("SELECT one FROM victim")).toEqual([["1"]]);
  });

  it.each(HOSTILE.filter((text) => !text.includes("\u0000")))("in headers of files: %j", async (name) => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-names-"));
    try {
      const file = join(folder, "it's a file; --.csv");
      await writeFile(file, `"${name.replaceAll('"', '""')}",n\n1,2\n`);
      const pkg = buildFromSource(
        {
          uuid: "6f0c2f4e-0b52-11ef-9a3e-0242ac120002",
          exportedAt: "2024-05-06T08:00:00.000Z",
          flows: [
            {
              name: "F",
              datasets: { D: { file: "file:///d.csv", columns: ["a", "b"] } },
              recipes: {
                [`R ${name.replaceAll(/\s/g, " ")}`]: {
                  from: "D",
                  steps: [`//${name.replaceAll(/[\p{Cc}\u2028\u2029]/gu, " ")}`],
                },
              },
              outputs: [],
            },
          ],
        },
        "names",
      );
      const node = findRecipe(pkg, `R ${name.replaceAll(/\s/g, " ")}`).node.id;
      for (const parsing of ["strict", "lenient"] as const) {
        const query = await compileRecipe(pkg, node, {
          datasets: () => ({ files: [file] }),
          ask: database.ask,
          parsing,
        });
        expect(query.columns.map((column) => column.name)).toEqual([name, "n"]);
        expect(await database.rows(query.sql)).toEqual([["1", "2"]]);
      }
      expect(await database.rows("SELECT one FROM victim")).toEqual([["1"]]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("the query's text", () => {
  const tables = {
    T: {
      columns: ["a", "b"],
      rows: [
        ["1", "2"],
        ["3", "x"],
      ],
    },
  };

  it("has one relation for each step, named after recipe and step, under the step's own text", async () => {
    const pkg = smallRecipe(tables, [
      "//Sums",
      "derive type: single value: a + b as: 'sum'",
      "filter type: custom rowType: single row: sum > 1 action: Keep",
    ]);
    const { sql } = await compileSmall(pkg, tables, {});
    expect(sql).toBe(`WITH
"T" AS (
  SELECT "a", "b"
  FROM (VALUES ('1', '2'), ('3', 'x')) AS small("a", "b")
),
-- //Sums
-- derive type: single value: a + b as: 'sum'
"Result 2 derive" AS (
  SELECT *, CASE WHEN isfinite(TRY_CAST("a" AS DOUBLE)) AND NOT contains("a", '_') THEN TRY_CAST("a" AS DOUBLE) END + CASE WHEN isfinite(TRY_CAST("b" AS DOUBLE)) AND NOT contains("b", '_') THEN TRY_CAST("b" AS DOUBLE) END AS "sum"
  FROM "T"
),
-- filter type: custom rowType: single row: sum > 1 action: Keep
"Result 3 filter" AS (
  SELECT *
  FROM "Result 2 derive"
  WHERE "sum" > 1
)
SELECT "a", "b", format('{:.15g}', "sum" + 0) AS "sum"
FROM "Result 3 filter"`);
  });

  it("reads a column as a number once when several steps need it so", async () => {
    const steps = [
      "derive type: single value: a + 1 as: 'x'",
      "rename type: manual mapping: [a, 'c']",
      "drop col: c, x action: Keep",
      "derive type: single value: c + 2 as: 'y'",
      "derive type: single value: c + 3 as: 'z'",
    ];
    const { query, rows } = await runSteps(database, tables, steps);
    expect(query.sql.match(/isfinite/g)).toHaveLength(1);
    expect(rows).toEqual([
      ["1", "4", "3", "2"],
      ["3", "6", "5", "4"],
    ]);
  });

  it("does not mix up a hidden column with one of the same name", async () => {
    const { columns, rows } = await runSteps(database, tables, [
      "derive type: single value: 'mine' as: 'source row number'",
      "derive type: single value: 'my own' as: 'a as number'",
      "derive type: single value: $sourcerownumber as: 'n'",
      "derive type: single value: a + 1 as: 'x'",
      "derive type: single value: a + 2 as: 'y'",
    ]);
    const at = (name: string) => rows.map((row) => row[columns.indexOf(name)]);
    expect([at("source row number"), at("a as number")]).toEqual([
      ["mine", "mine"],
      ["my own", "my own"],
    ]);
    expect([at("n"), at("x"), at("y")]).toEqual([
      ["1", "2"],
      ["2", "4"],
      ["3", "5"],
    ]);
  });

  it("is the same whenever it is made", async () => {
    const steps = ["pivot col: a value: COUNT() limit: 5", "deduplicate"];
    const options = { ask: database.ask };
    const made = await Promise.all(
      [1, 2].map(() => compileSmall(smallRecipe(tables, steps), tables, options)),
    );
    expect(made[0]?.sql).toBe(made[1]?.sql);
  });
});
