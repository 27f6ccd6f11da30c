import { columnOf, elementsOf, textOf } from "../../language/nodes.js";
import { printExpression } from "../../language/print.js";
import { hiddenHandedOn } from "../hand-on.js";
import { literalOf, toPattern } from "../search-pattern.js";
import { RE2JS } from "re2js";
import type { StepContext } from "../step-context.js";
import { uniqueColumnName, withMeaning, type Table, type TableColumn } from "../table.js";
import { meaningOf } from "../type-words.js";
import type { StepDefinition } from "./definition.js";
import { closed, type Meaning, type Value } from "../value.js";
import { shownAsColumn } from "./date-samples.js";
import { groupingOf } from "./grouping.js";
import { renameByHeader } from "./header.js";

/** Steps that make, change, name or remove columns. */
export const columnSteps: readonly StepDefinition[] = [
  {
    type: "Derive",
    summary: "A new column behind the right-most column that its expression, group or order mentions",
    forms: "`single`, `multiple`",
    compile: derive,
  },
  {
    type: "ColumnByExample",
    summary: "A new column from the expression that the product made of examples",
    compile: columnByExample,
  },
  { type: "Set", summary: "New values for columns; `$col` is the old one", compile: set },
  {
    type: "SetType",
    summary: "What a column's text means from here on; its characters stay",
    compile: setType,
  },
  {
    type: "Drop",
    summary: "Removes columns, or all others with `Keep`",
    forms: "`Drop`, `Keep`",
    compile: drop,
  },
  {
    type: "Rename",
    summary: "New names for columns",
    forms: "`manual`, `findAndReplace`, `header`",
    compile: rename,
  },
  { type: "Select", summary: "Exactly these expressions under these names", compile: select },
  { type: "Comment", summary: "Stands above the next step", compile: (context) => context.table },
];

function derive(context: StepContext): Table {
  context.allow("type", "value", "group", "order", "as");
  const { table, node } = { table: context.table, node: context.required("value") };
  const type = context.word("type") ?? "single";
  if (type !== "single" && type !== "multiple") context.unsupported(`the form ${type} is not supported`);
  const name = context.text("as") ?? context.fail("the parameter as is missing");
  const existing = table.columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
  if (existing !== undefined) context.fail(`there is a column "${existing.name}" already`);
  const scope = context.scope(groupingOf(context));
  const value = context.value(node, scope);
  const behind = context.lastMentioned([node, context.node("group"), context.node("order")]);
  const before = context.withLifted(scope);
  return context.change({ add: [{ name, value, behind }] }, { table: before, movesRows: scope.movesRows });
}

function columnByExample(context: StepContext): Table {
  context.allow("columns", "exampleMappingId", "value", "as");
  const node = context.required("value");
  const scope = context.scope();
  const value = context.value(node, scope);
  const name = context.freeName(context.text("as") ?? "column1");
  const behind = context.lastMentioned([node, context.node("columns")]);
  return context.change({ add: [{ name, value, behind }] }, { movesRows: scope.movesRows });
}

function set(context: StepContext): Table {
  context.allow("col", "value", "group", "order", "row");
  const row = context.node("row");
  const node = context.required("value");
  const scope = context.scope(groupingOf(context));
  let movesRows = false;
  const replace = new Map(
    context.columns("col").map((column) => {
      const cellScope = scope.withCell(context.columnValue(column));
      const made = context.value(node, cellScope);
      const value =
        row === undefined
          ? made
          : whereTrue(context, context.value(row, cellScope), made, context.columnValue(column));
      if (cellScope.lifted.length > 0)
        context.unsupported("the function needs a column of its own: use derive");
      movesRows ||= cellScope.movesRows;
      return [column, value] as const;
    }),
  );
  return context.change({ replace }, { movesRows });
}

/** A new value for the rows where a condition is true. */
function whereTrue(context: StepContext, test: Value, value: Value, other: Value): Value {
  const { values, type } = context.coerce.unify([value, other]);
  const [then, otherwise] = values;
  const condition = context.coerce.toBoolean(test).sql;
  return closed(
    `CASE WHEN ${condition} THEN ${then?.sql ?? "NULL"} ELSE ${otherwise?.sql ?? "NULL"} END`,
    type,
  );
}

