import type { StepContext } from "../step-context.js";
import type { Table } from "../table.js";
import { closed, JSON_VALUE, MAP, TEXT } from "../value.js";
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
  if (context.boolean("pluck")) context.unsupported("pluck: true is not supported");
  const { coerce, dialect } = context;
  const column = context.column("col");
  const json = dialect.call("parseJson", coerce.toText(context.columnValue(column)).sql);
  const keys = context.texts("keys") ?? [];
  const names = context.texts("as") ?? keys;
  const taken = [...context.table.columns];
  const add = keys.map((key, index) => {
    const name = context.freeName(names[index] ?? key, taken);
    taken.push({ ...column, name });
    const value = closed(dialect.call("jsonField", json, dialect.text(jsonPath(key))), TEXT);
    return { name, value, behind: column };
  });
  return context.change({ add });
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
