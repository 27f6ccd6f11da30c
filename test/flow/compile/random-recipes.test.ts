import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestDatabase } from "./database.js";
import { runSteps } from "./recipe-run.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.open();
});
afterAll(() => database.close());

type Cell = string | null;
type Row = Readonly<Record<string, Cell>>;

/** A step as text, and what it does to rows. */
interface ModelStep {
  readonly text: string;
  readonly run: (rows: readonly Row[]) => Row[];
}

type Random = (below: number) => number;

/** Repeatable random numbers. */
function createRandom(seed: number): Random {
  let state = seed * 2654435761;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

const CELLS: readonly Cell[] = ["", null, "1", "2", "10", "1.5", "x", "Y", "é"];

function toNumber(cell: Cell | undefined): number | null {
  if (cell === null || cell === undefined || !/^\d+(\.\d+)?$/.test(cell)) return null;
  return Number(cell);
}

const isMissing = (cell: Cell | undefined): boolean => cell === null || cell === undefined || cell === "";
const write = (value: number | null): Cell => (value === null ? null : String(value));
const cellOf = (row: Row, name: string): Cell => row[name] ?? null;

/** Values of a new column, computed from each row and its place among all. */
function adding(name: string, value: (row: Row, at: number, rows: readonly Row[]) => Cell): ModelStep["run"] {
  return (rows) => rows.map((row, at) => ({ ...row, [name]: value(row, at, rows) }));
}

function randomStep(random: Random, names: string[], at: number): ModelStep {
  const pick = (): string => names[random(names.length)] ?? "a";
  const [p, q] = [pick(), pick()];
  const added = `n${String(at)}`;
  const limit = random(5);
  const sameGroup = (row: Row) => (other: Row) => cellOf(other, p) === cellOf(row, p);
  switch (random(10)) {
    case 0:
      return {
        text: `filter type: custom rowType: single row: ${p} > ${String(limit)} action: Keep`,
        run: (rows) => rows.filter((row) => (toNumber(cellOf(row, p)) ?? -1) > limit),
      };
    case 1:
      return {
        text: `filter type: custom rowType: single row: ${p} == ${String(limit)} || ISMISSING([${q}]) action: Delete`,
        run: (rows) => rows.filter((row) => toNumber(cellOf(row, p)) !== limit && !isMissing(cellOf(row, q))),
      };
    case 2:
      names.push(added);
      return {
        text: `derive type: single value: ${p} + ${q} * 2 as: '${added}'`,
        run: adding(added, (row) => {
          const [left, right] = [toNumber(cellOf(row, p)), toNumber(cellOf(row, q))];
          return write(left === null || right === null ? null : left + right * 2);
        }),
      };
    case 3:
      return {
        text: `set col: ${p} value: IFMISSING($col, 'none')`,
        run: (rows) =>
          rows.map((row) => ({ ...row, [p]: isMissing(cellOf(row, p)) ? "none" : cellOf(row, p) })),
      };
    case 4:
      names.push(added);
      return {
        text: `derive type: multiple value: COUNT() group: ${p} as: '${added}'`,
        run: adding(added, (row, _, rows) => String(rows.filter(sameGroup(row)).length)),
      };
    case 5:
      names.push(added);
      return {
        text: `derive type: multiple value: PREV(${q}, 1) group: ${p} as: '${added}'`,
        run: adding(added, (row, place, rows) => {
          const before = rows.slice(0, place).filter(sameGroup(row)).at(-1);
          return before === undefined ? null : cellOf(before, q);
        }),
      };
    case 6:
      names.push(added);
      return {
        text: `derive type: multiple value: SUM(${q}) group: ${p} as: '${added}'`,
        run: adding(added, (row, _, rows) => {
          const numbers = rows.filter(sameGroup(row)).flatMap((other) => toNumber(cellOf(other, q)) ?? []);
          return numbers.length === 0 ? null : String(numbers.reduce((sum, one) => sum + one, 0));
        }),
      };
    case 7:
      return {
        text: "deduplicate",
        run: (rows) =>
          [
            ...new Map(
              [...rows].reverse().map((row) => [JSON.stringify(names.map((name) => cellOf(row, name))), row]),
            ).values(),
          ].reverse(),
      };
    case 8:
      return {
        text: `set col: ${p} value: IF(${q} == 'x' && ${p} != 1, 'both', $col)`,
        run: (rows) =>
          rows.map((row) => {
            const isOther = cellOf(row, p) !== null && toNumber(cellOf(row, p)) !== 1;
            return cellOf(row, q) === "x" && isOther ? { ...row, [p]: "both" } : row;
          }),
      };
    default:
      names.push(added);
      return {
        text: `derive type: single value: MERGE([${p}, '-', ${q}]) as: '${added}'`,
        run: adding(added, (row) => `${cellOf(row, p) ?? ""}-${cellOf(row, q) ?? ""}`),
      };
  }
}

describe("random recipes", () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))(
    "do what a plain model does (seed %i)",
    async (seed) => {
      const random = createRandom(seed + 1);
      const names = ["a", "b", "c"];
      const cell = (): Cell => CELLS[random(CELLS.length)] ?? null;
      const rows = Array.from({ length: random(12) }, (): Row => ({ a: cell(), b: cell(), c: cell() }));
      const steps = Array.from({ length: 1 + random(6) }, (_, at) => randomStep(random, names, at));
      const model = steps.reduce<readonly Row[]>((before, step) => step.run(before), rows);
      const table = {
        columns: ["a", "b", "c"],
        rows: rows.map((row) => [cellOf(row, "a"), cellOf(row, "b"), cellOf(row, "c")]),
      };
      const texts = steps.map(({ text }) => text);
      const result = await runSteps(database, { T: table }, texts);
      expect({ texts, columns: [...result.columns].sort(), rows: result.rows }).toEqual({
        texts,
        columns: [...names].sort(),
        rows: model.map((row) => result.columns.map((name) => cellOf(row, name))),
      });
    },
  );
});
