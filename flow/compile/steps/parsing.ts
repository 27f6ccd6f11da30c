import { elementsOf } from "../../language/nodes.js";
import { literalOf } from "../search-pattern.js";
import type { RawText } from "../raw-text.js";
import type { StepContext } from "../step-context.js";
import type { Table } from "../table.js";
import { TEXT } from "../value.js";
import type { StepDefinition } from "./definition.js";
import { header, parseHeader } from "./header.js";
import { continueParsing } from "./parsing-chain.js";
import { replaceInColumns } from "./replace.js";
import { splitColumn } from "./split.js";

/** Steps that cut a file into rows and columns; on other tables they work column by column. */
export const parsingSteps: readonly StepDefinition[] = [
  {
    type: "SplitRows",
    summary: "Cuts a file, or the cells of a column, into rows",
    parse: parseRows,
    compile: splitRows,
  },
  {
    type: "Split",
    summary: "Cuts a column into columns at a text, as parsing recipes do",
    parse: parseColumns,
    compile: splitColumn,
  },
  {
    type: "Replace",
    summary: "Replaces a text or pattern in columns, as parsing recipes do to take quotes away",
    parse: parseQuotes,
    compile: replaceInColumns,
  },
  {
    type: "ReplacePatterns",
    summary: "Replaces a text or pattern in columns: the first match, or all with `global`",
    parse: parseQuotes,
    compile: replaceInColumns,
  },
  {
    type: "Header",
    summary: "Takes the first row as names of the columns",
    parse: parseHeader,
    compile: header,
  },
];

function parseRows(context: StepContext, raw: RawText): RawText | undefined {
  context.allow("on", "col", "quote", "quoteEscapeChar");
  if (raw.stage !== "file") return undefined;
  const on = context.text("on") ?? "\n";
  if (!["\n", "\r", "\r\n"].includes(on)) return undefined;
  const quote = context.text("quote");
  const escape = context.text("quoteEscapeChar");
  return continueParsing(context, raw, {
    stage: "rows",
    rowEnd: on,
    ...(quote === undefined || quote === "" ? {} : { quote }),
    ...(escape === undefined || escape === "" ? {} : { escape }),
  });
}

function parseColumns(context: StepContext, raw: RawText): RawText | undefined {
  if (raw.stage !== "rows" || context.word("type") !== "on") return undefined;
  const delimiter = literalOf(context.required("on"));
  const quote = context.text("quote");
  // Rows that heed quotes and columns that do not, or the other way round, are no usual file.
  if (delimiter === undefined || delimiter === "" || quote !== raw.quote || delimiter.length > 4)
    return undefined;
  const names = context.texts("as") ?? numberedNames((context.integer("limit") ?? 1) + 1);
  return continueParsing(context, raw, {
    stage: raw.quote === undefined ? "columns" : "quoted",
    delimiter,
    names,
  });
}

function numberedNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `column${String(index + 2)}`);
}

/** The two replacements behind a Split with quotes, or one that takes every quote away: both leave cells without quotes. */
function parseQuotes(context: StepContext, raw: RawText): RawText | undefined {
  const { quote } = raw;
  const isAll = elementsOf(context.node("col"))?.[0]?.["type"] === "Wildcard";
  if (raw.stage !== "quoted" || quote === undefined || !isAll || !context.boolean("global")) return undefined;
  const on = context.required("on");
  const by = context.text("with");
  const value = typeof on["value"] === "string" ? on["value"] : "";
  const isPattern = on["type"] === "Pattern";
  if (by === quote && !isPattern && value === (raw.escape ?? quote) + quote)
    return continueParsing(context, raw, { unescapes: true });
  if (by !== "") return undefined;
  if (isPattern && value === `{start}${quote}|${quote}{end}` && raw.unescapes === true)
    return continueParsing(context, raw, { stage: "columns" });
  return value === quote && raw.unescapes !== true
    ? continueParsing(context, raw, { stage: "columns", dropsQuotes: true })
    : undefined;
}

/** Rows out of the cells of one column; other columns are repeated. */
function splitRows(context: StepContext): Table {
  const { dialect } = context;
  context.allow("on", "col", "quote", "quoteEscapeChar");
  if (context.node("quote") !== undefined) context.unsupported("rows with quotes are only cut out of files");
  const column = context.column("col");
  const on = context.text("on") ?? "\n";
  const text = context.coerce.toText(context.columnValue(column)).sql;
  const rows = dialect.call(
    "splitText",
    on === "\n" ? `replace(${text}, ${dialect.text("\r\n")}, ${dialect.text("\n")})` : text,
    dialect.text(on),
  );
  const value = { sql: dialect.call("unnest", dialect.call("withoutLastEmpty", rows)), type: TEXT };
  const made = context.change({ replace: new Map([[column, value]]) });
  return { ...made, order: undefined };
}
