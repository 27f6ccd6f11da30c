import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { compileRecipe } from "../../flow/compile/compile.js";
import { findRecipe } from "../../flow/compile/find-recipe.js";
import { buildFromSource } from "../../flow/source.js";
import { median, printTable, say, verdict } from "../bench-report.js";
import { startPandas } from "./pandas.js";
import { makeFiles, recipeSource, STEPS, type InputFormat } from "./recipe-files.js";
import { checkEqual, waysOver, type Way } from "./recipe-ways.js";
import { least, type Cost } from "./timing.js";

const AIMS = { besideHand: 1.3, besidePandas: 5, compileMilliseconds: 1 };
const FORMATS: readonly InputFormat[] = ["csv", "parquet"];
const COMPILATIONS = 50;

export interface RecipeOptions {
  /** Rows of the largest file. */
  readonly rows: number;
  readonly rounds: number;
}

/** Measures a recipe beside SQL written by hand and beside pandas; answers whether every aim is reached. `folder` is a new one. */
export async function measureRecipes(folder: string, options: RecipeOptions): Promise<boolean> {
  const instance = await DuckDBInstance.create(":memory:");
  const pandas = await startPandas();
  const isThere = !("missing" in pandas);
  try {
    const connection = await instance.connect();
    say("");
    if (!isThere) say(`pandas is not at hand, so the aim beside it is not reached: ${pandas.missing}`);
    let isReached = await measureCompilation(folder);
    for (const format of FORMATS) {
      const own = join(folder, format);
      await mkdir(own);
      await makeFiles(connection, own, format, options.rows);
      const ways = await waysOver(own, format, connection, isThere ? pandas : undefined);
      const results = ways.map((way, at) => ({ ...way, file: join(own, `result-${at}.csv`) }));
      for (const { run, file } of results) await run(file);
      const rows = await checkEqual(results, connection);
      const costs = await measureAlternating(results, options.rounds);
      say("");
      say(
        `${STEPS.length} steps over ${options.rows.toLocaleString("en")} rows of ${format}, ${rows} rows written, the same by all;\n` +
          `files are read and written, ${availableParallelism()} cores, the least of ${options.rounds}:`,
      );
      isReached = print(costs) && isReached;
    }
    return isReached;
  } finally {
    if (isThere) await pandas.stop();
    instance.closeSync();
  }
}

async function measureCompilation(folder: string): Promise<boolean> {
  const pkg = buildFromSource(recipeSource(`file://${folder}`, "csv"), "bench");
  const { node } = findRecipe(pkg, "Report");
  const times: number[] = [];
  for (let round = 0; round < COMPILATIONS; round += 1) {
    const started = performance.now();
    await compileRecipe(pkg, node.id);
    times.push(performance.now() - started);
  }
  const perStep = median(times) / STEPS.length;
  const isReached = perStep <= AIMS.compileMilliseconds;
  const aim = `aim ≤ ${AIMS.compileMilliseconds} ms ${verdict(isReached)}`;
  say(
    `Compiling takes ${perStep.toFixed(2)} ms a step, ${aim}; ${STEPS.length} steps, median of ${COMPILATIONS}.`,
  );
  return isReached;
}

/** One after the other in every round, so that all meet the same machine. */
async function measureAlternating(
  ways: readonly (Way & { readonly file: string })[],
  rounds: number,
): Promise<Map<Way, Cost>> {
  const costs = new Map<Way, Cost[]>(ways.map((way) => [way, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const way of ways) costs.get(way)?.push(await way.run(way.file));
  return new Map([...costs].map(([way, all]) => [way, least(all)]));
}

/** The aim beside pandas is for the fastest of its variants. */
function print(costs: ReadonlyMap<Way, Cost>): boolean {
  const secondsOf = (kind: Way["kind"]): number =>
    Math.min(...[...costs].filter(([way]) => way.kind === kind).map(([, { seconds }]) => seconds));
  const besideHand = secondsOf("compiled") / secondsOf("by hand");
  const besidePandas = secondsOf("pandas") / secondsOf("whole");
  const isMeasured = Number.isFinite(besidePandas);
  const isNearHand = besideHand <= AIMS.besideHand;
  const isFarFromPandas = isMeasured && besidePandas >= AIMS.besidePandas;
  const rows = [...costs].map(([{ kind, name }, { seconds, cpuSeconds }]) => {
    const beside =
      kind === "compiled"
        ? [besideHand, `≤ ${AIMS.besideHand}× of SQL by hand ${verdict(isNearHand)}`]
        : kind === "pandas"
          ? [
              seconds / secondsOf("whole"),
              seconds === secondsOf("pandas")
                ? `≥ ${AIMS.besidePandas}× of sluice package run ${verdict(isFarFromPandas)}`
                : "",
            ]
          : undefined;
    const [ratio, aim] = beside ?? [undefined, ""];
    const shown = typeof ratio === "number" ? `${ratio.toFixed(2)}×` : "";
    return [name, `${seconds.toFixed(2)} s`, `${cpuSeconds.toFixed(2)} s`, shown, String(aim)];
  });
  printTable([["", "time", "CPU", "ratio", "aim"], ...rows]);
  return isNearHand && isFarFromPandas;
}
