import type { FunctionCall } from "../function-call.js";
import { closed, FLOAT, INTEGER, type Value, type ValueType } from "../value.js";
import { exactly } from "./aggregate.js";
import { family, type FunctionDefinition } from "./definition.js";

type Compile = (call: FunctionCall) => Value;

/** Functions that look at other rows, in the order of the step or else of the source. */
export const windowFunctions: readonly FunctionDefinition[] = [
  ...family("window", {
    RowNumber: ["Number of the row in its group, from 1", numbering("row_number()")],
    Rank: [
      "Place of the row by the order; rows that are alike have the same, and the next places are free",
      numbering("rank()"),
    ],
    DenseRank: [
      "Place of the row by the order; rows that are alike have the same, and no place is free",
      numbering("dense_rank()"),
    ],
    Ntile: ["Number of the row's part when the group is cut into so many equal parts", ntile],
    Prev: ["The value so many rows before", shifted("lag"), "null, also before the first row"],
    Next: ["The value so many rows behind", shifted("lead"), "null, also behind the last row"],
    Fill: ["The value, or the nearest one before that is not missing, then behind", fill, "filled"],
    RollingSum: ["Sum over rows before and behind", rolling("sum")],
    RollingAverage: ["Mean over rows before and behind", rolling("avg", FLOAT)],
    RollingMax: ["The greatest number over rows before and behind", rolling("max")],
    RollingMin: ["The least number over rows before and behind", rolling("min")],
    RollingMaxDate: ["The latest date over rows before and behind", rollingDate("max")],
    RollingMinDate: ["The earliest date over rows before and behind", rollingDate("min")],
    RollingStDev: [
      "Standard deviation over rows before and behind, as of a whole population",
      rolling("stddev_pop", FLOAT),
    ],
    RollingVar: ["Variance over rows before and behind, as of a whole population", rolling("var_pop", FLOAT)],
    RollingStDevSamp: [
      "Standard deviation over rows before and behind, as of a sample",
      rolling("stddev_samp", FLOAT),
    ],
    RollingVarSamp: ["Variance over rows before and behind, as of a sample", rolling("var_samp", FLOAT)],
    RollingCountA: ["Number of values that are not missing over rows before and behind", rollingCount],
    RollingList: ["The values over rows before and behind as an array", rollingList],
    RollingMode: [
      "The most frequent number over rows before and behind, the least of several",
      (call) => rollingMode(call, call.number("col")),
    ],
    RollingModeDate: [
      "The most frequent date over rows before and behind, the earliest of several",
      (call) => rollingMode(call, call.date("col")),
    ],
    RollingKthLargest: [
      "The number at place k from the greatest over rows before and behind",
      rollingKth("listAll"),
    ],
    RollingKthLargestUnique: ["The same, repeats not counted", rollingKth("listDistinct")],
    RollingKthLargestDate: [
      "The date at place k from the latest over rows before and behind",
      rollingKth("listAll", (call) => call.date("col")),
    ],
    RollingKthLargestUniqueDate: [
      "The same, repeats not counted",
      rollingKth("listDistinct", (call) => call.date("col")),
    ],
    Session: [
      "Number of a session: a new one begins where more than so many units pass between two rows",
      session,
    ],
  }),
  ...family("source", {
    SourceRowNumber: [
      "The row's number in its file or table, a header row counted",
      (call) => call.scope.rowNumber(),
    ],
    FilePath: ["The path of the row's file", (call) => call.scope.filePath()],
  }),
];

function numbering(sql: string): Compile {
  return (call) => call.window(sql, INTEGER);
}

function ntile(call: FunctionCall): Value {
  return call.window(`ntile(${String(call.constantInteger("parts"))})`, INTEGER);
}

function shifted(name: "lag" | "lead"): Compile {
  return (call) => {
    const value = call.value("col");
    return call.window(`${name}(${value.sql}, ${String(call.constantInteger("intParam", 1))})`, value.type);
  };
}

