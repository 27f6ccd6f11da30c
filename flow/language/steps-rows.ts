import type { JsonObject, Task } from "../model.js";
import { CURRENT_TABLE, tableNode, textsNode } from "./nodes.js";
import type { ParameterForm } from "./step-forms.js";
import {
  boolean,
  bundle,
  column,
  columns,
  comment,
  enumerable,
  expression,
  expressions,
  implied,
  number,
  required,
  step,
  table,
  text,
  texts,
  unwritten,
} from "./step-forms.js";

const namedBy = (form: ParameterForm, parameter: string): ParameterForm => ({
  ...form,
  namedBy: { parameter },
});
const ofTable = (form: ParameterForm, relation: "table" | "with"): ParameterForm => ({ ...form, relation });
const currentTable = { ...implied(table("table"), () => tableNode(CURRENT_TABLE)), isUnwritten: true };

/** Steps that choose, cut, gather or spread rows. */
export const rowSteps = [
  step(
    "Filter",
    required(bundle("type")),
    bundle("rowType"),
    column("col"),
    expression("row"),
    columns("group"),
    expressions("order"),
    expressions("oneOf"),
    required(enumerable("action", "Keep", "Delete")),
  ),
  step("Deduplicate"),
  // Source: the product's page on the sort transform. `NEGATE(column)` turns the order round.
  step("Sort", required(expressions("order"))),
  step("Flatten", required(column("col"))),
  step("SplitRows", required(column("col")), required(text("on")), text("quote"), text("quoteEscapeChar")),
  step(
    "GroupBy",
    required(enumerable("type")),
    columns("group"),
    namedBy(expressions("value"), "as"),
    texts("as"),
  ),
  step(
    "Pivot",
    columns("col"),
    columns("group"),
    { ...required(expressions("value")), namedBy: { parameter: "as", unless: "col" } },
    number("limit"),
    unwritten(texts("as")),
  ),
  step(
    "Unpivot",
    required(columns("col")),
    required(number("groupEvery")),
    implied(texts("as"), keyAndValue),
  ),
  // Source: the product's page on the valuestocols transform.
  step(
    "Valuestocols",
    required(column("col")),
    required(expression("value")),
    expression("default"),
    number("limit"),
  ),
  step("Comment", required(comment("comment"))),
];

/** Steps that bring a second table in, and the hidden Load that names it. */
export const tableSteps = [
  step(
    "Join",
    required(table("with")),
    namedBy(required(columns("col")), "as"),
    expression("row"),
    required(enumerable("type")),
    currentTable,
    texts("as"),
  ),
  step(
    "Lookup",
    required(table("with")),
    ofTable(required(column("col")), "table"),
    ofTable(required(column("key")), "with"),
    required(texts("as")),
    currentTable,
  ),
  // No known package has the step; this is our form of it.
  step("Union", required(table("with")), currentTable),
  step(
    "Load",
    required(text("location")),
    required(expression("format")),
    boolean("enableLineage"),
    texts("as"),
  ),
];

function keyAndValue(_parameters: Task["parameters"]): JsonObject {
  return textsNode(["key", "value"]);
}
