import { columnOf, elementsOf, outputNameOf } from "../../language/nodes.js";
import { isJsonObject } from "../../fields.js";
import type { JsonObject } from "../../model.js";
import { joinKey } from "../functions/comparison.js";
import { hiddenHandedOn } from "../hand-on.js";
import type { ListItem, StepContext } from "../step-context.js";
import { foldColumnName, uniqueColumnName, type Table, type TableColumn } from "../table.js";
import type { StepDefinition } from "./definition.js";

/** Steps that bring a second table in. */
export const tableSteps: readonly StepDefinition[] = [
  {
    type: "Join",
    summary: "Rows of two tables side by side where a condition is true; without one, every pair",
    forms: "`inner`, `left`, `right`, `outer`",
    compile: join,
  },
  {
    type: "Lookup",
    summary: "The other columns of a table's rows whose key is the same as a column, behind that column",
    compile: lookup,
  },
];

const LEFT = "l.";
const RIGHT = "r.";

const JOIN_WORDS: Readonly<Record<string, string>> = {
  inner: "INNER JOIN",
  left: "LEFT JOIN",
  leftouter: "LEFT JOIN",
  right: "RIGHT JOIN",
  rightouter: "RIGHT JOIN",
  outer: "FULL JOIN",
  full: "FULL JOIN",
  fullouter: "FULL JOIN",
  cross: "CROSS JOIN",
};

function join(context: StepContext): Table {
  context.allow("type", "col", "with", "table", "row", "as");
  const type = context.word("type") ?? "inner";
  const word = JOIN_WORDS[type.toLowerCase().replace(/[^a-z]/g, "")];
  if (word === undefined) return context.unsupported(`the form ${type} is not supported`);
  const side = context.side("with");
  const names = context.texts("as");
  const nodes = elementsOf(context.required("col")) ?? [];
  const taken: string[] = [];
  const items = nodes.map((node, index): ListItem => {
    const isSide = node["relation"] === side.name;
    const from = isSide ? side.table : context.table;
    const column = context.findColumn(columnOf(node) ?? "", from);
    const name = uniqueColumnName(
      (names?.length === nodes.length ? names[index] : outputNameOf(node)) ?? column.name,
      taken,
    );
    taken.push(name);
    return context.handOn(column, name, isSide ? RIGHT : LEFT);
  });
  const row = context.node("row");
  if (row === undefined && word !== "INNER JOIN" && word !== "CROSS JOIN")
    context.unsupported(`a ${type} join without a condition is not supported`);
  const condition = row === undefined ? undefined : joinCondition(context, side, row);
  return joined(context, side.table, items, row === undefined ? "CROSS JOIN" : word, condition);
}

function joinCondition(
  context: StepContext,
  side: { readonly name: string; readonly table: Table },
  row: JsonObject,
): string {
  const scope = context.sideScope({ table: context.table, qualifier: LEFT }, { ...side, qualifier: RIGHT });
  return conjuncts(row)
    .map((test) => {
      const { type, parameters } = test;
      if (type === "Equal" && isJsonObject(parameters)) {
        const [lhs, rhs] = [parameters["lhs"], parameters["rhs"]].map((node) =>
          isJsonObject(node) ? context.value(node, scope) : undefined,
        );
        const isKey =
          lhs?.column !== undefined &&
          rhs?.column !== undefined &&
          lhs.type.kind === "text" &&
          rhs.type.kind === "text";
        if (isKey && lhs.type.means?.kind !== "datetime")
          return `${keyOf(context, lhs, rhs)} = ${keyOf(context, rhs, lhs)}`;
      }
      return context.coerce.toBoolean(context.value(test, scope)).sql;
    })
    .map((sql, _, all) => (all.length > 1 ? `(${sql})` : sql))
    .join(" AND ");
}

/** A text key; where both sides mean numbers, the number's own text, so that `07` meets `7`. */
function keyOf(
  context: StepContext,
  own: Parameters<typeof joinKey>[0],
  other: Parameters<typeof joinKey>[0],
): string {
  const meansNumber = (value: typeof own): boolean => {
    const kind = value.type.kind === "text" ? value.type.means?.kind : undefined;
    return kind === "integer" || kind === "float";
  };
  return meansNumber(own) && meansNumber(other) ? joinKey(own, context) : own.sql;
}

function conjuncts(node: JsonObject): JsonObject[] {
  const { type, parameters } = node;
  if (node["kind"] !== "func" || type !== "And" || !isJsonObject(parameters)) return [node];
  return [parameters["lhs"], parameters["rhs"]].flatMap((side) =>
    isJsonObject(side) ? conjuncts(side) : [],
  );
}

function joined(
  context: StepContext,
  side: Table,
  items: readonly ListItem[],
  word: string,
  condition: string | undefined,
): Table {
  const { table, plan } = context;
  const on = condition === undefined ? "" : ` ON ${condition}`;
  const made = context.list(
    items,
    (list) =>
      `SELECT ${list}\nFROM ${plan.ref(table.relation)} AS l\n${word} ${plan.ref(side.relation)} AS r${on}`,
  );
  if (word === "RIGHT JOIN" || word === "FULL JOIN") return { ...made, order: undefined, isInOrder: true };
  const left = hiddenHandedOn(table, made.relation, LEFT);
  const right = hiddenHandedOn(side, made.relation, RIGHT);
  const order =
    left.order === undefined || right.order === undefined ? undefined : [...left.order, ...right.order];
  // Databases may join in any order; the keys only serve functions that need one.
  return { ...made, ...left, order, isInOrder: true };
}

function lookup(context: StepContext): Table {
  context.allow("table", "col", "with", "key", "as");
  const { table } = context;
  const side = context.side("with");
  const column = context.column("col");
  const key = context.findColumn(columnOf(context.required("key")) ?? "", side.table);
  const found = lookedUp(context, side.table, key);
  const items = table.columns.flatMap((one) => [
    context.handOn(one, one.name, LEFT),
    ...(one === column ? found.map(({ column: other, name }) => context.handOn(other, name, RIGHT)) : []),
  ]);
  const [own, other] = [context.columnValue(column, LEFT), context.columnValue(key, RIGHT)];
  const isText =
    own.type.kind === "text" && other.type.kind === "text" && own.type.means?.kind !== "datetime";
  const condition = isText
    ? `${keyOf(context, own, other)} = ${keyOf(context, other, own)}`
    : context.coerce.toBoolean(context.equal(own, other)).sql;
  return joined(context, side.table, items, "LEFT JOIN", condition);
}

/** The columns of the other table with the names that the step gives them; found by name when there are more or fewer now. */
function lookedUp(
  context: StepContext,
  side: Table,
  key: TableColumn,
): { readonly column: TableColumn; readonly name: string }[] {
  const others = side.columns.filter((column) => column !== key);
  const names = context.texts("as") ?? others.map(({ name }) => name);
  const taken = context.table.columns.map(({ name }) => name);
  const free = (name: string): string => {
    const unique = uniqueColumnName(name, taken);
    taken.push(unique);
    return unique;
  };
  if (names.length === others.length)
    return others.map((column, index) => ({ column, name: free(names[index] ?? column.name) }));
  return names.map((name) => {
    const column = others.find((one) => foldColumnName(one.name) === foldColumnName(name));
    if (column === undefined)
      return context.fail(
        `the looked-up table no longer has the columns that the step names: "${name}" is gone`,
      );
    return { column, name: free(name) };
  });
}
