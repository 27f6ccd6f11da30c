import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { functionDefinitions } from "../../../flow/compile/functions/registry.js";
import { functionsByType, type FunctionForm } from "../../../flow/language/functions.js";
import { TestDatabase } from "./database.js";
import { compileSmall, smallRecipe, type SmallTable } from "./recipe-run.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.open();
});
afterAll(() => database.close());

/** Cells that somebody's file has where a number, a date or an array is expected. */
const CELLS = [
  null,
  "",
  " ",
  "0",
  "-1",
  "7",
  "1.5",
  "abc",
  "NaN",
  "1e400",
  "1e300",
  "9223372036854775807",
  "-9223372036854775808",
  "99999999999999999999",
  "2024-02-29",
  "2024-02-30",
  "9999-12-31 23:59:59",
  "0001-01-01",
  "31/12/2024",
  "true",
  "[]",
  '[1, null, "x"]',
  "[[1], {}]",
  '{"a": 1}',
  "[1,",
  "http://www.example.co.uk/a?b=%zz&b=1",
  "999.999.999.999",
  "é日本😀",
  "\\",
];

const COLUMNS = ["a", "b", "c", "d", "e", "f"];

/** Every cell in every column, beside a different one each time. */
const TABLE: SmallTable = {
  columns: COLUMNS,
  rows: CELLS.flatMap((_, shift) =>
    [1, 5].map((step) =>
      COLUMNS.map((__, column) => CELLS[(shift + column * step * (column + 1)) % CELLS.length] ?? null),
    ),
  ),
};

/** Their square is beyond every number, at which the database stops a variance with an error. */
const TOO_GREAT = "1e300";
const MODERATE: SmallTable = {
  ...TABLE,
  rows: TABLE.rows.map((row) => row.map((cell) => (cell === TOO_GREAT ? null : cell))),
};

/** Arguments that have to be fixed; every other one is a column. */
const FIXED: Readonly<Record<string, string>> = {
  after: "1",
  before: "2",
  digits: "2",
  format: "'yyyy-MM-dd HH:mm:ss'",
  ignoreCase: "true",
  inputFormats: "['yyyy-MM-dd', 'dd/MM/yyyy']",
  intParam: "1",
  k: "2",
  limit: "3",
  measure: "month",
  nth: "2",
  order: "'descending'",
  parts: "3",
  pattern: "`{any}+`",
  percent: "30",
  predicateValuePairs: "[f == 1, f, f > 'x', f, 1]",
  quartile: "3",
  side: "'right'",
  timezone: "'Europe/Paris'",
  type: "'Integer'",
  with: "'x'",
  workingdays: "'0000011'",
};

const OWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ConvertTimezone: { from: "'Asia/Tokyo'", to: "'Europe/Paris'" },
  NumFormat: { format: "'#,##0.0#'" },
  Session: { count: "3", measure: "day" },
  Find: { start: "2" },
};

const TAKES_A_LIST = /^Array(?:Concat|Intersect|Cross|Zip)$/;

function write({ type, text, style, parameters }: FunctionForm, columns: readonly string[]): string {
  if (style === "variable") return `$${text}`;
  if (TAKES_A_LIST.test(type)) return `${text}([${columns.slice(0, 2).join(", ")}])`;
  const values = parameters.map((name, at) => OWN[type]?.[name] ?? FIXED[name] ?? columns[at] ?? "f");
  return style === "infix" ? values.join(` ${text} `) : `${text}(${values.join(", ")})`;
}

/** These rows come out of no file. */
const WITHOUT_FILE = "FilePath";

const FUNCTIONS = [...functionDefinitions.values()]
  .filter(({ type }) => type !== WITHOUT_FILE)
  .map(({ type, family }) => {
    const form = functionsByType.get(type);
    if (form === undefined) throw new Error(`the language has no function ${type}`);
    const aggregated = write(form, ["MAX(a)", "f", "COUNT()", "f", "f", "f"]);
    return { type, family, expression: write(form, COLUMNS), aggregated };
  });

const UNITS = ["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"];

const LOOKS_AT_ROWS: ReadonlySet<string> = new Set(["aggregate", "window", "source"]);

async function run(steps: readonly string[], output: "text" | "typed", table = TABLE): Promise<number> {
  const { sql } = await compileSmall(smallRecipe({ T: table }, steps), { T: table }, { output });
  // Written rather than fetched: a value that does not fit its column's type fails here.
  await database.run(`CREATE OR REPLACE TABLE result AS ${sql}`);
  const [row] = await database.rows("SELECT count(*) FROM result");
  return Number(row?.[0]);
}

function step(family: string, expression: string): string {
  switch (family) {
    case "aggregate":
      return `groupby type: agg group: f value: result = ${expression}`;
    case "window":
      return `derive type: multiple value: ${expression} group: e order: d as: 'result'`;
    default:
      return `derive type: single value: ${expression} as: 'result'`;
  }
}

describe.each(["Integer", "Datetime", undefined])(
  "columns of type %s with cells of every kind",
  (columnType) => {
    const before = columnType === undefined ? [] : [`settype col: ${COLUMNS.join(", ")} type: ${columnType}`];
    const output = columnType === undefined ? "text" : "typed";

    it("are written as they are, or as null where they do not fit", async () => {
      expect(await run(before, "typed")).toBe(TABLE.rows.length);
    });

    it.each(FUNCTIONS)("are no error in $expression", async ({ type, family, expression }) => {
      const table = /^(?:Rolling)?(?:StDev|Var)/.test(type) ? MODERATE : TABLE;
      expect(await run([...before, step(family, expression)], output, table)).toBeGreaterThan(0);
    });

    it("are no error in all functions at once, of which the database may compute common parts first", async () => {
      const alone = FUNCTIONS.filter(({ family }) => !LOOKS_AT_ROWS.has(family));
      const more = UNITS.map((unit) => ({ expression: `DATEADD(a, b, ${unit})` }));
      const values = [...alone, ...more].flatMap(({ expression }) => [
        expression,
        `MERGE([${expression}, '!'])`,
      ]);
      const columns = values.map((expression, at) => `[${expression}, 'x${String(at)}']`);
      expect(await run([...before, `select values: ${columns.join(", ")}`], output)).toBe(TABLE.rows.length);
    });

    it.each(FUNCTIONS.filter(({ family }) => !LOOKS_AT_ROWS.has(family)))(
      "may be aggregated inside $aggregated",
      async ({ aggregated }) => {
        expect(await run([...before, step("aggregate", aggregated)], output)).toBeGreaterThan(0);
      },
    );
  },
);
