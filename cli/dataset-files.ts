import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { suggestWord } from "../flow/language/nearest-word.js";
import { showLocation } from "../flow/location.js";
import type { Dataset } from "../flow/model.js";

/** A file that the caller names for a dataset; several of one name are read one after the other. */
export interface NamedInput {
  /** The dataset's name, case aside, or its location. */
  readonly name: string;
  readonly file: string;
}

/** Endings that do not belong to a dataset's name. A point may stand in a name, as in `public.orders`. */
const ENDING = /\.(csv|tsv|psv|txt|dat|log|jsonl?|ndjson|parquet|pqt|avro|orc|xls[xm]?|pdf)$/i;

/**
 * The files of each dataset, by its id: those of `named`, else the one file of `folder` that has the dataset's name or its
 * file's, ending and case aside. Throws Error that tells all datasets for which there is none or more than one.
 */
export async function findDatasetFiles(
  datasets: readonly Dataset[],
  folder: string | undefined,
  named: readonly NamedInput[],
): Promise<Map<number, readonly string[]>> {
  const given = assignInputs(datasets, named);
  const left = datasets.filter(({ id }) => !given.has(id));
  const present = folder === undefined || left.length === 0 ? [] : await listFiles(folder);
  const found = new Map(left.map((dataset) => [dataset, filesNamed(dataset, present)] as const));
  const problems = left.flatMap((dataset) => problemOf(dataset, found, folder));
  if (problems.length > 0) {
    const what = problems.length === 1 ? "one dataset" : `${problems.length} datasets`;
    throw new Error(`it is not clear which file has the rows of ${what}:\n  ${problems.join("\n  ")}`);
  }
  const paths = [...found].map(
    ([{ id }, files]) => [id, files.map((file) => join(folder ?? "", file))] as const,
  );
  return new Map([...given, ...paths]);
}

function assignInputs(datasets: readonly Dataset[], named: readonly NamedInput[]): Map<number, string[]> {
  const given = new Map<number, string[]>();
  for (const { name, file } of named) {
    const exact = datasets.filter((dataset) => dataset.name === name || placeOf(dataset) === name);
    const alike = datasets.filter((dataset) => dataset.name.toLowerCase() === name.toLowerCase());
    const [dataset, other] = exact.length > 0 ? exact : alike;
    if (dataset === undefined) throw new Error(unknownInput(name, datasets));
    if (other !== undefined) {
      throw new Error(
        `--input ${name}: several datasets have the name; give their location instead: ` +
          `${placeOf(dataset)}, ${placeOf(other)}`,
      );
    }
    given.set(dataset.id, [...(given.get(dataset.id) ?? []), file]);
  }
  return given;
}

function unknownInput(name: string, datasets: readonly Dataset[]): string {
  const names = datasets.map((dataset) => dataset.name);
  const hint = suggestWord(name, names);
  return `--input ${name}: the recipe reads no dataset of that name${hint}; it reads ${quoteAll(names, ", ")}`;
}

async function listFiles(folder: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT" ? "there is no such folder" : code === "ENOTDIR" ? "it is no folder" : message;
    throw new Error(`--data ${folder}: ${reason}`, { cause: error });
  }
  const visible = names.filter((name) => !name.startsWith(".")).sort();
  const areFiles = await Promise.all(visible.map((name) => isFile(join(folder, name))));
  return visible.filter((_, index) => areFiles[index]);
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Those with the dataset's own name; only where there is none, those with its file's. */
function filesNamed(dataset: Dataset, present: readonly string[]): string[] {
  const [own = [], other = []] = wantedNames(dataset).map((name) =>
    present.filter((file) => keyOf(file) === keyOf(name)),
  );
  return own.length > 0 ? own : other;
}

function wantedNames(dataset: Dataset): string[] {
  const other = dataset.kind === "file" ? lastPart(dataset.location.path) : dataset.table;
  return [dataset.name, ...(other === null || other === "" ? [] : [other])];
}

function lastPart(path: string): string {
  return path.replace(/\/+$/, "").split("/").at(-1) ?? "";
}

function keyOf(name: string): string {
  return name.normalize("NFC").toLowerCase().replace(/\.gz$/, "").replace(ENDING, "");
}

function problemOf(
  dataset: Dataset,
  found: ReadonlyMap<Dataset, readonly string[]>,
  folder: string | undefined,
): string[] {
  const files = found.get(dataset) ?? [];
  const what = `"${dataset.name}" (${placeOf(dataset)})`;
  const advice = `name it with --input "${dataset.name}=FILE"`;
  if (files.length === 0) {
    const names = new Map(wantedNames(dataset).map((name) => [keyOf(name), name.replace(ENDING, "")]));
    const looked =
      folder === undefined
        ? "no --data folder is given"
        : `no file in ${folder} is named ${quoteAll([...names.values()], " or ")}, whatever its ending`;
    return [`${what}: ${looked}; ${advice}`];
  }
  if (files.length > 1) return [`${what}: several files have its name, ${files.join(", ")}; ${advice}`];
  const rivals = [...found].filter(
    ([other, others]) =>
      other.id !== dataset.id && others.includes(files[0] ?? "") && placeOf(other) !== placeOf(dataset),
  );
  if (rivals.length === 0) return [];
  const others = rivals.map(([other]) => `"${other.name}" (${placeOf(other)})`).join(", ");
  return [`${what}: ${files.join()} could as well be ${others}; ${advice}`];
}

/** Where a dataset's rows are where the flow was made. */
function placeOf(dataset: Dataset): string {
  if (dataset.kind === "file") return showLocation(dataset.type, dataset.location);
  return dataset.table === null ? "a query" : `table ${[...dataset.path, dataset.table].join(".")}`;
}

function quoteAll(names: readonly string[], separator: string): string {
  return names.map((name) => `"${name}"`).join(separator);
}
