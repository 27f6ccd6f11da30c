import type { JsonObject, Task } from "../model.js";
import { columnOf, elementsOf, textsNode, textsOf } from "./nodes.js";
import {
  boolean,
  bundle,
  column,
  columns,
  enumerable,
  expression,
  expressions,
  falseByDefault,
  implied,
  literal,
  matrix,
  number,
  numbers,
  omitted,
  required,
  step,
  text,
  texts,
  unwritten,
} from "./step-forms.js";

/** Steps that make, change, name or remove columns. */
export const columnSteps = [
  step(
    "Derive",
    required(bundle("type", "single", "multiple")),
    required(expression("value")),
    columns("group"),
    expressions("order"),
    required(text("as")),
  ),
  step(
    "ColumnByExample",
    columns("columns"),
    required(expression("value")),
    number("exampleMappingId"),
    text("as"),
  ),
  // Source: the product's pages on the case and window transforms.
  step(
    "Case",
    expression("if"),
    expression("then"),
    expression("else"),
    column("col"),
    matrix("colCases"),
    matrix("cases"),
    expression("default"),
    text("as"),
  ),
  step("Window", required(expressions("value")), columns("group"), expressions("order")),
  step(
    "Set",
    required(columns("col")),
    required(expression("value")),
    columns("group"),
    expressions("order"),
  ),
  step("SetType", required(columns("col")), required(bundle("type")), text("datetimeType")),
  step("DateFormat", required(columns("col")), required(bundle("type")), text("format")),
  step("Drop", required(columns("col")), required(enumerable("action", "Drop", "Keep"))),
  step(
    "Rename",
    required(bundle("type", "manual", "findAndReplace", "header")),
    matrix("mapping"),
    bundle("method"),
    numbers("sourcerownumbers"),
    columns("col"),
    literal("on"),
    text("with"),
    falseByDefault(boolean("matchAll")),
    text("separator"),
    boolean("filltype"),
    falseByDefault(boolean("sanitize")),
    unwritten(texts("as")),
  ),
  // Source: the product's page on the move transform.
  step("Move", required(columns("col")), column("before"), column("after")),
  step("Select", required(matrix("values"))),
  step("Header", falseByDefault(boolean("sanitize")), unwritten(texts("as"))),
  // Source: the product's page on the merge transform. A text among the columns is put in as it is.
  step("Merge", required(expressions("col")), text("with"), text("as")),
  step("Nest", required(enumerable("into", "array", "map")), required(columns("col")), required(text("as"))),
  step(
    "Unnest",
    required(column("col")),
    required(texts("keys")),
    boolean("pluck"),
    boolean("markLineage"),
    implied(texts("as"), keysOfUnnest),
  ),
];

/** Steps that take text apart or rewrite it. */
export const textSteps = [
  // Source: recipes that were published as text; the product's pages list no words for the type.
  step("TextFormat", required(columns("col")), required(bundle("type"))),
  step(
    "Split",
    required(bundle("type")),
    required(column("col")),
    required(literal("on")),
    number("limit"),
    text("quote"),
    omitted(texts("as"), numberedColumns),
  ),
  step(
    "SplitPatterns",
    required(column("col")),
    required(bundle("type")),
    required(literal("on")),
    number("limit"),
    text("quote"),
    falseByDefault(boolean("ignoreCase")),
    implied(texts("as"), partsOfSplit),
  ),
  step(
    "Replace",
    required(columns("col")),
    bundle("type"),
    required(text("with")),
    required(literal("on")),
    boolean("global"),
    falseByDefault(boolean("ignoreCase")),
    omitted(texts("as"), sameColumns),
  ),
  step(
    "ReplacePatterns",
    required(columns("col")),
    required(text("with")),
    required(literal("on")),
    boolean("global"),
    falseByDefault(boolean("ignoreCase")),
    implied(texts("as"), sameColumns),
  ),
  // Source: the product's pages on these transforms.
  step(
    "Countpattern",
    required(column("col")),
    required(literal("on")),
    falseByDefault(boolean("ignoreCase")),
    text("as"),
  ),
  step(
    "Extractkv",
    required(column("col")),
    required(literal("key")),
    required(literal("valueafter")),
    required(literal("delimiter")),
    text("as"),
  ),
  // No known package has the step; this is our form of it.
  step("Standardize", required(columns("col")), required(matrix("mapping"))),
  step(
    "ConvertPattern",
    required(column("col")),
    required(expressions("cases")),
    literal("after"),
    literal("before"),
  ),
  step(
    "ExtractList",
    required(column("col")),
    required(literal("on")),
    literal("delimiter"),
    required(text("as")),
  ),
  step(
    "ExtractPatterns",
    required(column("col")),
    required(bundle("type")),
    literal("on"),
    literal("start"),
    literal("end"),
    falseByDefault(boolean("ignoreCase")),
    required(texts("as")),
  ),
  step(
    "ExtractBetweenDelimiters",
    required(column("col")),
    required(literal("start")),
    required(literal("end")),
    required(texts("as")),
  ),
];

function keysOfUnnest(parameters: Task["parameters"]): JsonObject | undefined {
  const keys = textsOf(parameters["keys"]);
  return keys === undefined ? undefined : textsNode(keys);
}

function sameColumns(parameters: Task["parameters"]): JsonObject | undefined {
  const names = elementsOf(parameters["col"])?.map(columnOf);
  return names?.every((name) => name !== undefined) ? textsNode(names) : undefined;
}

function partsOfSplit(parameters: Task["parameters"]): JsonObject | undefined {
  const name = columnOf(parameters["col"]);
  const limit = parameters["limit"]?.["value"] ?? 1;
  if (name === undefined || typeof limit !== "number") return undefined;
  return textsNode(Array.from({ length: limit + 1 }, (_, index) => `${name}${String(index + 1)}`));
}

function numberedColumns(parameters: Task["parameters"]): JsonObject | undefined {
  const names = textsOf(parameters["as"]);
  return names?.every((name) => /^column\d+$/.test(name)) === true ? parameters["as"] : undefined;
}