async function setType(context: StepContext): Promise<Table> {
  const { table } = context;
  const means =
    meaningOf(context.task.parameters) ??
    context.unsupported(`the type ${String(context.word("type"))} is not supported`);
  const meanings = new Map<TableColumn, Meaning>();
  for (const column of context.columns("col")) {
    meanings.set(column, await shownAsColumn(context, means, column));
  }
  const columns = table.columns.map((column) => {
    const found = meanings.get(column);
    return found === undefined ? column : withMeaning(column, found);
  });
  return { ...table, columns };
}

function drop(context: StepContext): Table {
  context.allow("col", "action", "table");
  const listed = new Set(context.columns("col"));
  if (context.word("action") !== "Keep") return context.change({ drop: listed });
  const kept = context.table.columns.filter((column) => listed.has(column));
  return keepOnly(
    context,
    kept.map((column) => context.handOn(column)),
  );
}

function keepOnly(context: StepContext, items: Parameters<StepContext["list"]>[0]): Table {
  const { table, plan } = context;
  const { relation, columns } = context.list(
    items,
    (list) => `SELECT ${list}\nFROM ${plan.ref(table.relation)}`,
  );
  return { ...table, relation, columns, ...hiddenHandedOn(table, relation) };
}

function rename(context: StepContext): Table | Promise<Table> {
  switch (context.word("type") ?? "manual") {
    case "manual":
      return renameAll(context, manualNames(context));
    case "findAndReplace":
      return renameAll(context, replacedNames(context));
    case "header":
      return renameByHeader(context);
    default:
      return context.unsupported(`the form ${String(context.word("type"))} is not supported`);
  }
}

function manualNames(context: StepContext): Map<TableColumn, string> {
  context.allow("type", "mapping");
  const rows = elementsOf(context.required("mapping")) ?? [];
  return new Map(
    rows.map((row) => {
      const [from, to] = elementsOf(row) ?? [];
      const [name, text] = [columnOf(from), textOf(to)];
      if (name === undefined || text === undefined)
        return context.fail(`"${printExpression(row)}" is no column and name`);
      return [context.findColumn(name), text] as const;
    }),
  );
}

function replacedNames(context: StepContext): Map<TableColumn, string> {
  context.allow("type", "col", "on", "with", "matchAll", "ignoreCase");
  const on = context.required("on");
  const by = context.text("with") ?? "";
  const flags = context.boolean("ignoreCase") ? RE2JS.CASE_INSENSITIVE : 0;
  const expression = RE2JS.compile(toPattern(on, context.place), flags);
  const replacement = literalOf(on) === undefined ? by : RE2JS.quoteReplacement(by);
  const names = new Map<TableColumn, string>();
  for (const column of context.columns("col")) {
    const matcher = expression.matcher(column.name);
    const name = context.boolean("matchAll")
      ? matcher.replaceAll(replacement)
      : matcher.replaceFirst(replacement);
    if (name !== column.name) names.set(column, name);
  }
  return names;
}

/** Renames at once, so that two columns can change names. */
export function renameAll(
  context: StepContext,
  names: ReadonlyMap<TableColumn, string>,
  where?: string,
): Table {
  const others = context.table.columns.filter((column) => !names.has(column)).map(({ name }) => name);
  const taken: string[] = [...others];
  const free = new Map<TableColumn, string>();
  for (const [column, name] of names) {
    if (name === "") context.fail(`the column "${column.name}" would have no name`);
    const unique = uniqueColumnName(name, taken);
    taken.push(unique);
    free.set(column, unique);
  }
  return context.change({ rename: free }, where === undefined ? {} : { where });
}

function select(context: StepContext): Table {
  context.allow("values");
  const rows = elementsOf(context.required("values")) ?? [];
  const scope = context.scope();
  const items = rows.map((row) => {
    const [expression, nameNode] = elementsOf(row) ?? [];
    if (expression === undefined) return context.fail(`"${printExpression(row)}" is no expression`);
    const name =
      textOf(nameNode) ?? columnOf(expression) ?? context.fail(`"${printExpression(row)}" has no name`);
    const column = columnOf(expression);
    if (column !== undefined) return context.handOn(context.findColumn(column), name);
    const { sql, type } = context.value(expression, scope);
    return { name, sql, type };
  });
  return { ...keepOnly(context, items), isInOrder: context.table.isInOrder && !scope.movesRows };
}
