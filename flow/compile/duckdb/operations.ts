import type { OperationName } from "../operations.js";

type Operation = (...args: readonly string[]) => string;

const pass =
  (functionName: string): Operation =>
  (...args) =>
    `${functionName}(${args.join(", ")})`;

/** A text that is a number: DuckDB also takes `nan`, `inf` and `1_000`, which are none here. */
const textToNumber: Operation = (text = "") =>
  `CASE WHEN isfinite(TRY_CAST(${text} AS DOUBLE)) AND NOT contains(${text}, '_') THEN TRY_CAST(${text} AS DOUBLE) END`;

/** DuckDB rounds `1.5` and reads `0x1F`, `1e3` and `1_000`: only digits are an integer here. */
const textToInteger: Operation = (text = "") =>
  `CASE WHEN regexp_full_match(${text}, '\\s*[-+]?[0-9]+\\s*') THEN TRY_CAST(${text} AS BIGINT) END`;

const dateUnits: Readonly<Record<string, (count: string) => string>> = {
  year: (count) => `to_years(${count})`,
  quarter: (count) => `to_months(3 * ${count})`,
  month: (count) => `to_months(${count})`,
  week: (count) => `to_weeks(${count})`,
  day: (count) => `to_days(${count})`,
  hour: (count) => `to_hours(${count})`,
  minute: (count) => `to_minutes(${count})`,
  second: (count) => `to_seconds(${count})`,
  millisecond: (count) => `to_milliseconds(${count})`,
};

/** DuckDB's way of saying each operation. */
export const duckdbOperations: Readonly<Record<OperationName, Operation>> = {
  textToNumber,
  textToInteger,
  textToBoolean: (text = "") => `CASE lower(trim(${text})) WHEN 'true' THEN true WHEN 'false' THEN false END`,
  numberToText: (number = "") =>
    `CASE WHEN ${number} = trunc(${number}) AND abs(${number}) < 1e15 ` +
    `THEN CAST(CAST(${number} AS BIGINT) AS VARCHAR) ELSE CAST(${number} AS VARCHAR) END`,
  textToArray: (text = "") => `TRY_CAST(TRY_CAST(${text} AS JSON) AS JSON[])`,
  textToMap: (text = "") =>
    `CASE WHEN json_valid(${text}) AND json_type(${text}) = 'OBJECT' THEN CAST(${text} AS JSON) END`,
  arrayToText: (array = "") => `CAST(to_json(${array}) AS VARCHAR)`,
  jsonToText: (json = "") => `(${json} ->> '$')`,
  valueToJson: pass("to_json"),
  elementsToJson: (array = "") => `list_transform(${array}, lambda element: to_json(element))`,
  elementsToText: (array = "") => `list_transform(${array}, lambda element: element ->> '$')`,

  replaceFirst: (text = "", literal = "", by = "") =>
    `CASE WHEN contains(${text}, ${literal}) THEN concat(left(${text}, strpos(${text}, ${literal}) - 1), ${by}, ` +
    `substr(${text}, strpos(${text}, ${literal}) + length(${literal}))) ELSE ${text} END`,
  regexReplace: (text = "", pattern = "", by = "") => `regexp_replace(${text}, ${pattern}, ${by}, 'g')`,
  regexReplaceFirst: pass("regexp_replace"),
  regexExtract: (text = "", pattern = "", group = "0") =>
    `regexp_extract_all(${text}, ${pattern}, ${group})[1]`,
  regexExtractAll: pass("regexp_extract_all"),
  regexMatches: pass("regexp_matches"),
  regexMatchesWhole: pass("regexp_full_match"),
  splitText: pass("string_split"),
  splitByPattern: pass("regexp_split_to_array"),

  list: (...values) => `[${values.join(", ")}]`,
  element: (array = "", index = "") => `${array}[${index}]`,
  listLength: pass("len"),
  restOfList: (array = "", index = "", separator = "") =>
    `CASE WHEN len(${array}) >= ${index} THEN array_to_string(${array}[${index}:], ${separator}) END`,
  numberRange: pass("range"),
  unnest: pass("unnest"),
  unnestOrNull: (array = "") => `unnest(CASE WHEN len(${array}) > 0 THEN ${array} ELSE [NULL] END)`,
  positions: (array = "") =>
    `unnest(CASE WHEN len(${array}) > 0 THEN range(1, len(${array}) + 1) ELSE [1] END)`,
  parseJson: (text = "") => `TRY_CAST(${text} AS JSON)`,
  objectOf: pass("json_object"),
  mapFromArrays: (keys = "", values = "", key = "") =>
    `to_json(map_from_entries(list_transform(range(1, len(${keys}) + 1), lambda i: ` +
    `struct_pack(k := coalesce(${keys}[i], concat(${key}, i)), v := ${values}[i]))))`,
  matchesInParts: (text = "", between = "", pattern = "") =>
    `flatten(list_transform(regexp_split_to_array(${text}, ${between}), lambda part: regexp_extract_all(part, ${pattern})))`,
  withoutLastEmpty: (texts = "") => `CASE WHEN ${texts}[-1] = '' THEN ${texts}[:-2] ELSE ${texts} END`,
  jsonField: (json = "", path = "") => `(${json} ->> ${path})`,

  addToDate: (date = "", count = "", unit = "") => `${date} + ${dateUnits[unit]?.(count) ?? "NULL"}`,
  dateDifference: (from = "", to = "", unit = "") => `date_sub('${unit}', ${from}, ${to})`,
  makeDate: (year = "", month = "", day = "") => `TRY(make_timestamp(${year}, ${month}, ${day}, 0, 0, 0))`,
  datePart: (date = "", part = "") => `date_part('${part}', ${date})`,
  nowIn: (zone = "") => `date_trunc('second', timezone(${zone}, now()))`,

  firstByRow: (value = "", order = "") => `arg_min(${value}, ${order})`,
};
