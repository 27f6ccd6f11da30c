import type { StepContext } from "../step-context.js";
import type { Table } from "../table.js";
import { closed, type Value } from "../value.js";
import type { StepDefinition } from "./definition.js";

/** The product's own names of date forms. The reading of the names that no known package has is ours. */
const PRESETS: Readonly<Record<string, string>> = {
  ddmmcommondate: "dd/MM/yyyy",
  mmddcommondate: "MM/dd/yyyy",
  yyyymmddcommondate: "yyyy-MM-dd",
  isodate: "yyyy-MM-dd",
  isodatetime: "yyyy-MM-dd'T'HH:mm:ss",
};

/** Steps on dates. */
export const dateSteps: readonly StepDefinition[] = [
  {
    type: "DateFormat",
    summary: "Writes dates in another form; what is no date becomes null",
    forms: `\`custom\`, ${Object.keys(PRESETS)
      .map((name) => `\`${name}\``)
      .join(", ")}`,
    compile: dateFormat,
  },
];

function dateFormat(context: StepContext): Table {
  context.allow("col", "type", "format");
  const type = context.word("type") ?? "custom";
  const format = type === "custom" ? context.text("format") : PRESETS[type.toLowerCase()];
  if (format === undefined) return context.unsupported(`the form ${type} is not supported`);
  const replace = new Map(
    context
      .columns("col")
      .map((column) => [column, formatted(context, context.columnValue(column), format)] as const),
  );
  return context.change({ replace });
}

function formatted(context: StepContext, value: Value, format: string): Value {
  const date = context.coerce.toDate(value);
  try {
    const sql = context.dialect.formatDate(date.sql, format);
    return closed(sql, {
      kind: "text",
      means: { kind: "datetime", style: { shown: format, read: [format] } },
    });
  } catch (error) {
    return context.fail(error instanceof Error ? error.message : String(error));
  }
}
