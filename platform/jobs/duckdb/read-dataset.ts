import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { PassThrough, Transform, type Duplex, type TransformCallback } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TextDecoder } from "node:util";
import { createGunzip } from "node:zlib";
import type { DatasetSource } from "../../../flow/compile/compiled-query.js";
import { textOf } from "../../../flow/language/nodes.js";
import type { Dataset, FileDataset, FlowPackage, Recipe } from "../../../flow/model.js";
import { findFiles, type FoundFile } from "../find-files.js";
import { firstBytes, isGzip } from "../first-bytes.js";
import { JobCanceled, JobFailure } from "../job-failure.js";
import type { RunValues } from "../path-parameters.js";
import type { StoragePlaces } from "../storage.js";
import { describeFailure, type NamedFile } from "./describe-failure.js";
import { globPattern, sqlText, type JobDatabase } from "./job-database.js";
import { commonLineEnd, type Quoting } from "./line-end.js";
import type { RelationReader } from "./relations.js";
import { keepDigits } from "./wide-numbers.js";

/** What reading a dataset needs. */
export interface ReadingContext {
  readonly package: FlowPackage;
  readonly storage: StoragePlaces;
  readonly values: RunValues;
  readonly database: JobDatabase;
  readonly relations: RelationReader;
  /** Folder for texts that must be unpacked or brought to UTF-8 first. */
  readonly scratch: string;
}

/** What reading files needs once they are found. */
export type FileReadingContext = Pick<ReadingContext, "package" | "database" | "scratch">;

/** A dataset that a query can read. `files` are none for a relational one. */
export interface ReadableDataset {
  readonly source: DatasetSource;
  readonly files: readonly FoundFile[];
  /** Paths that DuckDB reads and names in messages, copies of files among them → the files. */
  readonly names?: ReadonlyMap<string, NamedFile>;
}

/** Finds a dataset's rows. Throws JobFailure when a file is missing or of a kind that is not read. */
export async function readDataset(dataset: Dataset, context: ReadingContext): Promise<ReadableDataset> {
  if (dataset.kind === "table") {
    return { source: await context.relations.read(dataset, context.database), files: [] };
  }
  refuseUnknownKinds(dataset);
  return readFiles(dataset, findFiles(dataset, context.storage, context.values), context);
}

/** The rows of a dataset that lie in these files. Throws JobFailure when they are of a kind that is not read. */
export async function readFiles(
  dataset: Dataset,
  files: readonly FoundFile[],
  context: FileReadingContext,
): Promise<ReadableDataset> {
  const kind = kindOf(files, dataset);
  const recipe = parsingRecipe(context.package, dataset);
  const isOnlyLoaded = recipe === undefined || recipe.steps.every((step) => step.task.type === "Load");
  const encoding = encodingOf(recipe);
  const read = kind === "parquet" ? files : await unpackAll(files, context, encoding);
  const names = new Map(read.map(({ path, uri }) => [path, { uri, dataset: dataset.name }]));
  if (kind === "text" || (kind === "json" && !isOnlyLoaded)) {
    // Without it, the query would decode once more what is UTF-8 by now.
    const decoded = encoding === undefined ? {} : { encoding: "utf-8" };
    const paths = read.map(({ path }) => path);
    const lineEnd = commonLineEnd(paths, quotingOf(recipe));
    const source = {
      files: paths.map(globPattern),
      ...decoded,
      ...(lineEnd === undefined ? {} : { lineEnd }),
    };
    return { source, files, names };
  }
  try {
    const reader = kind === "parquet" ? "read_parquet" : "read_json_auto";
    return { source: await describe(reader, read, context), files, names };
  } catch (error) {
    if (error instanceof JobCanceled) throw error;
    throw new JobFailure(describeFailure(error, names), { cause: error });
  }
}

function refuseUnknownKinds({ name, type, conversion, location }: FileDataset): void {
  const isSheet = conversion !== null || type === "gsheets" || /\.(xlsx?|xlsm|pdf)$/i.test(location.path);
  if (!isSheet) return;
  throw new JobFailure(
    `the dataset "${name}" is converted from a spreadsheet or a PDF, which this platform does not read; give it as CSV`,
  );
}

function kindOf(files: readonly FoundFile[], { name }: Dataset): "text" | "json" | "parquet" {
  const kinds = new Set(files.map(({ uri }) => kindOfFile(uri, name)));
  if (kinds.size > 1) {
    throw new JobFailure(
      `the files of the dataset "${name}" are of several kinds: ${[...kinds].join(", ")}; name those of one kind`,
    );
  }
  return [...kinds][0] ?? "text";
}

function kindOfFile(uri: string, dataset: string): "text" | "json" | "parquet" {
  const extension = /\.([a-z0-9]+)$/i.exec(uri.replace(/\.gz$/i, ""))?.[1]?.toLowerCase() ?? "";
  if (extension === "parquet" || extension === "pqt") return "parquet";
  if (["json", "jsonl", "ndjson"].includes(extension)) return "json";
  if (["avro", "orc", "bz2", "zip", "zst", "snappy", "xlsx", "xlsm", "xls", "pdf"].includes(extension)) {
    throw new JobFailure(
      `the dataset "${dataset}" has the file ${uri}: files of kind .${extension} are not read; give CSV, JSON or Parquet, ` +
        `as it is or with gzip`,
    );
  }
  return "text";
}

