import { Command } from "commander";
import { applyRules } from "../flow/rules.js";
import { loadPackage, loadRules } from "./package-input.js";
import { refuseUnknown, toParameters, type Parameters } from "./parameters.js";
import type { CommandOutput } from "./run.js";

interface SqlOptions {
  readonly recipe: string;
  readonly rules?: string;
  readonly parameter: Parameters;
  readonly typed: boolean;
}

/** `sluice package sql`: a recipe and all that is upstream of it as one query, to read or to hand over. */
export function sqlCommand(output: CommandOutput): Command {
  return new Command("sql")
    .description("Print a recipe, and everything that it reads, as one SQL query for DuckDB")
    .argument("<file>", "a package, or the folder of its readable source")
    .requiredOption("--recipe <name>", "the recipe, as `Flow / recipe` when several have the name")
    .option("--rules <file>", "import rules (JSON) to apply first")
    .option("--parameter <name=value>", "a parameter's value for this run; may be repeated", toParameters, {})
    .option("--typed", "numbers, dates and lists as the database has them, not as text", false)
    .action((file: string, options: SqlOptions) => printSql(file, options, output));
}

async function printSql(file: string, options: SqlOptions, output: CommandOutput): Promise<void> {
  // The compiler is loaded for this command alone: it knows every step and function.
  const { renderRecipe } = await import("../flow/compile/render-recipe.js");
  const { package: pkg } = applyRules(await loadPackage(file), await loadRules(options.rules));
  const { parameter: parameters, typed: isTyped } = options;
  refuseUnknown(parameters, pkg);
  const { sql } = await renderRecipe(pkg, options.recipe, { parameters, isTyped });
  output.data(`${sql}\n`);
}
