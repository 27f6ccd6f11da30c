import type { OperationName } from "../operations.js";
import { duckdbLists } from "./lists.js";
import { ordered, pass, type Operation } from "./operation.js";

/** A text that is a number: DuckDB also takes `nan`, `inf` and `1_000`, which are none here. */
const textToNumber: Operation = (text = "") =>
  `CASE WHEN isfinite(TRY_CAST(${text} AS DOUBLE)) AND NOT contains(${text}, '_') THEN TRY_CAST(${text} AS DOUBLE) END`;

/** DuckDB rounds `1.5` and reads `0x1F`, `1e3` and `1_000`: only digits are a whole number here. */
const textToInteger: Operation = (text = "") =>
  `CASE WHEN regexp_full_match(${text}, '\\s*[-+]?[0-9]+\\s*') THEN TRY_CAST(${text} AS BIGINT) END`;

/** Working days that a date can be moved by. */
const MOST_DAYS = "100000";

/** Long before every date of interest. */
const MONDAY = "TIMESTAMP '0001-01-01'";

/** The 15 digits that the product's decimals have, and that adding up in another order leaves alone; no minus at zero. */
const numberToText: Operation = (number = "") => `format('{:.15g}', ${number} + 0)`;

const numberToJson: Operation = (number = "") => `TRY_CAST(${numberToText(number)} AS JSON)`;

const INTERVALS: Readonly<Record<string, (count: string) => string>> = {
  year: (count) => `to_years(TRY_CAST(${count} AS INTEGER))`,
  quarter: (count) => `to_months(TRY_CAST(3 * CAST(${count} AS HUGEINT) AS INTEGER))`,
  month: (count) => `to_months(TRY_CAST(${count} AS INTEGER))`,
  week: (count) => `to_weeks(TRY_CAST(${count} AS INTEGER))`,
  day: (count) => `to_days(TRY_CAST(${count} AS INTEGER))`,
  hour: (count) => `to_hours(${count})`,
  minute: (count) => `to_minutes(${count})`,
  second: (count) => `to_seconds(${count})`,
  millisecond: (count) => `to_milliseconds(${count})`,
};

const BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[0-9]{1,2}|0[0-9]{2})";

/** A list of keys and values as an object; of a repeated key the first value counts. */
function toObject(entries: string): string {
  const keys = `list_transform(${entries}, lambda entry: entry.k)`;
  return `to_json(map_from_entries(list_filter(${entries}, lambda entry, place: list_position(${keys}, entry.k) = place)))`;
}

/** Few texts hold the literal twice, and `replace` is many times as fast as taking a text apart. */
const replaceFirst: Operation = (text = "", literal = "", by = "") => {
  const rest = `substr(${text}, strpos(${text}, ${literal}) + length(${literal}))`;
  const first = `concat(left(${text}, strpos(${text}, ${literal}) - 1), ${by}, ${rest})`;
  const [, plain] = /^'([^%_\\]*)'$/.exec(literal) ?? [];
  return plain === undefined
    ? `CASE WHEN contains(${text}, ${literal}) THEN ${first} ELSE ${text} END`
    : `CASE WHEN ${text} LIKE '%${plain}%${plain}%' THEN ${first} ELSE replace(${text}, ${literal}, ${by}) END`;
};

