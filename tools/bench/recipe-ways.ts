import { createRequire } from "node:module";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type * as Platform from "sluice-platform";
import { compileRecipe } from "../../flow/compile/compile.js";
import type { DatasetSource } from "../../flow/compile/compiled-query.js";
import { findRecipe } from "../../flow/compile/find-recipe.js";
import type { FlowPackage } from "../../flow/model.js";
import { buildFromSource } from "../../flow/source.js";
import { PANDAS_VARIANTS, type Pandas } from "./pandas.js";
import { KEYS, MEASURES, recipeSource, writtenByHand, type InputFormat } from "./recipe-files.js";
import { measureCost, type Cost } from "./timing.js";

/** One way to the recipe's result; `run` writes it as CSV into the file. */
export interface Way {
  readonly kind: "by hand" | "compiled" | "whole" | "pandas";
  readonly name: string;
  readonly run: (file: string) => Promise<Cost>;
}

/** Compiled, as users run it. */
const load = createRequire(__filename);

/** Sums of fractions depend on the order of their rows, which several threads do not keep. */
const TOLERANCE = 1e-9;

/** All ways over the files in `folder`; those of pandas when it is there. */
export async function waysOver(
  folder: string,
  format: InputFormat,
  connection: DuckDBConnection,
  pandas: Pandas | undefined,
): Promise<Way[]> {
  const pkg = buildFromSource(recipeSource(`file://${folder}`, format), "bench");
  const nodeId = findRecipe(pkg, "Report").node.id;
  const ask = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson() as string[][];
  const sources = new Map<number, DatasetSource>();
  for (const { id, name } of pkg.flows.flatMap(({ datasets }) => datasets)) {
    const file = fileOf(folder, name, format);
    if (format === "csv") sources.set(id, { files: [file] });
    else {
      const relation = `read_parquet(['${file}'])`;
      const columns = (await ask(`DESCRIBE SELECT * FROM ${relation}`)).map(([column = "", type = ""]) => ({
        name: column,
        type,
      }));
      sources.set(id, { relation, columns });
    }
  }
  const datasets = ({ id }: { id: number }) => sources.get(id)!;
  const compiled = await compileRecipe(pkg, nodeId, { datasets, ask });
  const query = (sql: string) => (file: string) =>
    measureCost(() => connection.run(`COPY (${sql}) TO '${file}' (HEADER)`));
  // Where there is no CSV to read there is no engine to choose.
  const variants = PANDAS_VARIANTS.filter((variant) => format === "csv" || variant !== "pyarrow");
  return [
    { kind: "by hand", name: "SQL by hand", run: query(writtenByHand(folder, format)) },
    { kind: "compiled", name: "compiled SQL", run: query(compiled.sql) },
    {
      kind: "whole",
      name: "sluice package run",
      run: (file) => measureCost(() => runWhole(pkg, nodeId, folder, format, file)),
    },
    ...(pandas === undefined
      ? []
      : variants.map((variant): Way => ({
          kind: "pandas",
          name: `pandas, ${variant}`,
          run: (file) => pandas.run(folder, format, variant, file),
        }))),
  ];
}

/** As `sluice package run` does it, once Node.js has loaded. */
async function runWhole(
  pkg: FlowPackage,
  nodeId: number,
  folder: string,
  format: InputFormat,
  file: string,
): Promise<void> {
  const { runRecipe, upstreamDatasets } = load("sluice-platform") as typeof Platform;
  const datasets = upstreamDatasets(pkg, nodeId);
  await runRecipe({
    package: pkg,
    nodeId,
    files: new Map(datasets.map(({ id, name }) => [id, [fileOf(folder, name, format)]])),
    parameters: {},
    output: { file, format: "csv", compression: "none" },
  });
}

function fileOf(folder: string, dataset: string, format: InputFormat): string {
  return join(folder, `${dataset.toLowerCase()}.${format}`);
}

/** Throws when two results differ: their times would say nothing then. Answers the number of rows. */
export async function checkEqual(
  results: readonly { readonly name: string; readonly file: string }[],
  connection: DuckDBConnection,
): Promise<number> {
  const read = (file: string): string => {
    const keys = KEYS.map((key) => `coalesce("${key}", '') AS "${key}"`);
    const measures = MEASURES.map((name) => `CAST("${name}" AS DOUBLE) AS "${name}"`);
    return `(SELECT ${[...keys, ...measures].join(", ")} FROM read_csv('${file}', header = true, all_varchar = true))`;
  };
  const count = async (from: string): Promise<number> => {
    const [row] = (await connection.runAndReadAll(`SELECT count(*) FROM ${from}`)).getRows();
    return Number(row?.[0]);
  };
  const same = MEASURES.map((name) => `abs(a."${name}" - b."${name}") <= ${TOLERANCE} * abs(a."${name}")`);
  const on = KEYS.map((key) => `a."${key}" = b."${key}"`).join(" AND ");
  const [first, ...others] = results;
  const rows = first === undefined ? 0 : await count(read(first.file));
  if (first === undefined || rows === 0)
    throw new Error("the recipe has no rows, so there is nothing to compare");
  for (const { name, file } of others) {
    const unlike = await count(
      `${read(first.file)} AS a FULL JOIN ${read(file)} AS b ON ${on} WHERE (${same.join(" AND ")}) IS NOT TRUE`,
    );
    if (unlike > 0) throw new Error(`${unlike} rows of "${name}" differ from those of "${first.name}"`);
  }
  return rows;
}
