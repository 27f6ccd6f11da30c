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
  return context.change({ add, replace: new Map([[column, plucked(context, json, keys)]]) });
}

/** An object without some of its members, at whatever depth, or an array without some of its elements. */
function plucked(context: StepContext, json: string, keys: readonly string[]): Value {
  const { dialect } = context;
  const paths = keys.map(pathOf);
  const positions = paths.flatMap((path) => (path.length === 1 && typeof path[0] === "number" ? path : []));
  if (positions.length === keys.length) {
    const rest = dialect.call("withoutElements", json, ...positions.map(String));
    return closed(rest, { kind: "array", of: JSON_VALUE });
  }
  const patch: Patch = new Map<string, Patch | null>();
  for (const [at, path] of paths.entries()) {
    const names = path.filter((part) => typeof part === "string");
    if (names.length !== path.length)
      context.unsupported(
        `pluck: true is only supported for keys, or for elements of an array, not for ${keys[at] ?? ""}`,
      );
    addToPatch(patch, names);
  }
  return closed(dialect.call("withoutKeys", json, dialect.text(patchText(patch))), MAP);
}

/** Members to take away, at any depth. */
type Patch = Map<string, Patch | null>;

function addToPatch(patch: Patch, [name = "", ...rest]: readonly string[]): void {
  const known = patch.get(name);
  if (known === null) return;
  if (rest.length === 0) {
    patch.set(name, null);
    return;
  }
  const inner: Patch = known ?? new Map<string, Patch | null>();
  patch.set(name, inner);
  addToPatch(inner, rest);
}

/** A JSON merge patch, in which null takes a member away. */
function patchText(patch: Patch): string {
  const members = [...patch].map(
    ([name, inner]) => `${JSON.stringify(name)}:${inner === null ? "null" : patchText(inner)}`,
  );
  return `{${members.join(",")}}`;
}

/** An object as JSON, whether it is one already or a text. */
function jsonOf(context: StepContext, value: Value): string {
  const { kind } = value.type;
  if (kind === "map" || kind === "json") return value.sql;
  if (kind === "array") return context.dialect.call("valueToJson", value.sql);
  return context.dialect.call("parseJson", context.coerce.toText(value).sql);
}

type PathPart = string | number;

/** `key`, `[0]`, `[-1]`, and chains of them such as `a.b[0]`. A key may hold dots when it is written in quotes. */
function pathOf(key: string): PathPart[] {
  const parts = /^\[.*\]|\./s.test(key) ? [...key.matchAll(PATH_PARTS)] : [];
  if (parts.length === 0) return [key];
  return parts.map(([, double, single, index, name]) => {
    if (index !== undefined) return Number(index);
    const quoted = double ?? single;
    return quoted === undefined ? (name ?? "") : unescaped(quoted);
  });
}

const PATH_PARTS = /\["((?:[^"\\]|\\.)*)"\]|\['((?:[^'\\]|\\.)*)'\]|\[(-?\d+)\]|([^.[\]]+)/gs;

/** What stands between quotes, as JSON has it; `\'` is an apostrophe. */
function unescaped(text: string): string {
  const json = text.replace(/\\(.)|"/gs, (all, escaped?: string) =>
    escaped === undefined ? '\\"' : escaped === "'" ? "'" : all,
  );
  try {
    return String(JSON.parse(`"${json}"`));
  } catch {
    return text;
  }
}

function jsonPath(key: string): string {
  const path = pathOf(key).map((part) => {
    // Nothing else is escaped in a path of DuckDB's.
    if (typeof part === "string") return `."${part.replace(/["\\]/g, "\\$&")}"`;
    return part < 0 ? `[#${String(part)}]` : `[${String(part)}]`;
  });
  return `$${path.join("")}`;
}
