import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { RecipeOutput, RecipeRun } from "sluice-platform";
import { findRecipe } from "../flow/compile/find-recipe.js";
import { count } from "../flow/count.js";
import { applyRules } from "../flow/rules.js";
import { findDatasetFiles, type NamedInput } from "./dataset-files.js";
import { loadPlatform } from "./load-platform.js";
import { loadPackage, loadRules } from "./package-input.js";
import { refuseUnknown, toParameters, type Parameters } from "./parameters.js";
import type { CommandOutput } from "./run.js";

interface RunOptions {
  readonly recipe: string;
  readonly data?: string;
  readonly out: string;
  readonly input: readonly NamedInput[];
  readonly rules?: string;
  readonly parameter: Parameters;
}

/** `sluice package run`: a recipe and all that is upstream of it over files on this machine, without any platform. */
export function runCommand(output: CommandOutput): Command {
  return new Command("run")
    .description("Run a recipe, and everything that it reads, over files on this machine")
    .argument("<file>", "a package, or the folder of its readable source")
    .requiredOption("--recipe <name>", "the recipe, as `Flow / recipe` when several have the name")
    .option(
      "--data <directory>",
      "holds a file for each dataset: of its name or its file's, whatever the ending",
    )
    .requiredOption("--out <file>", "the result: .json, .parquet, else CSV; - prints CSV")
    .option(
      "--input <name=file>",
      "a dataset's file, when it has another name; may be repeated",
      toInputs,
      [],
    )
    .option("--rules <file>", "import rules (JSON) to apply first")
    .option("--parameter <name=value>", "a parameter's value for this run; may be repeated", toParameters, {})
    .action((file: string, options: RunOptions) => runPackage(file, options, output));
}

async function runPackage(file: string, options: RunOptions, output: CommandOutput): Promise<void> {
  const { package: pkg } = applyRules(await loadPackage(file), await loadRules(options.rules));
  const { node } = findRecipe(pkg, options.recipe);
  refuseUnknown(options.parameter, pkg);
  const target = options.out === "-" ? undefined : toOutput(options.out);
  const platform = await loadPlatform();
  const datasets = platform.upstreamDatasets(pkg, node.id);
  const run = {
    package: pkg,
    nodeId: node.id,
    files: await findDatasetFiles(datasets, options.data, options.input),
    parameters: options.parameter,
  };
  if (target === undefined) return print(run, platform.runRecipe, output);
  const { rows, columns, bytes } = await platform.runRecipe({ ...run, output: target });
  const parts = [count(rows, "row"), count(columns.length, "column"), `${String(bytes)} bytes`];
  output.out(`wrote ${options.out}: ${parts.join(", ")}\n`);
}

/** Nothing is printed before the last row is known: a run that fails prints no rows. */
async function print(
  run: Omit<RecipeRun, "output">,
  runRecipe: (run: RecipeRun) => Promise<unknown>,
  output: CommandOutput,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-print-"));
  const file = join(folder, "rows.csv");
  try {
    await runRecipe({ ...run, output: { file, format: "csv", compression: "none" } });
    for await (const text of createReadStream(file, "utf8") as AsyncIterable<string>) output.data(text);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Kinds of files that a name may promise and that are not written. */
const NOT_WRITTEN = /\.(xls[xm]?|pdf|avro|orc|zip|bz2|zst|snappy|parquet\.gz)$/i;

function toOutput(file: string): RecipeOutput {
  const [ending] = NOT_WRITTEN.exec(file) ?? [];
  if (ending !== undefined) {
    throw new Error(
      `--out ${file}: ${ending} is not written; choose .csv, .json (also with .gz) or .parquet`,
    );
  }
  const plain = file.replace(/\.gz$/i, "");
  const compression = plain === file ? "none" : "gzip";
  const [, kind = ""] = /\.(\w+)$/.exec(plain) ?? [];
  switch (kind.toLowerCase()) {
    case "json":
    case "jsonl":
    case "ndjson":
      return { file, format: "json", compression };
    case "parquet":
    case "pqt":
      return { file, format: "parquet", compression };
    default:
      return { file, format: "csv", compression };
  }
}

function toInputs(text: string, earlier: readonly NamedInput[]): readonly NamedInput[] {
  const [, name, file] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || file === undefined) {
    throw new InvalidArgumentError(
      "It must be a dataset's name and a file, as in Countries=./countries.csv.",
    );
  }
  return [...earlier, { name, file }];
}
