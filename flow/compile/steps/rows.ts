import { elementsOf } from "../../language/nodes.js";
import { isMissing } from "../functions/conditional.js";
import { compareValues } from "../functions/comparison.js";
import { mismatchOf } from "../functions/type.js";
import { hiddenHandedOn } from "../hand-on.js";
import type { HiddenColumn } from "../relation.js";
import type { Scope } from "../scope.js";
import { toPattern } from "../search-pattern.js";
import type { StepContext } from "../step-context.js";
import type { Table } from "../table.js";
import { BOOLEAN, closed, operand, type Value } from "../value.js";
import type { StepDefinition } from "./definition.js";
import { groupingOf } from "./grouping.js";

/** Steps that choose rows or make more of them. */
export const rowSteps: readonly StepDefinition[] = [
  {
    type: "Filter",
    summary: "Keeps or deletes the rows where a condition is true",
    forms:
      "`custom`, `missing`, `mismatched`, `oneOf`, `exactly`, `lessThan` and its like, `contains`, `startsWith`, `endsWith`, `matches`",
    compile: filter,
  },
  {
    type: "Keep",
    summary: "Keeps the rows where `row` is true",
    compile: (context) => filterBy(context, "Keep"),
  },
  {
    type: "Delete",
    summary: "Deletes the rows where `row` is true",
    compile: (context) => filterBy(context, "Delete"),
  },
  { type: "Deduplicate", summary: "Removes rows that are the same in all columns", compile: deduplicate },
  {
    type: "Flatten",
    summary: "A row for each element of an array; one with null where there is none",
    compile: flatten,
  },
];

function filter(context: StepContext): Table {
  return filterBy(context, context.word("action") === "Delete" ? "Delete" : "Keep");
}

/** A condition that is null is not true: such rows are neither kept nor deleted. */
function filterBy(context: StepContext, action: "Keep" | "Delete"): Table {
  context.allow(
    "type",
    "rowType",
    "group",
    "order",
    "row",
    "col",
    "action",
    "oneOf",
    ...Object.keys(SIGNS),
    ...Object.keys(SEARCHES),
  );
  const rowType = context.word("rowType") ?? "single";
  if (rowType !== "single" && rowType !== "multiple")
    context.unsupported(`the row type ${rowType} is not supported`);
  const scope = context.scope(groupingOf(context));
  const test = context.coerce.toBoolean(rowTest(context, scope));
  const condition = (sql: string): string => (action === "Delete" ? `(${sql}) IS NOT TRUE` : sql);
  if (!scope.usedWindow)
    return context.change({}, { where: condition(test.sql), movesRows: scope.movesRows });
  // Windows are not allowed in a condition, so what looks at several rows is computed before.
  const field = scope.lift(test.sql);
  return context.change({}, { table: context.withLifted(scope), where: condition(field), movesRows: true });
}

/** Forms beside `custom` have a column, and their operand in a parameter named like the form, as `oneOf` has. */
function rowTest(context: StepContext, scope: Scope): Value {
  const type = context.word("type") ?? "custom";
  if (type === "custom") return context.value(context.required("row"), scope);
  const isKnown = ["missing", "mismatched", "oneOf"].includes(type) || type in SIGNS || type in SEARCHES;
  if (!isKnown) return context.unsupported(`the form ${type} is not supported`);
  const value = context.columnValue(context.column("col"));
  switch (type) {
    case "missing":
      return isMissing(context, value);
    case "mismatched":
      return isMismatched(context, value);
    case "oneOf": {
      const others = elementsOf(context.required("oneOf")) ?? [context.required("oneOf")];
      const tests = others.map((other) =>
        operand(compareValues(context, value, context.value(other, scope), "=")),
      );
      return closed(tests.length === 0 ? "false" : tests.join(" OR "), BOOLEAN);
    }
    default:
      break;
  }
  const sign = SIGNS[type];
  if (sign !== undefined)
    return compareValues(context, value, context.value(context.required(type), scope), sign);
  const [before = "", behind = ""] = SEARCHES[type] ?? [];
  const pattern = context.dialect.pattern(
    `${before}(?:${toPattern(context.required(type), context.place)})${behind}`,
  );
  return closed(context.dialect.call("regexMatches", context.coerce.toText(value).sql, pattern), BOOLEAN);
}

const SIGNS: Readonly<Record<string, Parameters<typeof compareValues>[3]>> = {
  exactly: "=",
  lessThan: "<",
  lessThanEqual: "<=",
  greaterThan: ">",
  greaterThanEqual: ">=",
};

const SEARCHES: Readonly<Record<string, readonly [before: string, behind: string]>> = {
  contains: ["", ""],
  startsWith: ["^", ""],
  endsWith: ["", "$"],
  matches: ["", ""],
};

function isMismatched(context: StepContext, value: Value): Value {
  const means = value.type.kind === "text" ? value.type.means : undefined;
  if (means === undefined)
    return context.unsupported("the type of the column is not known, so nothing is mismatched");
  return mismatchOf(context, value, means);
}

function deduplicate(context: StepContext): Table {
  const { table, plan, dialect } = context;
  const items = table.columns.map((column) => context.handOn(column));
  const { relation, columns } = context.list(
    items.map(({ name, sql, type }) => ({ name, sql, type })),
    (list) =>
      relation.extras.size === 0
        ? `SELECT DISTINCT ${list}\nFROM ${plan.ref(table.relation)}`
        : `SELECT ${list}\nFROM ${plan.ref(table.relation)}\nGROUP BY ${items.map(({ sql }) => sql).join(", ")}`,
  );
  // The first of equal rows stays, which only shows in the order of rows.
  const { order } = table;
  if (order === undefined) return { relation, columns, order, isInOrder: false };
  const first: HiddenColumn = { origin: { relation, field: "" }, kind: FIRST_PLACE };
  relation.offers.set(FIRST_PLACE, () => {
    const keys = order.map((key) => dialect.quoteName(plan.hidden(key)));
    return `min(${keys.length === 1 ? keys.join("") : dialect.call("together", ...keys)})`;
  });
  return { relation, columns, order: [first], isInOrder: false };
}

const FIRST_PLACE = "first place";

const ELEMENT_NUMBER = "element number";

function flatten(context: StepContext): Table {
  context.allow("col");
  const { table, plan, dialect, coerce } = context;
  const column = context.column("col");
  const array = coerce.toArray(context.columnValue(column));
  const of = array.type.of;
  const list = of.kind === "json" ? dialect.call("elementsToText", array.sql) : array.sql;
  const type = of.kind === "json" ? { kind: "text" as const } : of;
  const value = closed(dialect.call("unnestOrNull", list), type);
  const items = table.columns.map((one) =>
    one === column ? { name: one.name, ...value } : context.handOn(one),
  );
  const made = context.list(items, (text) => `SELECT ${text}\nFROM ${plan.ref(table.relation)}`);
  const { relation } = made;
  relation.offers.set(ELEMENT_NUMBER, () => dialect.call("positions", list));
  const hidden = hiddenHandedOn(table, relation);
  const element: HiddenColumn = { origin: { relation, field: "" }, kind: ELEMENT_NUMBER };
  return {
    ...table,
    ...made,
    ...hidden,
    order: hidden.order === undefined ? undefined : [...hidden.order, element],
  };
}
