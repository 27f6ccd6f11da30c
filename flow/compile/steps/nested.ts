import type { StepContext } from "../step-context.js";
import type { Table } from "../table.js";
import { closed, JSON_VALUE, MAP, TEXT, type Value } from "../value.js";
import type { StepDefinition } from "./definition.js";

/** Steps on arrays and objects. */
export const nestedSteps: readonly StepDefinition[] = [
  {
    type: "Nest",
    summary: "Cells of several columns as one array or object",
    forms: "`array`, `map`",
    compile: nest,
  },
  {
    type: "Unnest",
    summary: "Elements of an array, or members of an object, as new columns",
    compile: unnest,
  },
];

function nest(context: StepContext): Table {
  context.allow("into", "col", "as");
  const { coerce, dialect } = context;
  const columns = context.columns("col");
  const into = context.word("into");
  const cells = columns.map((column) => coerce.toJson(context.columnValue(column)).sql);
  const value =
    into === "array"
      ? closed(dialect.call("list", ...cells), { kind: "array", of: JSON_VALUE })
      : into === "map"
        ? closed(
            dialect.call(
              "objectOf",
              ...columns.flatMap(({ name }, index) => [dialect.text(name), cells[index] ?? "NULL"]),
            ),
            MAP,
          )
        : context.unsupported(`the form ${String(into)} is not supported`);
  const name = context.freeName(context.text("as") ?? "column1");
  return context.change({ add: [{ name, value, behind: context.lastMentioned([context.node("col")]) }] });
}

function unnest(context: StepContext): Table {
  context.allow("col", "keys", "as", "pluck", "markLineage");
  const { dialect } = context;
  const column = context.column("col");
  const json = jsonOf(context, context.columnValue(column));
  const keys = context.texts("keys") ?? [];
  const names = context.texts("as") ?? keys;
  const taken = [...context.table.columns];
  const add = keys.map((key, index) => {
    const name = context.freeName(names[index] ?? key, taken);
    taken.push({ ...column, name });
    const value = closed(dialect.call("jsonField", json, dialect.text(jsonPath(key))), TEXT);
    return { name, value, behind: column };
  });
  if (!context.boolean("pluck")) return context.change({ add });
  const plucked = closed(dialect.call("withoutKeys", json, dialect.text(emptied(context, keys))), MAP);
  return context.change({ add, replace: new Map([[column, plucked]]) });
}

/** An object as JSON, whether it is one already or a text. */
function jsonOf(context: StepContext, value: Value): string {
  const { kind } = value.type;
  if (kind === "map" || kind === "json") return value.sql;
  if (kind === "array") return context.dialect.call("valueToJson", value.sql);
  return context.dialect.call("parseJson", context.coerce.toText(value).sql);
}

/** The patch that takes keys out of an object. */
function emptied(context: StepContext, keys: readonly string[]): string {
  const paths = keys.filter((key) => jsonPath(key) !== `$.${JSON.stringify(key)}`);
  if (paths.length > 0)
    context.unsupported(`pluck: true is only supported for plain keys, not for ${paths.join(", ")}`);
  return JSON.stringify(Object.fromEntries(keys.map((key) => [key, null])));
}

/** `key`, `[0]`, `[-1]`, and chains of them such as `a.b[0]`. A key may hold dots when it is written in quotes. */
function jsonPath(key: string): string {
  const parts = /^\[.*\]|\./.test(key)
    ? [...key.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\['((?:[^'\\]|\\.)*)'\]|\[(-?\d+)\]|([^.[\]]+)/g)]
    : undefined;
  if (parts === undefined || parts.length === 0) return `$.${JSON.stringify(key)}`;
  const path = parts.map(([, double, single, index, name]) => {
    if (index !== undefined) return index.startsWith("-") ? `[#${index}]` : `[${index}]`;
    return `.${JSON.stringify(double ?? single ?? name ?? "")}`;
  });
  return `$${path.join("")}`;
}
