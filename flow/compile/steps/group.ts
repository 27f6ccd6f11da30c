import { defaultOutputName } from "../../language/functions.js";
import { elementsOf, outputNameOf } from "../../language/nodes.js";
import type { JsonObject } from "../../model.js";
import { DataNeeded } from "../compile-error.js";
import type { ListItem, StepContext } from "../step-context.js";
import { uniqueColumnName, type Table, type TableColumn } from "../table.js";
import { operand } from "../value.js";
import type { StepDefinition } from "./definition.js";

/** Steps that make one row of several, or several of one. */
export const groupSteps: readonly StepDefinition[] = [
  {
    type: "GroupBy",
    summary: "One row for each group with its aggregates",
    forms: "`agg`",
    compile: groupBy,
  },
  { type: "Pivot", summary: "One row for each group, a column for each value and aggregate", compile: pivot },
];

function groupBy(context: StepContext): Table {
  context.allow("type", "group", "value", "as");
  const type = context.word("type") ?? "agg";
  if (type !== "agg") context.unsupported(`the form ${type} is not supported`);
  return aggregate(context);
}

function valuesOf(context: StepContext): JsonObject[] {
  const node = context.node("value");
  return node === undefined ? [] : (elementsOf(node) ?? [node]);
}

/** Group columns, then aggregates. */
function aggregate(context: StepContext): Table {
  const groups = context.columns("group");
  const names = context.texts("as");
  const nodes = valuesOf(context);
  const taken = groups.map(({ name }) => name);
  const items: ListItem[] = groups.map((column) => {
    const { sql, type } = context.columnValue(column);
    return { name: column.name, sql, type };
  });
  nodes.forEach((node, index) => {
    const given = names?.length === nodes.length ? names[index] : outputNameOf(node);
    const name = uniqueColumnName(given ?? defaultOutputName(node) ?? `column${String(index + 1)}`, taken);
    taken.push(name);
    items.push({ name, ...valueOfGroup(context, node, groups) });
  });
  return grouped(
    context,
    items,
    groups.map((column) => context.columnValue(column).sql),
  );
}

/** What an expression is of a group, or of the rows in it that fit a condition. */
function valueOfGroup(
  context: StepContext,
  node: JsonObject,
  keys: readonly TableColumn[],
  filter?: string,
): Pick<ListItem, "sql" | "type"> {
  const scope = context.scope({ kind: "group", keys, ...(filter === undefined ? {} : { filter }) });
  const { sql, type } = context.value(node, scope);
  const { ungrouped } = scope;
  if (ungrouped === undefined) return { sql, type };
  return context.fail(
    `the column "${ungrouped.name}" has several values in a group: group by it or aggregate it`,
  );
}

function grouped(context: StepContext, items: readonly ListItem[], keys: readonly string[]): Table {
  const { table, plan } = context;
  if (items.length === 0) return context.fail("there is nothing to group by and nothing to compute");
  const by = keys.length === 0 ? "" : `\nGROUP BY ${keys.join(", ")}`;
  const made = context.list(items, (list) => `SELECT ${list}\nFROM ${plan.ref(table.relation)}${by}`);
  return { ...made, order: undefined, isInOrder: true };
}

const PIVOT_LIMIT = 50;

async function pivot(context: StepContext): Promise<Table> {
  context.allow("col", "group", "value", "limit", "as");
  const columns = context.columns("col");
  if (columns.length === 0) return aggregate(context);
  const groups = context.columns("group");
  const nodes = valuesOf(context);
  const combinations = await pivotValues(context);
  const taken = groups.map(({ name }) => name);
  const items: ListItem[] = groups.map((column) => {
    const { sql, type } = context.columnValue(column);
    return { name: column.name, sql, type };
  });
  for (const node of nodes) {
    for (const values of combinations) {
      const tests = columns.map((column, index) => {
        const text = operand(context.coerce.toText(context.columnValue(column)));
        return `${text} = ${context.dialect.text(values[index] ?? "")}`;
      });
      const value = valueOfGroup(context, node, groups, tests.join(" AND "));
      const name = uniqueColumnName(`${defaultOutputName(node) ?? "column"}_${values.join("_")}`, taken);
      taken.push(name);
      items.push({ name, ...value });
    }
  }
  return grouped(
    context,
    items,
    groups.map((column) => context.columnValue(column).sql),
  );
}

/** The combinations of the values in `col` that become columns, at most `limit`, in the order of their text. */
export async function pivotValues(context: StepContext): Promise<readonly (readonly string[])[]> {
  const { options, plan, table, place } = context;
  const columns = context.columns("col");
  const limit = context.integer("limit") ?? PIVOT_LIMIT;
  if (options.ask === undefined) return witnessedValues(context);
  const texts = columns.map((column) => context.coerce.toText(context.columnValue(column)).sql);
  const rows = await options.ask(
    plan.render(() => {
      const there = texts.map((text) => `${text} <> ''`).join(" AND ");
      const order = texts.map((_, index) => String(index + 1)).join(", ");
      return `SELECT DISTINCT ${texts.join(", ")}\nFROM ${plan.ref(table.relation)}\nWHERE ${there}\nORDER BY ${order}\nLIMIT ${String(limit)}`;
    }),
  );
  if (rows.length === 0)
    throw new DataNeeded(
      place,
      `no row has a value in ${columns.map(({ name }) => `"${name}"`).join(", ")}, so there is nothing to make columns of`,
    );
  return rows.map((row) => row.map((cell) => cell ?? ""));
}

/** The values that the exporter saw, out of the names that it gave the columns. */
function witnessedValues(context: StepContext): readonly (readonly string[])[] {
  const names = context.texts("as");
  const [node] = valuesOf(context);
  const start = node === undefined ? undefined : `${defaultOutputName(node) ?? "column"}_`;
  const values = names
    ?.filter((name) => start !== undefined && name.startsWith(start))
    .map((name) => [name.slice(start?.length)]);
  if (values === undefined || values.length === 0 || context.columns("col").length > 1) {
    throw new DataNeeded(
      context.place,
      "the values that become columns are only known from the data; give the data",
    );
  }
  return values;
}
