import type { FlowPackage } from "../flow/model.js";

/** A recipe to run over files, without a server and without a store. */
export interface RecipeRun {
  readonly package: FlowPackage;
  readonly nodeId: number;
  /** The files of each dataset that the recipe reads, by the dataset's id. Tables come as files with column names. */
  readonly files: ReadonlyMap<number, readonly string[]>;
  /** Values that win over the flow's own, by name. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly output: RecipeOutput;
}

/** Where a run writes. The file appears under its name when it is whole; one that is there is replaced. */
export interface RecipeOutput {
  readonly file: string;
  /** `csv` has a header; `json` is an object in each line. */
  readonly format: "csv" | "json" | "parquet";
  readonly compression: "none" | "gzip";
}

/** What a run wrote. */
export interface RecipeResult {
  readonly rows: number;
  readonly columns: readonly string[];
  readonly bytes: number;
}

/** Runs a recipe, and everything upstream of it, on DuckDB. Throws Error with a reason for a person. */
export async function runRecipe(run: RecipeRun): Promise<RecipeResult> {
  // A server that starts does not load DuckDB: only its worker threads do.
  const { carryOut } = await import("./jobs/duckdb/run-recipe.js");
  return carryOut(run);
}
