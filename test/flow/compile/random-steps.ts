export type Cell = string | null;
export type Row = Readonly<Record<string, Cell>>;

/** A step as text, or several one below the other, and what they do to rows. */
export interface ModelStep {
  readonly text: string;
  readonly run: (rows: readonly Row[]) => Row[];
}

export type Random = (below: number) => number;

/** Repeatable random numbers. */
export function createRandom(seed: number): Random {
  let state = seed * 2654435761;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

export const CELLS: readonly Cell[] = ["", null, "1", "2", "10", "1.5", "x", "Y", "é"];

function toNumber(cell: Cell | undefined): number | null {
  if (cell === null || cell === undefined || !/^\d+(\.\d+)?$/.test(cell)) return null;
  return Number(cell);
}

const isMissing = (cell: Cell | undefined): boolean => cell === null || cell === undefined || cell === "";
const write = (value: number | null): Cell => (value === null ? null : String(value));
export const cellOf = (row: Row, name: string): Cell => row[name] ?? null;

/** Values of a new column, computed from each row and its place among all. */
function adding(name: string, value: (row: Row, at: number, rows: readonly Row[]) => Cell): ModelStep["run"] {
  return (rows) => rows.map((row, at) => ({ ...row, [name]: value(row, at, rows) }));
}

/** A step over the columns of these names, which it changes to those behind it. */
export function randomStep(random: Random, names: string[], at: number): ModelStep {
  return random(2) === 0 ? plainStep(random, names, at) : furtherStep(random, names, at);
}

function plainStep(random: Random, names: string[], at: number): ModelStep {
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
    case 7: {
      const all = [...names];
      return {
        text: "deduplicate",
        run: (rows) => {
          const keys = rows.map((row) => JSON.stringify(all.map((name) => cellOf(row, name))));
          return rows.filter((_, place) => keys.indexOf(keys[place] ?? "") === place);
        },
      };
    }
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

function furtherStep(random: Random, names: string[], at: number): ModelStep {
  const pick = (): string => names[random(names.length)] ?? "a";
  const [p, q] = [pick(), pick()];
  const added = `n${String(at)}`;
  const limit = random(5);
  const groupOf = (row: Row, rows: readonly Row[]) =>
    rows.filter((other) => cellOf(other, p) === cellOf(row, p));
  switch (random(11)) {
    case 0:
      names.push(added);
      return {
        text: `case col: ${p} colCases: ['1', 'one'], ['x', 'ex'] default: 'other' as: '${added}'`,
        run: adding(added, (row) => ({ 1: "one", x: "ex" })[cellOf(row, p) ?? ""] ?? "other"),
      };
    case 1:
      names.push(added);
      return {
        text: `case cases: [${p} > ${String(limit)}, ${q}], [ISMISSING([${p}]), 'gone'] as: '${added}'`,
        run: adding(added, (row) => {
          if ((toNumber(cellOf(row, p)) ?? -1) > limit) return cellOf(row, q);
          return isMissing(cellOf(row, p)) ? "gone" : null;
        }),
      };
    case 2:
      names.push(added);
      return {
        text: `derive type: multiple value: ROWNUMBER() group: ${p} as: '${added}'`,
        run: adding(added, (row, _, rows) => String(groupOf(row, rows).indexOf(row) + 1)),
      };
    case 3:
      return {
        text: `filter type: custom rowType: multiple row: COUNT() > 1 group: ${p} action: Keep`,
        run: (rows) => rows.filter((row) => groupOf(row, rows).length > 1),
      };
    case 4:
      names.push(added);
      return {
        text: `derive type: multiple value: FILL(${q}, -1, 0) group: ${p} as: '${added}'`,
        run: adding(added, (row, _, rows) => {
          const group = groupOf(row, rows);
          const before = group.slice(0, group.indexOf(row) + 1).filter((one) => !isMissing(cellOf(one, q)));
          const last = before.at(-1);
          return last === undefined ? null : cellOf(last, q);
        }),
      };
    case 5:
      names.push(added);
      return {
        text: `derive type: multiple value: ROLLINGSUM(${q}, 1, 1) group: ${p} as: '${added}'`,
        run: adding(added, (row, _, rows) => {
          const group = groupOf(row, rows);
          const place = group.indexOf(row);
          return sumOf(group.slice(Math.max(0, place - 1), place + 2), q);
        }),
      };
    case 6:
      names.push(added);
      return {
        text: `derive type: single value: IFMISMATCHED(${p}, 'Integer', 'bad') as: '${added}'`,
        run: adding(added, (row) => {
          const cell = cellOf(row, p);
          return cell === null || cell === "" || /^\d+$/.test(cell) ? cell : "bad";
        }),
      };
    case 7:
      names.push(added);
      return {
        text: `derive type: single value: PAD(LEFT(${p}, 2), 3, '*', 'left') as: '${added}'`,
        run: adding(added, (row) => cellOf(row, p)?.slice(0, 2).padStart(3, "*") ?? null),
      };
    case 8: {
      const [first, second] = [`s${String(at)}`, `t${String(at)}`];
      names.splice(names.indexOf(p), 1, first, second);
      return {
        text: `splitpatterns col: ${p} type: on on: '.' limit: 1 as: '${first}', '${second}'`,
        run: (rows) =>
          rows.map((row) => {
            const [start = null, end = null] = cellOf(row, p)?.split(".") ?? [];
            return { ...row, [first]: start, [second]: end };
          }),
      };
    }
    case 9: {
      if (p === q || names.includes("key")) return sortedBy(p);
      names.splice(0, names.length, ...names.filter((name) => name !== p && name !== q), "key", "value");
      return {
        text: `unpivot col: ${p}, ${q} groupEvery: 1`,
        run: (rows) => rows.flatMap((row) => [p, q].map((key) => ({ ...row, key, value: cellOf(row, key) }))),
      };
    }
    default:
      if (p === q) return sortedBy(p);
      names.push(added);
      return {
        text: `nest into: array col: ${p}, ${q} as: '${added}'\nflatten col: ${added}`,
        run: (rows) => rows.flatMap((row) => [p, q].map((name) => ({ ...row, [added]: cellOf(row, name) }))),
      };
  }
}

function sumOf(rows: readonly Row[], name: string): Cell {
  const numbers = rows.flatMap((row) => toNumber(cellOf(row, name)) ?? []);
  return numbers.length === 0 ? null : String(numbers.reduce((sum, one) => sum + one, 0));
}

/** Numbers by value, then texts by their characters, then nulls. */
function sortedBy(name: string): ModelStep {
  const compare = (left: Cell | number, right: Cell | number): number => {
    if (left === right) return 0;
    if (left === null || right === null) return left === null ? 1 : -1;
    return left < right ? -1 : 1;
  };
  return {
    text: `sort order: ${name}`,
    run: (rows) =>
      [...rows].sort((one, other) => {
        const [left, right] = [cellOf(one, name), cellOf(other, name)];
        return compare(toNumber(left), toNumber(right)) || compare(left, right);
      }),
  };
}

/** A step that leaves rows in any order. */
export function randomEnd(random: Random, names: string[]): ModelStep {
  const pick = (): string => names[random(names.length)] ?? "a";
  const [p, q] = [pick(), pick()];
  const others = ["rows", "sum", "most", "kinds", "there"];
  names.splice(0, names.length, p, ...others);
  return {
    text: `groupby type: agg group: ${p} value: rows = COUNT(), sum = SUM(${q}), most = MAX(${q}), kinds = COUNTDISTINCT(${q}), there = COUNTA(${q})`,
    run: (rows) =>
      [...new Set(rows.map((row) => cellOf(row, p)))].map((cell) => {
        const group = rows.filter((row) => cellOf(row, p) === cell);
        const there = group.map((row) => cellOf(row, q)).filter((one) => !isMissing(one));
        const numbers = there.flatMap((one) => toNumber(one) ?? []);
        return {
          [p]: cell,
          rows: String(group.length),
          sum: sumOf(group, q),
          most: numbers.length === 0 ? null : String(Math.max(...numbers)),
          kinds: String(new Set(there).size),
          there: String(there.length),
        };
      }),
  };
}
