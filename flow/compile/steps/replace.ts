import type { JsonObject } from "../../model.js";
import { literalOf, toPattern } from "../search-pattern.js";
import type { StepContext } from "../step-context.js";
import type { Table } from "../table.js";
import { closed, TEXT, type Value } from "../value.js";

/** Replace and ReplacePatterns: the same text or pattern in every cell of some columns. */
export function replaceInColumns(context: StepContext): Table {
  context.allow("col", "type", "on", "with", "global", "ignoreCase", "as");
  const on = context.required("on");
  const by = context.text("with") ?? "";
  const replace = new Map(
    context.columns("col").map((column) => {
      const text = context.coerce.toText(context.columnValue(column)).sql;
      return [column, replaceText(context, text, on, by)] as const;
    }),
  );
  return context.change({ replace });
}

function replaceText(context: StepContext, text: string, on: JsonObject, by: string): Value {
  const { dialect, place } = context;
  const literal = literalOf(on);
  const isGlobal = context.boolean("global");
  const ignoreCase = context.boolean("ignoreCase");
  if (literal !== undefined && !ignoreCase) {
    const found = dialect.text(literal);
    const sql = isGlobal
      ? `replace(${text}, ${found}, ${dialect.text(by)})`
      : dialect.call("replaceFirst", text, found, dialect.text(by));
    return closed(literal === "" ? text : sql, TEXT);
  }
  const pattern = dialect.pattern(toPattern(on, place), { ignoreCase });
  const replacement = dialect.replacement(by, literal === undefined);
  return closed(
    dialect.call(isGlobal ? "regexReplace" : "regexReplaceFirst", text, pattern, replacement),
    TEXT,
  );
}