/** `before` and `after`: rows on each side; -1 means all. As many as there are before, none behind, unless given. */
function frame(call: FunctionCall): string {
  const side = (name: string, fallback: number, word: string): string => {
    const count = call.constantInteger(name, fallback);
    if (count < -1) return call.fail(`the argument ${name} must be -1 or more`);
    return count === -1 ? `UNBOUNDED ${word}` : `${String(count)} ${word}`;
  };
  return `ROWS BETWEEN ${side("before", -1, "PRECEDING")} AND ${side("after", 0, "FOLLOWING")}`;
}

function fill(call: FunctionCall): Value {
  const value = call.value("col");
  const there = value.type.kind === "text" ? `nullif(${value.sql}, '')` : value.sql;
  const [before, after] = [call.constantInteger("before", -1), call.constantInteger("after", 0)];
  const rows = (count: number): string => (count === -1 ? "UNBOUNDED" : String(count));
  const last = call.window(
    `last_value(${there} IGNORE NULLS)`,
    value.type,
    `ROWS BETWEEN ${rows(before)} PRECEDING AND CURRENT ROW`,
  );
  if (after === 0) return last;
  const next = call.window(
    `first_value(${there} IGNORE NULLS)`,
    value.type,
    `ROWS BETWEEN CURRENT ROW AND ${rows(after)} FOLLOWING`,
  );
  return closed(`coalesce(${last.sql}, ${next.sql})`, value.type);
}

function rolling(name: string, type?: ValueType): Compile {
  return (call) => {
    const value = call.number("col");
    return call.window(exactly(call, name, value), type ?? value.type, frame(call));
  };
}

function rollingDate(name: "max" | "min"): Compile {
  return (call) => {
    const value = call.date("col");
    return call.window(`${name}(${value.sql})`, value.type, frame(call));
  };
}

function rollingCount(call: FunctionCall): Value {
  const value = call.value("col");
  const counted = value.type.kind === "text" ? `nullif(${value.sql}, '')` : value.sql;
  return call.window(`count(${counted})`, INTEGER, frame(call));
}

function rollingList(call: FunctionCall): Value {
  const value = call.value("col");
  const element = value.type.kind === "datetime" ? call.coerce.toText(value) : value;
  const type: ValueType = { kind: "array", of: element.type };
  return call.window(call.dialect.call("listAll", element.sql), type, frame(call));
}

function rollingKth(name: "listAll" | "listDistinct", read: Compile = (call) => call.number("col")): Compile {
  return (call) => {
    const value = read(call);
    const type: ValueType = { kind: "array", of: value.type };
    const all = call.window(call.dialect.call(name, value.sql), type, frame(call));
    const sorted = call.dialect.call("listDescending", all.sql);
    return closed(call.dialect.call("element", sorted, String(call.constantInteger("k"))), value.type);
  };
}

function rollingMode(call: FunctionCall, value: Value): Value {
  return call.window(call.dialect.call("mode", value.sql), value.type, frame(call));
}

/** Whether a row begins a session is found first: a window cannot stand inside another. */
function session(call: FunctionCall): Value {
  const { dialect, scope } = call;
  const word = call.word("measure").toLowerCase().replace(/s$/, "");
  const unit =
    MILLISECONDS[word] ??
    call.fail(`"${word}" is no unit; units are ${Object.keys(MILLISECONDS).join(", ")}`);
  const time = dialect.call("unixMilliseconds", call.date("col").sql);
  const before = call.window(`lag(${time})`, INTEGER).sql;
  const begins = scope.lift(
    `CASE WHEN ${time} - ${before} <= ${String(call.constantInteger("count") * unit)} THEN 0 ELSE 1 END`,
  );
  return call.window(`sum(${begins})`, INTEGER, "ROWS UNBOUNDED PRECEDING");
}

const MILLISECONDS: Readonly<Record<string, number>> = {
  week: 604_800_000,
  day: 86_400_000,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
};
