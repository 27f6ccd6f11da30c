import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { compileRecipe } from "../../../flow/compile/compile.js";
import type { Dataset, FileOutput } from "../../../flow/model.js";
import type { RecipeOutput, RecipeResult, RecipeRun } from "../../recipe-run.js";
import type { FoundFile } from "../find-files.js";
import { JobFailure } from "../job-failure.js";
import { describeFailure, type NamedFile } from "./describe-failure.js";
import { JobDatabase } from "./job-database.js";
import { readFiles, type FileReadingContext, type ReadableDataset } from "./read-dataset.js";
import { readTableFiles } from "./table-files.js";
import { upstreamDatasets } from "./upstream-datasets.js";
import { writeFile, type WrittenFile } from "./write-file.js";

/** See `runRecipe` of platform/recipe-run.ts. */
export async function carryOut(run: RecipeRun): Promise<RecipeResult> {
  const scratch = mkdtempSync(join(tmpdir(), "sluice-run-"));
  const names = new Map<string, NamedFile>();
  try {
    return await runIn(scratch, run, names);
  } catch (error) {
    throw new Error(describeFailure(error, names), { cause: error });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function runIn(scratch: string, run: RecipeRun, names: Map<string, NamedFile>): Promise<RecipeResult> {
  const target = resolve(run.output.file);
  checkTarget(target, run.output.file);
  const files = [...run.files.values()].flat().map((file) => resolve(file));
  mkdirSync(dirname(target), { recursive: true });
  const folders = new Set([...files.map((file) => dirname(file)), dirname(target), scratch]);
  const database = await JobDatabase.open(
    {
      memory: memoryLimit(),
      threads: availableParallelism(),
      spill: join(scratch, "spill"),
      folders: [...folders].map((folder) => (folder === "/" ? "" : folder)),
    },
    () => false,
  );
  let written: WrittenFile | undefined;
  try {
    const query = await compile(
      run,
      await readInputs(run, { package: run.package, database, scratch }, names),
      database,
    );
    const columns = query.columns.map((column) => column.name);
    const place = { uri: run.output.file, path: target, base: dirname(target) };
    written = await writeFile(
      toFileOutput(run.output),
      place,
      { relation: `(\n${query.sql}\n) AS result`, columns },
      {
        storage: { root: dirname(target), mappings: {} },
        database,
        announce: () => undefined,
        jobGroupId: process.pid,
      },
    );
    const { rows, bytes } = written.finish();
    return { rows, columns, bytes };
  } catch (error) {
    written?.discard();
    throw error;
  } finally {
    database.close();
  }
}

async function readInputs(
  run: RecipeRun,
  context: FileReadingContext,
  names: Map<string, NamedFile>,
): Promise<Map<number, ReadableDataset>> {
  const found = new Map<number, ReadableDataset>();
  for (const dataset of upstreamDatasets(run.package, run.nodeId)) {
    const files = (run.files.get(dataset.id) ?? []).map((file) => findFile(file, dataset));
    if (files.length === 0) throw new JobFailure(`no file is given for the dataset "${dataset.name}"`);
    const readable =
      dataset.kind === "table"
        ? await readTableFiles(dataset, files, context)
        : await readFiles(dataset, files, context);
    found.set(dataset.id, readable);
    for (const [path, name] of readable.names ?? []) names.set(path, name);
  }
  return found;
}

function findFile(file: string, { name }: Dataset): FoundFile {
  const path = resolve(file);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() === true) return { uri: file, path, bytes: stats.size };
  throw new JobFailure(
    `the dataset "${name}" has no rows: ${file} ${stats === undefined ? "is not there" : "is no file"}`,
  );
}

function compile(
  { package: pkg, nodeId, parameters, output }: RecipeRun,
  inputs: ReadonlyMap<number, ReadableDataset>,
  database: JobDatabase,
): ReturnType<typeof compileRecipe> {
  return compileRecipe(pkg, nodeId, {
    datasets: ({ id, name }) => {
      const readable = inputs.get(id);
      if (readable === undefined) throw new Error(`the dataset "${name}" was not looked for`);
      return readable.source;
    },
    ask: (sql) => database.rows(sql),
    parameters,
    output: output.format === "csv" ? "text" : "typed",
  });
}

/** Three quarters of what this process may have; the rest spills. */
function memoryLimit(): string {
  const limit = process.constrainedMemory();
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return `${Math.floor((bytes * 0.75) / 1024 ** 2)}MiB`;
}

/** What is no file, a device for example, would be replaced by one. */
function checkTarget(path: string, shown: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isFile()) return;
  const [what, advice] = stats.isDirectory()
    ? ["a folder", "name a file in it"]
    : ["neither a file nor free", "name a file"];
  throw new JobFailure(`the result cannot be written to ${shown}: it is ${what}; ${advice}`);
}

function toFileOutput({ file, format, compression }: RecipeOutput): FileOutput {
  const isParquet = format === "parquet";
  return {
    id: 0,
    path: file,
    action: "overwrite",
    format: isParquet ? "pqt" : format,
    compression: isParquet ? "snappy" : compression,
    hasHeader: true,
    isSingleFile: true,
    delimiter: ",",
    hasQuotes: false,
    prefix: null,
    suffix: null,
    connectionId: null,
    parameters: [],
  };
}