/** DuckDB's way of saying each operation. */
export const duckdbOperations: Readonly<Record<OperationName, Operation>> = {
  ...duckdbLists,
  textToNumber,
  textToInteger,
  textToBoolean: (text = "") => `CASE lower(trim(${text})) WHEN 'true' THEN true WHEN 'false' THEN false END`,
  numberToJson,
  numbersToJson: (array = "") => `list_transform(${array}, lambda number: ${numberToJson("number")})`,
  numberToText,
  timestampToText: (date = "") => `CAST(${date} AS VARCHAR)`,
  textToMap: (text = "") =>
    `CASE WHEN json_valid(${text}) AND json_type(${text}) = 'OBJECT' THEN CAST(${text} AS JSON) END`,
  jsonToText: (json = "") => `(${json} ->> '$')`,
  valueToJson: pass("to_json"),
  parseJson: (text = "") => `TRY_CAST(${text} AS JSON)`,

  finite: (expression = "") => `list_filter([${expression}], lambda result: isfinite(result))[1]`,

  formatNumber: (number = "", decimals = "0", separator = "") =>
    `format('{:${separator}.${decimals}f}', round(CAST(${number} AS DOUBLE), ${decimals}))`,

  trim: (text = "") => `regexp_replace(${text}, '^\\s+|\\s+$', '', 'g')`,
  withoutAccents: pass("strip_accents"),
  proper: (text = "") =>
    `list_reduce(list_transform(regexp_extract_all(lower(${text}), '\\s+|[^\\s]+'), ` +
    `lambda word: concat(upper(word[1]), word[2:])), lambda before, word: concat(before, word), '')`,
  replaceFirst,
  regexReplace: (text = "", pattern = "", by = "") => `regexp_replace(${text}, ${pattern}, ${by}, 'g')`,
  regexReplaceFirst: pass("regexp_replace"),
  regexExtract: (text = "", pattern = "", group = "0") =>
    `regexp_extract_all(${text}, ${pattern}, ${group})[1]`,
  regexExtractAll: pass("regexp_extract_all"),
  regexMatches: pass("regexp_matches"),
  splitText: pass("string_split"),
  matchesInParts: (text = "", between = "", pattern = "") =>
    `flatten(list_transform(regexp_split_to_array(${text}, ${between}), lambda part: regexp_extract_all(part, ${pattern})))`,
  character: (code = "") => `chr(TRY_CAST(${code} AS INTEGER))`,
  codePoint: (text = "") => `CASE WHEN ${text} <> '' THEN unicode(${text}) END`,
  base64Encode: (text = "") => `base64(encode(${text}))`,
  base64Decode: (text = "") => `decode(from_base64(${text}))`,
  urlParameters: (text = "") =>
    toObject(
      `list_transform(regexp_extract_all(regexp_extract(${text}, '[?]([^#]*)', 1), '[^&]+'), lambda one: ` +
        `struct_pack(k := url_decode(string_split(one, '=')[1]), v := url_decode(array_to_string(string_split(one, '=')[2:], '='))))`,
    ),
  addressToNumber: (text = "") =>
    `CASE WHEN regexp_full_match(${text}, '${BYTE}([.]${BYTE}){3}') THEN list_reduce(list_transform(` +
    `string_split(${text}, '.'), lambda byte: CAST(byte AS BIGINT)), lambda before, byte: before * 256 + byte) END`,
  numberToAddress: (number = "") =>
    `CASE WHEN ${number} BETWEEN 0 AND 4294967295 THEN concat_ws('.', ${[24, 16, 8, 0].map((shift) => `CAST((${number} >> ${String(shift)}) & 255 AS VARCHAR)`).join(", ")}) END`,

  jsonField: (json = "", path = "") => `(${json} ->> ${path})`,
  objectOf: pass("json_object"),
  mapFromArrays: (keys = "", values = "", key = "") =>
    toObject(
      `list_transform(range(1, len(${values}) + 1), lambda i: ` +
        `struct_pack(k := coalesce(${keys}[i], concat(${key}, i)), v := ${values}[i]))`,
    ),
  keysAndValues: (text = "", between = "", pair = "") =>
    toObject(
      `list_transform(list_filter(regexp_split_to_array(${text}, ${between}), lambda one: regexp_matches(one, ${pair})), ` +
        `lambda one: struct_pack(k := regexp_extract(one, ${pair}, 1), v := regexp_extract(one, ${pair}, 2)))`,
    ),
  withoutKeys: (json = "", patch = "") =>
    `CASE WHEN ${json} IS NOT NULL THEN json_merge_patch(${json}, CAST(${patch} AS JSON)) END`,
  withoutElements: (json = "", ...positions) =>
    `list_filter(TRY_CAST(${json} AS JSON[]), lambda one, place: place NOT IN (` +
    `${positions.map((at) => (at.startsWith("-") ? `json_array_length(${json}) + 1 - ${at.slice(1)}` : String(Number(at) + 1))).join(", ")}))`,
  mapKeys: pass("json_keys"),
  filterMap: (map = "", keys = "") =>
    `CASE WHEN ${map} IS NOT NULL THEN to_json(map_from_entries(list_transform(list_filter(${keys}, lambda key: list_contains(json_keys(${map}), key)), ` +
    `lambda key: struct_pack(k := key, v := json_extract(${map}, concat('$."', regexp_replace(key, '(["\\\\])', '\\\\\\1', 'g'), '"')))))) END`,

  addToDate: (date = "", count = "", unit = "") => `${date} + ${INTERVALS[unit]?.(count) ?? "NULL"}`,
  dateDifference: (from = "", to = "", unit = "") => `date_sub('${unit}', ${from}, ${to})`,
  makeDate: (...parts) => `make_timestamp(${parts.join(", ")})`,
  // Every part has a function of its own, which is faster than date_part.
  datePart: (date = "", part = "") => `${part}(${date})`,
  weekFromSunday: (date = "") =>
    `(date_part('doy', ${date}) + date_part('dow', date_trunc('year', ${date})) - 1) // 7 + 1`,
  endOfMonth: (date = "") => `CAST(last_day(${date}) AS TIMESTAMP)`,
  nowIn: (zone = "") => `date_trunc('second', timezone(${zone}, now()))`,
  momentIn: (moment = "", zone = "") =>
    `date_trunc('second', timezone(${zone}, CAST(${moment} AS TIMESTAMPTZ)))`,
  convertZone: (date = "", from = "", to = "") => `timezone(${to}, timezone(${from}, ${date}))`,
  unixMilliseconds: pass("epoch_ms"),
  fromUnixMilliseconds: (number = "") => `make_timestamp_ms(${number})`,
  // Holidays and weekends move the day on: a list long enough for all of them is cut at the wanted day.
  addWorkDays: (date = "", count = "", holidays = "", ...working) =>
    `CASE WHEN ${count} = 0 THEN ${date} WHEN ${count} BETWEEN -${MOST_DAYS} AND ${MOST_DAYS} THEN ` +
    `list_filter(list_transform(range(1, (abs(${count}) + len(${holidays})) * 7 // ${String(working.length)} + 15), ` +
    `lambda i: ${date} + to_days(CAST(sign(${count}) * i AS INTEGER))), ` +
    `lambda day: isodow(day) IN (${working.join(", ")}) AND NOT list_contains(${holidays}, date_trunc('day', day)))[abs(${count})] END`,
  // Counted weekday by weekday rather than day by day: dates may be centuries apart.
  workDays: (from = "", to = "", holidays = "", ...working) => {
    const day = (date: string): string => `date_diff('day', ${MONDAY}, ${date})`;
    const counts = working.map(
      (weekday) => `(${day(to)} - ${weekday} + 8) // 7 - (${day(from)} - ${weekday} + 7) // 7`,
    );
    const free =
      `len(list_filter(list_distinct(CAST(${holidays} AS TIMESTAMP[])), lambda one: ` +
      `one BETWEEN date_trunc('day', ${from}) AND ${to} AND isodow(one) IN (${working.join(", ")})))`;
    return `CASE WHEN ${from} <= ${to} THEN ${counts.join(" + ")} - ${free} END`;
  },

  together: pass("row"),
  // Of one order column, the least row is found without sorting.
  firstByRow: (value = "", ...order) =>
    order.length === 0
      ? `any_value(${value})`
      : order.length === 1
        ? `arg_min(${value}, ${order[0] ?? ""})`
        : ordered("first")(value, ...order),
  exactSum: pass("fsum"),
  exactAverage: pass("favg"),
  mode: (value = "") => `mode(${value} ORDER BY ${value})`,
  quantile: pass("quantile_cont"),
};
