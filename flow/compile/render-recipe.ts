import type { Dataset, FlowPackage } from "../model.js";
import { compileRecipe } from "./compile.js";
import type { CompiledQuery } from "./compiled-query.js";
import { describeSource } from "./dataset.js";
import { findRecipe, fullRecipeName } from "./find-recipe.js";
import { givenValues } from "./parameter-value.js";
import type { ValueType } from "./value.js";

/** How a recipe is written for people. */
export interface RenderOptions {
  /** Values of parameters, by name: they win over the flow's own. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Numbers, dates and lists as the database has them, not as the texts that the product writes. */
  readonly isTyped?: boolean;
}

/** A recipe and everything upstream of it as one query, to read or to hand over. */
export interface RenderedRecipe {
  /** `Flow name / recipe name`. */
  readonly recipe: string;
  readonly sql: string;
  /** In the order of the result; `type` is a word of the product: `Integer`, `Float`, `Bool`, `Datetime`, `Array`, `Map`, `String`. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly inputs: readonly RenderedInput[];
}

/** A dataset that a rendered query reads. */
export interface RenderedInput {
  readonly dataset: string;
  readonly kind: "file" | "table" | "query";
  /** Location of the file, full name of the table or text of the query, as the SQL has it. */
  readonly source: string;
  /** Name of the connection in the package; null without one. */
  readonly connection: string | null;
}

/**
 * Renders a recipe of a package, to which rules were applied before, without looking at data. Throws RecipeNotFound and
 * CompileError; of these DataNeeded where only the data can tell what the query is.
 */
export async function renderRecipe(
  pkg: FlowPackage,
  name: string,
  { parameters = {}, isTyped = false }: RenderOptions = {},
): Promise<RenderedRecipe> {
  const placed = findRecipe(pkg, name);
  const output = isTyped ? "typed" : "text";
  const { sql, columns, inputs } = await compileRecipe(pkg, placed.node.id, { parameters, output });
  return {
    recipe: fullRecipeName(placed),
    sql,
    columns: columns.map(toColumn),
    inputs: inputs.map((dataset) => toInput(dataset, pkg, parameters)),
  };
}

function toColumn({ name, type }: CompiledQuery["columns"][number]): RenderedRecipe["columns"][number] {
  return { name, type: TYPE_WORDS[type.kind === "text" ? (type.means?.kind ?? "text") : type.kind] };
}

const TYPE_WORDS: Readonly<Record<ValueType["kind"], string>> = {
  integer: "Integer",
  float: "Float",
  boolean: "Bool",
  datetime: "Datetime",
  array: "Array",
  map: "Map",
  json: "String",
  text: "String",
  null: "String",
};

function toInput(
  dataset: Dataset,
  { flows, connections }: FlowPackage,
  parameters: Readonly<Record<string, string>>,
): RenderedInput {
  const flow = flows.find(({ datasets }) => datasets.includes(dataset));
  const given = flow === undefined ? () => undefined : givenValues(flow, parameters);
  const connection = connections.find(({ id }) => id === dataset.connectionId);
  return {
    dataset: dataset.name,
    kind: dataset.kind === "file" ? "file" : dataset.query === null ? "table" : "query",
    source: describeSource(dataset, given),
    connection: connection?.name ?? null,
  };
}
