import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CELLS, cellOf, createRandom, randomEnd, randomStep, type Cell, type Row } from "./random-steps.js";
import { TestDatabase } from "./database.js";
import { runSteps } from "./recipe-run.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.open();
});
afterAll(() => database.close());

describe("random recipes", () => {
  it.each(Array.from({ length: 200 }, (_, seed) => seed))(
    "do what a plain model does (seed %i)",
    async (seed) => {
      const random = createRandom(seed + 1);
      const names = ["a", "b", "c"];
      const cell = (): Cell => CELLS[random(CELLS.length)] ?? null;
      const rows = Array.from({ length: random(12) }, (): Row => ({ a: cell(), b: cell(), c: cell() }));
      const steps = Array.from({ length: 1 + random(6) }, (_, at) => randomStep(random, names, at));
      const isGrouped = random(3) === 0;
      if (isGrouped) steps.push(randomEnd(random, names));
      const model = steps.reduce<readonly Row[]>((before, step) => step.run(before), rows);
      const table = {
        columns: ["a", "b", "c"],
        rows: rows.map((row) => [cellOf(row, "a"), cellOf(row, "b"), cellOf(row, "c")]),
      };
      const texts = steps.flatMap(({ text }) => text.split("\n"));
      const result = await runSteps(database, { T: table }, texts);
      const ordered = <Item>(items: readonly Item[]): Item[] =>
        isGrouped
          ? [...items].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
          : [...items];
      expect({ texts, columns: [...result.columns].sort(), rows: ordered(result.rows) }).toEqual({
        texts,
        columns: [...names].sort(),
        rows: ordered(model.map((row) => result.columns.map((name) => cellOf(row, name)))),
      });
    },
  );
});
