import { literalOf, toPattern, withoutGroups } from "../search-pattern.js";
import type { StepContext } from "../step-context.js";
import type { Table } from "../table.js";
import { closed, TEXT, TEXTS, type Value } from "../value.js";
import type { StepDefinition } from "./definition.js";

/** Steps that take matches of a pattern out of a column. */
export const extractSteps: readonly StepDefinition[] = [
  {
    type: "ExtractPatterns",
    summary: "The first match of a pattern, or the first ones, as new columns",
    forms: "`custom`",
    compile: extractPatterns,
  },
  {
    type: "ExtractBetweenDelimiters",
    summary: "The text between two patterns as a new column",
    compile: extractBetween,
  },
  {
    type: "ExtractList",
    summary: "All matches of a pattern as an array in a new column",
    compile: extractList,
  },
  {
    type: "ConvertPattern",
    summary: "Rewrites cells that match one of several patterns as a whole",
    compile: convertPattern,
  },
];

function newColumns(context: StepContext, names: readonly string[], values: readonly Value[]): Table {
  const behind = context.column("col");
  const taken = [...context.table.columns];
  const add = names.map((name, index) => {
    const free = context.freeName(name, taken);
    taken.push({ ...behind, name: free });
    return { name: free, value: values[index] ?? context.coerce.null, behind };
  });
  return context.change({ add });
}

/** `start` and `end` limit where the match may stand: behind a match of the one, in front of a match of the other. */
function limited(context: StepContext, on: string): string {
  const [start, end] = [context.node("start"), context.node("end")];
  const before = start === undefined ? "" : `(?:${withoutGroups(toPattern(start, context.place))})`;
  const after = end === undefined ? "" : `(?:${withoutGroups(toPattern(end, context.place))})`;
  return `${before}((?:${on}))${after}`;
}

function extractPatterns(context: StepContext): Table {
  context.allow("col", "type", "on", "start", "end", "ignoreCase", "as", "limit");
  const type = context.word("type") ?? "custom";
  if (type !== "custom") context.unsupported(`the form ${type} is not supported`);
  const { dialect, coerce, place } = context;
  const names = context.texts("as") ?? [`${context.column("col").name}1`];
  const on = withoutGroups(toPattern(context.required("on"), place));
  const pattern = dialect.pattern(limited(context, on), { ignoreCase: context.boolean("ignoreCase") });
  const text = coerce.toText(context.columnValue(context.column("col"))).sql;
  const all = dialect.call("regexExtractAll", text, pattern, "1");
  const values = names.map((_, index) => closed(dialect.call("element", all, String(index + 1)), TEXT));
  return newColumns(context, names, values);
}

function extractBetween(context: StepContext): Table {
  context.allow("col", "start", "end", "as");
  const { dialect, coerce, place } = context;
  const [start, end] = [context.required("start"), context.required("end")].map((node) =>
    withoutGroups(toPattern(node, place)),
  );
  const pattern = dialect.pattern(`(?:${start ?? ""})((?s:.*?))(?:${end ?? ""})`);
  const text = coerce.toText(context.columnValue(context.column("col"))).sql;
  const names = context.texts("as") ?? [`${context.column("col").name}1`];
  return newColumns(context, names, [closed(dialect.call("regexExtract", text, pattern, "1"), TEXT)]);
}

function extractList(context: StepContext): Table {
  context.allow("col", "on", "delimiter", "as");
  const { dialect, coerce, place } = context;
  const on = withoutGroups(toPattern(context.required("on"), place));
  const text = coerce.toText(context.columnValue(context.column("col"))).sql;
  const delimiter = context.node("delimiter");
  const matches =
    delimiter === undefined
      ? dialect.call("regexExtractAll", `coalesce(${text}, '')`, dialect.pattern(on), "0")
      : dialect.call(
          "matchesInParts",
          `coalesce(${text}, '')`,
          dialect.pattern(toPattern(delimiter, place)),
          dialect.pattern(on),
        );
  return newColumns(
    context,
    [context.text("as") ?? `${context.column("col").name}1`],
    [closed(matches, TEXTS)],
  );
}

function convertPattern(context: StepContext): Table {
  context.allow("col", "cases", "after", "before");
  const { dialect, coerce, place } = context;
  const column = context.column("col");
  const text = coerce.toText(context.columnValue(column)).sql;
  const [after, before] = ["after", "before"].map((name) => {
    const node = context.node(name);
    return node === undefined ? "" : `(?:${withoutGroups(toPattern(node, place))})`;
  });
  const cases = context.pairs("cases").map(([from, to]) => {
    const pattern = dialect.pattern(`\\A${after ?? ""}(?:${toPattern(from, place)})${before ?? ""}\\z`);
    const by = literalOf(to) ?? context.fail("a replacement must be a fixed text");
    return `WHEN ${dialect.call("regexMatches", text, pattern)} THEN ${dialect.call("regexReplaceFirst", text, pattern, dialect.replacement(by, true))}`;
  });
  const value =
    cases.length === 0 ? closed(text, TEXT) : closed(`CASE ${cases.join(" ")} ELSE ${text} END`, TEXT);
  return context.change({ replace: new Map([[column, value]]) });
}
