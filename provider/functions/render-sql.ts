import { z } from "zod";
import { CompileError, DataNeeded } from "../../flow/compile/compile-error.js";
import { unknownParameters } from "../../flow/index.js";
import { defineFunction, InputRefused } from "../framework/define-function.js";
import { named } from "../framework/field-rules.js";
import { applyRulesInput, packageArgument, readPackageInput, rulesArgument } from "./read-input.js";

const inputs = z.strictObject({
  package: packageArgument,
  recipe: z
    .string()
    .min(1)
    .describe("Name of the recipe, or `Flow name / recipe name` where several have it."),
  rules: rulesArgument,
  parameters: z
    .record(z.string(), z.string())
    .optional()
    .describe("Values of parameters, by name. Left out: the flow's own."),
  typed: z
    .boolean()
    .optional()
    .describe(
      "Whether numbers, dates and lists keep the database's types. Left out: every column is a text, as the product writes it.",
    ),
});

const sqlColumn = named(
  "SqlColumn",
  z
    .object({
      name: z.string().describe("Name of the column."),
      type: z
        .string()
        .describe(
          "What its values are: `Integer`, `Float`, `Bool`, `Datetime`, `Array`, `Map`, `String`; also where they are written as text.",
        ),
    })
    .describe("A column of a recipe's result."),
);

const sqlInput = named(
  "SqlInput",
  z
    .object({
      dataset: z.string().describe("Name of the dataset."),
      kind: z.enum(["file", "table", "query"]).describe("`file`, `table` or `query`."),
      source: z
        .string()
        .describe(
          "Location of the file, full name of the table or text of the query, after the rules. `*` stands in a location for what only looking at the files can tell.",
        ),
      connection: z
        .string()
        .optional()
        .describe("Name of its connection at the exporting instance, where it has one."),
    })
    .describe("A dataset that a recipe's query reads."),
);

const outputs = z.object({
  recipe: z.string().describe("The recipe as `Flow name / recipe name`."),
  sql: z
    .string()
    .describe("One query for DuckDB: a common table expression for each step, below the step's own text."),
  columns: z.array(sqlColumn).describe("The columns of its result, in order."),
  inputs: z.array(sqlInput).describe("The datasets that it reads."),
});

export const renderSql = defineFunction({
  name: "renderSql",
  description:
    "Writes a recipe of a package, and everything that it reads, as one SQL query, for people to read or to take over. Looks at no data and needs no platform.",
  inputs,
  outputs,
  example: `const revenue = sluice.renderSqlOutput({
  package: "orders-1.1.0.zip",
  recipe: "Daily revenue",
  rules: { values: rules.values },
});
export const sql = revenue.sql;`,
  usesPlatform: false,

  async invoke(_context, { package: input, recipe, rules, parameters = {}, typed: isTyped = false }) {
    // The compiler is loaded for this function alone: it knows every step and function of recipes.
    const [{ renderRecipe }, { RecipeNotFound }] = await Promise.all([
      import("../../flow/compile/render-recipe.js"),
      import("../../flow/compile/find-recipe.js"),
    ]);
    const ruled = applyRulesInput(await readPackageInput("package", input), rules);
    const unknown = unknownParameters(ruled.package, Object.keys(parameters));
    if (unknown.length > 0)
      throw new InputRefused(unknown.map(({ name, reason }) => ({ property: `parameters.${name}`, reason })));
    try {
      const rendered = await renderRecipe(ruled.package, recipe, { parameters, isTyped });
      return {
        ...rendered,
        columns: [...rendered.columns],
        inputs: rendered.inputs.map(({ connection, ...others }) => ({
          ...others,
          ...(connection !== null && { connection }),
        })),
      };
    } catch (error) {
      if (!(error instanceof CompileError || error instanceof RecipeNotFound)) throw error;
      const reason = error instanceof DataNeeded ? `${error.message} (${NO_DATA})` : error.message;
      throw new InputRefused([{ property: "recipe", reason }], { cause: error });
    }
  },
});

const NO_DATA = "no data is looked at here; `sluice package run` runs the recipe over files";
