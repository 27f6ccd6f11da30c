import type { HiddenColumn } from "../relation.js";
import type { StepContext } from "../step-context.js";
import type { Table } from "../table.js";
import type { StepDefinition } from "./definition.js";
import { orderOf } from "./grouping.js";

/** Steps that change the order of rows or columns, and the older names of Filter. */
export const sortingSteps: readonly StepDefinition[] = [
  { type: "Sort", summary: "Rows in an order", compile: sort },
  { type: "Move", summary: "Columns to another place", forms: "`before`, `after`", compile: move },
];

const SORT_ORDER = "sort order";

function sort(context: StepContext): Table {
  context.allow("order");
  const { table, plan } = context;
  const wanted = orderOf(context, "order");
  if (wanted.length === 0) context.fail("there is nothing to sort by");
  const earlier = (table.order ?? []).map((key) => context.dialect.quoteName(plan.hidden(key)));
  const relation = plan.add(
    context.relationName,
    context.comments,
    (self) => `SELECT *${self.extraItems(context.dialect)}\nFROM ${plan.ref(table.relation)}`,
  );
  const number: HiddenColumn = { origin: { relation, field: "" }, kind: SORT_ORDER };
  relation.offers.set(SORT_ORDER, () => `row_number() OVER (ORDER BY ${[...wanted, ...earlier].join(", ")})`);
  return { ...table, relation, order: [number], isInOrder: false };
}

function move(context: StepContext): Table {
  context.allow("col", "before", "after");
  const moved = context.columns("col");
  const [before, after] = ["before", "after"].map((name) =>
    context.node(name) === undefined ? undefined : context.column(name),
  );
  const target = before ?? after ?? context.fail("the parameter before or after is missing");
  if (moved.includes(target)) return context.table;
  const rest = context.table.columns.filter((column) => !moved.includes(column));
  const at = rest.indexOf(target) + (before === undefined ? 1 : 0);
  return { ...context.table, columns: [...rest.slice(0, at), ...moved, ...rest.slice(at)] };
}