function parsingRecipe(pkg: FlowPackage, dataset: Dataset): Recipe | undefined {
  const recipes = pkg.flows.flatMap((flow) => flow.recipes);
  return recipes.find((recipe) => recipe.id === dataset.parsingRecipeId);
}

/** How the step that cuts a file into rows takes quotes; as usual where there is none. */
function quotingOf(recipe: Recipe | undefined): Quoting {
  const step = recipe?.steps.find(({ task }) => task.type.toLowerCase() === "splitrows");
  if (step === undefined) return { quote: '"', escape: '"' };
  const { quote, quoteEscapeChar } = step.task.parameters;
  return { quote: textOf(quote) ?? "", escape: textOf(quoteEscapeChar) ?? "" };
}

function encodingOf(recipe: Recipe | undefined): string | undefined {
  const load = recipe?.steps.find((step) => step.task.type === "Load");
  return textOf(load?.task.parameters["inputEncoding"]);
}

async function describe(
  reader: "read_parquet" | "read_json_auto",
  files: readonly FoundFile[],
  { database }: FileReadingContext,
): Promise<DatasetSource> {
  const list = files.map(({ path }) => sqlText(globPattern(path))).join(", ");
  const relation = `${reader}([${list}], union_by_name = true)`;
  const rows = await database.rows(`DESCRIBE SELECT * FROM ${relation}`);
  const columns = rows.map(([name, type]) => ({ name: name ?? "", type: type ?? "VARCHAR" }));
  return keepDigits({ relation, columns }, database);
}

async function unpackAll(
  files: readonly FoundFile[],
  context: FileReadingContext,
  encoding?: string,
): Promise<FoundFile[]> {
  const unpacked: FoundFile[] = [];
  for (const file of files) unpacked.push(await unpack(file, context, encoding));
  return unpacked;
}

/** The file itself, or a copy of it that DuckDB reads as what it is: plain UTF-8, and a quoted cell not right behind a mark. */
async function unpack(file: FoundFile, { scratch }: FileReadingContext, given?: string): Promise<FoundFile> {
  const isPacked = isGzip(firstBytes(file.path, 2));
  const unpacked = isPacked ? await copyThrough(file, createGunzip(), scratch) : file;
  const start = firstBytes(unpacked.path, 4096);
  const encoding = markedEncoding(start) ?? given?.toLowerCase() ?? "utf-8";
  if (!PLAIN_ENCODINGS.includes(encoding)) return copyThrough(unpacked, decode(encoding, file), scratch);
  if (start.includes(0)) {
    throw new JobFailure(
      `reading ${file.uri}: there are zero bytes in its text, as UTF-16 without a mark at its beginning has them; ` +
        `save it as UTF-8, or name its encoding where the dataset is loaded`,
    );
  }
  const isQuotedBehindMark = /^\uFEFF["']/.test(start.toString("utf8", 0, 4));
  return isQuotedBehindMark ? copyThrough(unpacked, new PassThrough(), scratch, MARK_BYTES) : unpacked;
}

const MARK_BYTES = Buffer.byteLength("\uFEFF");
const PLAIN_ENCODINGS = ["utf-8", "utf8", "us-ascii", "ascii"];

let copyCount = 0;

async function copyThrough(
  file: FoundFile,
  transform: Duplex,
  scratch: string,
  start = 0,
): Promise<FoundFile> {
  copyCount += 1;
  const path = join(scratch, `text-${copyCount}`);
  try {
    await pipeline(createReadStream(file.path, { start }), transform, createWriteStream(path));
  } catch (error) {
    throw new JobFailure(`reading ${file.uri}: ${(error as Error).message}`, { cause: error });
  }
  return { ...file, path };
}

function decode(encoding: string, { uri }: FoundFile): Transform {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(encoding, { fatal: true });
  } catch (error) {
    throw new JobFailure(`reading ${uri}: the encoding "${encoding}" is not known`, { cause: error });
  }
  const decodeNext = (done: TransformCallback, bytes?: Buffer) => {
    try {
      done(null, bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true }));
    } catch {
      done(new Error(`it is no text in the encoding "${encoding}"`));
    }
  };
  return new Transform({
    transform: (bytes: Buffer, _encoding, done) => decodeNext(done, bytes),
    flush: (done) => decodeNext(done),
  });
}

/** UTF-16 says so at its beginning; UTF-8 with a mark is read as it is. */
function markedEncoding(start: Uint8Array): string | undefined {
  if (start[0] === 0xff && start[1] === 0xfe) return "utf-16le";
  if (start[0] === 0xfe && start[1] === 0xff) return "utf-16be";
  return undefined;
}
