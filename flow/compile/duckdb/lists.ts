import type { OperationName } from "../operations.js";
import { ordered, pass, type Operation } from "./operation.js";

type ListOperation =
  | Extract<OperationName, `list${string}` | `elements${string}` | `unnest${string}`>
  | "textToArray"
  | "arrayToText"
  | "element"
  | "joinList"
  | "restOfList"
  | "withoutLastEmpty"
  | "numberRange"
  | "positions";

function folded(name: string): Operation {
  return (first = "", ...others) => others.reduce((all, one) => `${name}(${all}, ${one})`, first);
}

/** Sorts by number, then by text; elements that are JSON are compared by what they stand for. */
function sorted(array: string, direction: string): string {
  const keyed =
    `list_transform(${array}, lambda element: struct_pack(n := TRY_CAST(CAST(element AS VARCHAR) AS DOUBLE), ` +
    `t := CAST(element AS VARCHAR), element := element))`;
  return `list_transform(list_sort(${keyed}, '${direction}', 'NULLS LAST'), lambda one: one.element)`;
}

/** Rows of several lists side by side, each as a JSON array. */
function zipped(...arrays: readonly string[]): string {
  const length = `least(${arrays.map((array) => `len(${array})`).join(", ")})`;
  return `list_transform(range(1, ${length} + 1), lambda i: to_json([${arrays.map((array) => `${array}[i]`).join(", ")}]))`;
}

/** Every combination of the elements of several lists, each as a JSON array. */
function crossed(...arrays: readonly string[]): string {
  const [first = "", ...others] = arrays;
  const combined = others.reduce(
    (all, array, index) =>
      `flatten(list_transform(${all}, lambda a${String(index)}: list_transform(${array}, lambda b${String(index)}: list_append(a${String(index)}, b${String(index)}))))`,
    `list_transform(${first}, lambda one: [one])`,
  );
  return `list_transform(${combined}, lambda combination: to_json(combination))`;
}

/** A position from 0, or from the end when negative, moved to where DuckDB counts from. */
function within(position: string, ifNegative: number, otherwise: number): string {
  const limited = `greatest(least(${position}, 4294967295), -4294967295)`;
  return (
    `CASE WHEN ${position} < 0 THEN ${limited} + (${String(ifNegative)}) ` +
    `WHEN ${position} >= 0 THEN ${limited} + ${String(otherwise)} END`
  );
}

/** DuckDB's way of saying the operations on lists. */
export const duckdbLists: Readonly<Record<ListOperation, Operation>> = {
  textToArray: (text = "") => `TRY_CAST(TRY_CAST(${text} AS JSON) AS JSON[])`,
  arrayToText: (array = "") => `CAST(to_json(${array}) AS VARCHAR)`,
  elementsToJson: (array = "") => `list_transform(${array}, lambda element: to_json(element))`,
  elementsToText: (array = "") => `list_transform(${array}, lambda element: element ->> '$')`,
  elementsToNumbers: (array = "") =>
    `list_filter(list_transform(${array}, lambda element: TRY_CAST(element ->> '$' AS DOUBLE)), lambda number: isfinite(number))`,

  list: (...values) => `[${values.join(", ")}]`,
  element: (array = "", position = "") => `${array}[${position}]`,
  listLength: pass("len"),
  listStart: (array = "", length = "") => `coalesce(${array}, [])[:${length}]`,
  listConcat: folded("list_concat"),
  // DuckDB's own intersection answers in no order.
  listIntersect: (first = "", ...others) =>
    `list_filter(${first}, lambda element, i: list_position(${first}, element) = i AND ` +
    `${others.map((other) => `list_contains(${other}, element)`).join(" AND ")})`,
  listCross: crossed,
  listZip: zipped,
  listUnique: (array = "") =>
    `list_filter(${array}, lambda element, i: list_position(${array}, element) = i)`,
  listSort: (array = "", direction = "ASC") => sorted(array, direction),
  listDescending: pass("list_reverse_sort"),
  listSlice: (array = "", start = "", end = "") =>
    `list_slice(${array}, ${within(start, 0, 1)}, ${end === "" ? `len(${array})` : within(end, -1, 0)})`,
  listIndex: (array = "", value = "") => `nullif(coalesce(list_position(${array}, ${value}), 0), 0) - 1`,
  listLastIndex: (array = "", value = "") =>
    `len(${array}) - nullif(coalesce(list_position(list_reverse(${array}), ${value}), 0), 0)`,
  // The separator of DuckDB's own function is a literal.
  joinList: (texts = "", between = "") =>
    /^E?'/.test(between)
      ? `array_to_string(${texts}, ${between})`
      : `substr(list_reduce(list_filter(${texts}, lambda one: one IS NOT NULL), ` +
        `lambda joined, one: concat(joined, ${between}, one), ''), length(${between}) + 1)`,
  restOfList: (array = "", position = "", between = "") =>
    `CASE WHEN len(${array}) >= ${position} THEN array_to_string(${array}[${position}:], ${between}) END`,
  withoutLastEmpty: (texts = "") => `CASE WHEN ${texts}[-1] = '' THEN ${texts}[:-2] ELSE ${texts} END`,
  // A step of zero would make no row, and one that is null an error.
  numberRange: pass("range"),
  listSum: pass("list_sum"),
  listAverage: pass("list_avg"),
  listMax: pass("list_max"),
  listMin: pass("list_min"),
  listStdev: pass("list_stddev_pop"),
  listVariance: pass("list_var_pop"),
  listStdevSample: pass("list_stddev_samp"),
  listVarianceSample: pass("list_var_samp"),
  listMode: (numbers = "") => `list_mode(list_sort(${numbers}))`,

  unnest: pass("unnest"),
  unnestOrNull: (array = "") => `unnest(CASE WHEN len(${array}) > 0 THEN ${array} ELSE [NULL] END)`,
  positions: (array = "") =>
    `unnest(CASE WHEN len(${array}) > 0 THEN range(1, len(${array}) + 1) ELSE [1] END)`,

  listByRow: ordered("list"),
  listAll: pass("list"),
  listDistinct: (value = "") => `list(DISTINCT ${value})`,
};
