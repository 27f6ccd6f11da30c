import { afterAll, beforeAll, expect, it } from "vitest";
import { compileRecipe } from "../../../flow/compile/compile.js";
import { findRecipe } from "../../../flow/compile/find-recipe.js";
import { TestDatabase } from "./database.js";
import { smallRecipe } from "./recipe-run.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.open();
});
afterAll(() => database.close());

const STEPS = [
  "derive type: single value: NOW() as: 'now'",
  "derive type: single value: TODAY('Asia/Tokyo') as: 'there'",
  "drop col: now, there action: Keep",
];

async function compile(now?: Date): Promise<string> {
  const pkg = smallRecipe({ rows: { columns: ["a"], rows: [["1"]] } }, STEPS);
  const { node } = findRecipe(pkg, "Result");
  const options = { datasets: () => ({ relation: "(SELECT '1' AS a) AS rows", columns: [{ name: "a" }] }) };
  return (await compileRecipe(pkg, node.id, { ...options, ...(now === undefined ? {} : { now }) })).sql;
}

it("NOW and TODAY are the time that is given, in the zone that the recipe names", async () => {
  const sql = await compile(new Date("2024-12-31T20:15:30.999Z"));
  expect(await database.rows(sql)).toEqual([["2025-01-01", "2024-12-31 20:15:30"]]);
});

it("without a given time the query asks the database", async () => {
  expect(await compile()).toContain("now()");
  expect(await compile(new Date())).not.toContain("now()");
});
