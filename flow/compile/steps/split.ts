import { literalOf, toPattern, withoutGroups } from "../search-pattern.js";
import type { StepContext } from "../step-context.js";
import type { Table } from "../table.js";
import { closed, TEXT } from "../value.js";
import type { StepDefinition } from "./definition.js";

/** Steps that cut a column into several. */
export const splitSteps: readonly StepDefinition[] = [
  {
    type: "SplitPatterns",
    summary: "Cuts a column into columns at a text or pattern, `limit` times",
    forms: "`on`",
    compile: splitColumn,
  },
];

/** Split and SplitPatterns: `limit` cuts, the last column takes what is left, a missing part is null. */
export function splitColumn(context: StepContext): Table {
  context.allow("col", "type", "on", "limit", "quote", "ignoreCase", "as");
  if ((context.word("type") ?? "on") !== "on")
    context.unsupported(`the form ${String(context.word("type"))} is not supported`);
  const column = context.column("col");
  const count = (context.integer("limit") ?? 1) + 1;
  const { columns } = context.table;
  const others = columns.filter((one) => one !== column);
  const names = splitNames(context, column.name, count).map((name) => context.freeName(name, others));
  const parts = partsOf(context, context.coerce.toText(context.columnValue(column)).sql, names.length);
  const add = names.map((name, index) => ({
    name,
    value: closed(parts[index] ?? "NULL", TEXT),
    behind: column,
  }));
  return context.change({ drop: new Set([column]), add });
}

function splitNames(context: StepContext, name: string, count: number): string[] {
  const names = context.texts("as");
  if (names === undefined) return Array.from({ length: count }, (_, index) => `${name}${String(index + 1)}`);
  if (names.length !== count) context.fail(`${names.length} names for ${count} columns`);
  return names;
}

/** The SQL of each part. Cuts are counted from the left; a quoted part may hold what is cut at. */
function partsOf(context: StepContext, text: string, count: number): string[] {
  const { dialect, place } = context;
  const on = context.required("on");
  const literal = literalOf(on);
  const quote = context.text("quote");
  const ignoreCase = context.boolean("ignoreCase");
  if (literal === "") return context.fail("a column cannot be cut at an empty text");
  if (literal !== undefined && !ignoreCase && (quote === undefined || quote === "")) {
    const list = dialect.call("splitText", text, dialect.text(literal));
    return Array.from({ length: count }, (_, index) =>
      index < count - 1
        ? dialect.call("element", list, String(index + 1))
        : dialect.call("restOfList", list, String(index + 1), dialect.text(literal)),
    );
  }
  const cut = toPattern(on, place);
  return Array.from({ length: count }, (_, index) => {
    const pattern = partPattern(cut, quote ?? "", index, index === count - 1);
    return dialect.call("regexExtract", text, dialect.pattern(pattern, { ignoreCase }), "1");
  });
}

/** Matches a whole cell, its one group being the part of this index. */
function partPattern(cut: string, quote: string, index: number, isLast: boolean): string {
  const plain = withoutGroups(cut);
  const q = quote === "" ? "" : quote.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");
  const part = q === "" ? "(?s:.*?)" : `(?:${q}[^${q}]*${q}|(?s:.))*?`;
  const before = index === 0 ? "" : `(?:${part}(?:${plain})){${String(index)}}`;
  return isLast ? `\\A${before}((?s:.*))\\z` : `\\A${before}(${part})(?:(?:${plain})(?s:.*))?\\z`;
}
