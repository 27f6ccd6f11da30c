import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileRecipe } from "../../../flow/compile/compile.js";
import type { CompiledQuery, DatasetSource } from "../../../flow/compile/compiled-query.js";
import { findRecipe } from "../../../flow/compile/find-recipe.js";
import type { Dataset } from "../../../flow/model.js";
import { buildPackage } from "../../../flow/source.js";
import { TestDatabase, type TextRow } from "./database.js";
import { readExpected } from "./read-csv.js";

/** Each folder: a package's source, files for its datasets, and the rows of its recipes, worked out by hand. */
const FOLDER = join(__dirname, "everyday");

const RESULTS = readdirSync(FOLDER).flatMap((flow) =>
  readdirSync(join(FOLDER, flow, "expected")).map((file) => ({ flow, recipe: basename(file, ".csv") })),
);

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.open();
});
afterAll(() => database.close());

function sourceOf(flow: string, dataset: Dataset): DatasetSource {
  const files = [".csv", ".txt"].map((ending) => join(FOLDER, flow, "sources", `${dataset.name}${ending}`));
  const file = files.find((one) => existsSync(one));
  if (file === undefined) throw new Error(`there is no file for the dataset ${dataset.name} of ${flow}`);
  if (dataset.kind === "file") return { files: [file] };
  const columns = dataset.columns.map((name) => ({ name }));
  return { relation: `read_csv('${file}', header = true, all_varchar = true)`, columns };
}

async function compile(
  flow: string,
  recipe: string,
  output: "text" | "typed" = "text",
): Promise<CompiledQuery> {
  const pkg = await buildPackage(join(FOLDER, flow));
  return compileRecipe(pkg, findRecipe(pkg, recipe).node.id, {
    datasets: (dataset) => sourceOf(flow, dataset),
    ask: database.ask,
    output,
  });
}

const sorted = (rows: readonly TextRow[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

describe("everyday flows", () => {
  it.each(RESULTS)("$flow: $recipe gives the rows worked out by hand", async ({ flow, recipe }) => {
    const { sql, columns } = await compile(flow, recipe);
    const [header, ...wanted] = readExpected(
      readFileSync(join(FOLDER, flow, "expected", `${recipe}.csv`), "utf8"),
    );
    const rows = (await database.rows(sql)).map((row) => row.map((cell) => cell ?? ""));
    expect(columns.map(({ name }) => name)).toEqual(header);
    expect(sorted(rows)).toEqual(sorted(wanted));
  });

  it.each(RESULTS)("$flow: $recipe can be written with types", async ({ flow, recipe }) => {
    const typed = await compile(flow, recipe, "typed");
    const text = await compile(flow, recipe);
    await database.run(`CREATE OR REPLACE TABLE result AS ${typed.sql}`);
    const [count] = await database.rows("SELECT count(*) FROM result");
    expect(count).toEqual([String((await database.rows(text.sql)).length)]);
  });
});
