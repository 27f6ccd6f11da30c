import { isJsonObject } from "../fields.js";
import type { JsonObject, JsonValue } from "../model.js";

/** The name by which a printed step calls the rows that its recipe has built so far. */
export const CURRENT_TABLE = "current_dataset";

/** A column; `relation` is a table's name in steps that see two tables, `name` what it is called in the output. */
export function columnNode(column: string, relation: string | null = null, name?: string): JsonObject {
  const node: JsonObject = { kind: "column", type: "Column", value: column, relation };
  return name === undefined ? node : { ...node, as: [name] };
}

/** Every column: `*`. */
export function wildcardNode(): JsonObject {
  const annotations = { includeLineage: false, includeFileLineage: false };
  return { kind: "column", type: "Wildcard", value: "*", annotations, relation: null };
}

/** The columns from `first` to `last` in the table's order, both included. */
export function rangeNode(first: string, last: string): JsonObject {
  return {
    kind: "column",
    type: "ColumnRange",
    value: [first, last],
    annotations: { includeLineage: true, includeFileLineage: false },
  };
}

/** A constant of the AST; `Pattern` holds the text of an Alteryx pattern. */
export function constantNode(
  type: "String" | "Integer" | "Float" | "Bool" | "Pattern",
  value: string | number | boolean,
): JsonObject {
  return { kind: "constant", type, value };
}

/** A text constant. */
export function textNode(value: string): JsonObject {
  return constantNode("String", value);
}

/** An array of nodes. */
export function listNode(nodes: readonly JsonObject[]): JsonObject {
  return { kind: "array", type: "Array", value: [...nodes] };
}

/** An array of text constants. */
export function textsNode(values: readonly string[]): JsonObject {
  return listNode(values.map(textNode));
}

/** Rows of nodes, each an array node. */
export function matrixNode(rows: readonly JsonObject[]): JsonObject {
  return { kind: "matrix", type: "Matrix", value: [...rows] };
}

/** A bare word: `bundle` picks the sub-form of a step, `enumerable` one of a fixed set. */
export function wordNode(kind: "bundle" | "enumerable", word: string): JsonObject {
  return { kind, type: kind === "bundle" ? "Bundle" : "Enumerable", value: word };
}

/** A table of the recipe. */
export function tableNode(name: string): JsonObject {
  return { kind: "table", type: "Table", value: name };
}

/** A parameter of the flow or the run, or `col` inside Set. */
export function variableNode(name: string): JsonObject {
  return { kind: "variable", type: "Variable", value: name };
}

/** A call; parameters are named. */
export function functionNode(
  type: string,
  parameters: JsonObject,
  annotations?: { infix: boolean; parenthetical: boolean },
): JsonObject {
  const node: JsonObject = { kind: "func", type, parameters };
  return annotations === undefined ? node : { annotations, ...node };
}

/** The nodes of an array or matrix node, or undefined when the node is neither or holds something else. */
export function elementsOf(node: JsonObject | undefined): JsonObject[] | undefined {
  if (node === undefined || (node["kind"] !== "array" && node["kind"] !== "matrix")) return undefined;
  const value = node["value"];
  return Array.isArray(value) && value.every(isJsonObject) ? value : undefined;
}

/** The text of a text constant, else undefined. */
export function textOf(node: JsonValue | undefined): string | undefined {
  if (!isJsonObject(node) || node["kind"] !== "constant" || node["type"] !== "String") return undefined;
  return typeof node["value"] === "string" ? node["value"] : undefined;
}

/** The texts of an array of text constants, else undefined. */
export function textsOf(node: JsonObject | undefined): string[] | undefined {
  const texts = elementsOf(node)?.map(textOf);
  return texts?.every((text) => text !== undefined) ? texts : undefined;
}

/** The name of a plain column, else undefined. */
export function columnOf(node: JsonValue | undefined): string | undefined {
  if (!isJsonObject(node) || node["kind"] !== "column" || node["type"] !== "Column") return undefined;
  return typeof node["value"] === "string" ? node["value"] : undefined;
}

/** The one name in a node's `as`, else undefined. */
export function outputNameOf(node: JsonObject): string | undefined {
  const as = node["as"];
  return Array.isArray(as) && as.length === 1 && typeof as[0] === "string" ? as[0] : undefined;
}

/** The table that a table node names, else undefined. */
export function tableOf(node: JsonObject | undefined): string | undefined {
  return node?.["kind"] === "table" && typeof node["value"] === "string" ? node["value"] : undefined;
}
