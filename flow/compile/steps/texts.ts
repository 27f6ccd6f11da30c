import { elementsOf, textOf } from "../../language/nodes.js";
import { joinTexts, trimQuotes } from "../functions/text.js";
import { toPattern, withoutGroups } from "../search-pattern.js";
import type { StepContext } from "../step-context.js";
import type { Table, TableColumn } from "../table.js";
import { closed, INTEGER, TEXT, type Value } from "../value.js";
import type { StepDefinition } from "./definition.js";

/** Steps that put texts together, tidy them, or count in them. */
export const textSteps: readonly StepDefinition[] = [
  { type: "Merge", summary: "Columns and texts, one behind the other, as a new column", compile: merge },
  {
    type: "TextFormat",
    summary: "Tidies the texts of columns",
    forms:
      "`uppercase`, `lowercase`, `propercase`, `trimwhitespace`, `trimquotes`, `removewhitespace`, `removesymbols`, `removeaccents`",
    compile: textFormat,
  },
  { type: "Standardize", summary: "Other texts for some values of a column", compile: standardize },
  {
    type: "Countpattern",
    summary: "How often a text or pattern occurs in a column, as a new column",
    compile: countPattern,
  },
  {
    type: "Extractkv",
    summary: "Keys and values out of a text, as an object in a new column",
    compile: extractKeyValue,
  },
];

function merge(context: StepContext): Table {
  context.allow("col", "with", "as");
  const node = context.required("col");
  const scope = context.scope();
  const nodes = elementsOf(node) ?? [node];
  const texts = nodes.flatMap((one) =>
    one["kind"] === "column"
      ? context.columnsIn(one).map((column) => context.coerce.toText(context.columnValue(column)))
      : [context.coerce.toText(context.value(one, scope))],
  );
  const between = context.text("with");
  const value = joinTexts(
    texts,
    between === undefined || between === "" ? undefined : context.dialect.text(between),
  );
  const name = context.freeName(context.text("as") ?? "column1");
  return context.change({ add: [{ name, value, behind: context.lastMentioned([node]) }] });
}

function textFormat(context: StepContext): Table {
  context.allow("col", "type");
  const type = context.word("type") ?? "";
  const replace = new Map(
    context.columns("col").map((column) => {
      const text = context.coerce.toText(context.columnValue(column));
      return [column, formatted(context, text, type.toLowerCase().replace(/[^a-z]/g, ""))] as const;
    }),
  );
  return context.change({ replace });
}

function formatted(context: StepContext, text: Value, type: string): Value {
  const { dialect } = context;
  const without = (pattern: string): Value =>
    closed(dialect.call("regexReplace", text.sql, dialect.pattern(pattern), dialect.text("")), TEXT);
  switch (type) {
    case "uppercase":
    case "upper":
      return closed(`upper(${text.sql})`, TEXT);
    case "lowercase":
    case "lower":
      return closed(`lower(${text.sql})`, TEXT);
    case "propercase":
    case "proper":
      return closed(dialect.call("proper", text.sql), TEXT);
    case "trim":
    case "trimwhitespace":
      return closed(dialect.call("trim", text.sql), TEXT);
    case "trimquotes":
      return trimQuotes(context, text);
    case "removewhitespace":
      return without(String.raw`\s+`);
    case "removesymbols":
      return without(String.raw`[^\p{L}\p{N}\s]+`);
    case "removeaccents":
      return closed(dialect.call("withoutAccents", text.sql), TEXT);
    default:
      return context.unsupported(`the form ${String(context.word("type"))} is not supported`);
  }
}

/** `mapping` lists pairs of an old and a new text; no known package has the step, so other forms are refused. */
function standardize(context: StepContext): Table {
  context.allow("col", "mapping");
  const rows = context.pairs("mapping");
  const replace = new Map(
    context.columns("col").map((column) => {
      const text = context.coerce.toText(context.columnValue(column)).sql;
      const cases = rows.map(([from, to]) => {
        const [old, other] = [textOf(from), textOf(to)];
        if (old === undefined || other === undefined) return context.fail("mapping must be pairs of texts");
        return `WHEN ${context.dialect.text(old)} THEN ${context.dialect.text(other)}`;
      });
      const sql = cases.length === 0 ? text : `CASE ${text} ${cases.join(" ")} ELSE ${text} END`;
      return [column, closed(sql, TEXT)] as const;
    }),
  );
  return context.change({ replace });
}

function addBehind(context: StepContext, column: TableColumn, value: Value, fallback: string): Table {
  const name = context.freeName(context.text("as") ?? fallback);
  return context.change({ add: [{ name, value, behind: column }] });
}

function countPattern(context: StepContext): Table {
  context.allow("col", "on", "ignoreCase", "as");
  const { dialect } = context;
  const column = context.column("col");
  const on = withoutGroups(toPattern(context.required("on"), context.place));
  const pattern = dialect.pattern(on, { ignoreCase: context.boolean("ignoreCase") });
  const all = dialect.call(
    "regexExtractAll",
    context.coerce.toText(context.columnValue(column)).sql,
    pattern,
    "0",
  );
  return addBehind(
    context,
    column,
    closed(dialect.call("listLength", all), INTEGER),
    `countpattern_${column.name}`,
  );
}

function extractKeyValue(context: StepContext): Table {
  context.allow("col", "key", "valueafter", "delimiter", "as");
  const { dialect, place } = context;
  const column = context.column("col");
  const [key, after, delimiter] = ["key", "valueafter", "delimiter"].map((name) =>
    withoutGroups(toPattern(context.required(name), place)),
  );
  const text = context.coerce.toText(context.columnValue(column)).sql;
  const sql = dialect.call(
    "keysAndValues",
    text,
    dialect.pattern(delimiter ?? ""),
    dialect.pattern(`\\A(${key ?? ""})(?:${after ?? ""})((?s:.*))\\z`),
  );
  return addBehind(context, column, closed(sql, { kind: "map" }), `${column.name}1`);
}
