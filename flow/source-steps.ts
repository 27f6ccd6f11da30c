import { createHash } from "node:crypto";
import { isJsonObject } from "./fields.js";
import { CURRENT_TABLE, functionNode, tableOf, textNode, textsNode } from "./language/nodes.js";
import { parseStep } from "./language/parse.js";
import { quotePattern, quoteText } from "./language/quote.js";
import type { JsonObject, JsonValue, Step, Task } from "./model.js";
import type { DatasetSource, DelimitedFileSource } from "./source-format.js";

/** A step as written, with nothing that an exporter adds. */
export function plainStep(task: Task): Step {
  return { port: null, columns: [], task };
}

/** The hidden first step of a recipe: its primary input. `outputName` names the loaded table. */
export function primaryLoad(outputName: string): Step {
  return hiddenLoad(blobLoad("portId://null"), outputName);
}

/** The hidden step that loads the side input of a port, as the product puts one before the step that uses it. */
export function sideLoad(port: number): Step {
  const parameters = {
    location: textNode(`portId://${String(port)}`),
    format: functionNode("FormatBlob", {}),
  };
  return { ...hiddenLoad(parameters, sideTable(port)), port };
}

/** The parsing recipe of a dataset. Throws LanguageError for steps that cannot be read. */
export function parsingLoad(datasetId: number, source: DatasetSource): Step {
  const location = `id://${String(datasetId)}`;
  const outputName = `original_datasource_${String(datasetId)}`;
  return "connection" in source
    ? hiddenLoad(recordsLoad(location, source.columns), outputName, source.columns)
    : hiddenLoad(blobLoad(location), outputName);
}

/** The steps that cut a delimited file into rows and columns, as text; the same ones that the product makes. */
export function parsingSteps(source: DelimitedFileSource): string[] {
  const { delimiter, header, quoted, lineEnd } = source.parse;
  const { columns } = source;
  const quote = quoted ? ` quote: '"'` : "";
  const steps = [
    `splitrows col: column1 on: ${quoteText(lineEnd)}${quote}${quoted ? ` quoteEscapeChar: '"'` : ""}`,
  ];
  const limit = columns.length - 1;
  if (limit > 0) {
    // A limit of one is the product's default and is not written.
    const limited = limit > 1 ? ` limit: ${String(limit)}` : "";
    const names = header ? columns.map((_, index) => `column${String(index + 2)}`) : columns;
    const as = names.map(quoteText).join(", ");
    steps.push(`split type: on col: column1 on: ${quoteText(delimiter)}${limited}${quote} as: ${as}`);
  }
  if (quoted) {
    steps.push(`replace col: * type: on with: '"' on: '""' global: true`);
    steps.push(`replace col: * type: on with: '' on: ${quotePattern('{start}"|"{end}')} global: true`);
  }
  if (header) steps.push("header");
  return steps;
}

/** Gives a Header step the names that it found when the package was made, as exporters do. */
export function withHeaderNames(task: Task, columns: readonly string[]): Task {
  return task.type === "Header"
    ? { ...task, parameters: { ...task.parameters, as: textsNode(columns) } }
    : task;
}

/** Reads a written step. Throws LanguageError. */
export function readSourceStep(line: string): { readonly task: Task; readonly side: string | null } {
  const task = parseStep(line);
  return { task, side: tableOf(task.parameters["with"]) ?? null };
}

/** Replaces the tables' written names by the names that the recipe's Loads give them. */
export function bindTables(task: Task, side: string, port: number, stepIndex: number): Task {
  const current = tableName(`current table at step ${String(stepIndex)}`);
  const names = new Map([
    [side, sideTable(port)],
    [CURRENT_TABLE, current],
  ]);
  return { ...task, parameters: renameTables({ ...task.parameters }, names) as Task["parameters"] };
}

function renameTables(value: JsonValue, names: ReadonlyMap<string, string>): JsonValue {
  if (Array.isArray(value)) return value.map((element) => renameTables(element, names));
  if (!isJsonObject(value)) return value;
  const renamed: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const isName = key === "relation" || (key === "value" && value["kind"] === "table");
    renamed[key] =
      isName && typeof member === "string" ? (names.get(member) ?? member) : renameTables(member, names);
  }
  return renamed;
}

/** In real packages one port has the same table name in every recipe; 40 hex digits of an unknown input. */
function sideTable(port: number): string {
  return tableName(`side input ${String(port)}`);
}

function tableName(seed: string): string {
  return `table_${createHash("sha1").update(seed).digest("hex")}`;
}

function hiddenLoad(
  parameters: Task["parameters"],
  outputName: string,
  columns: readonly string[] = [],
): Step {
  return {
    port: null,
    columns,
    task: { type: "Load", parameters, annotations: { hidden: true }, outputName },
  };
}

function blobLoad(location: string): Task["parameters"] {
  return {
    format: functionNode("FormatBlob", {}),
    location: textNode(location),
    enableLineage: { kind: "constant", type: "Bool", value: true },
    as: textsNode(["column1"]),
  };
}

function recordsLoad(location: string, columns: readonly string[]): Task["parameters"] {
  const lists = (type: string): JsonObject => ({
    kind: "array",
    type: "Array",
    value: columns.map(() => textsNode([type])),
  });
  const format = functionNode("FormatRecords", {
    columnNames: textsNode(columns),
    columnTypes: lists("String"),
    inputTypes: textsNode(columns.map(() => "varchar")),
  });
  return { format, location: textNode(location), as: textsNode(columns) };
}
