import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { constants, gunzipSync, gzipSync } from "node:zlib";
import type { FileOutput } from "../../../flow/model.js";
import { firstBytes, isGzip } from "../first-bytes.js";
import type { JobOutput } from "../job.js";
import { JobFailure } from "../job-failure.js";
import { putInFront, putInPlace, withAffixes } from "../put-in-place.js";
import type { JournalEntry } from "../scratch.js";
import { resolveLocation, type StoragePlaces, type StoredPlace } from "../storage.js";
import { selectForJson } from "./json-rows.js";
import { globPattern, sqlName, sqlText, type JobDatabase } from "./job-database.js";

/** A result as SQL that stands behind FROM. */
export interface ResultRows {
  readonly relation: string;
  readonly columns: readonly string[];
}

/** A destination whose rows are on disk, but not under their final name yet. */
export interface WrittenFile {
  readonly rows: number;
  /** Puts it under its final name; the files of several jobs must not do that at the same time. */
  finish(): JobOutput;
  /** Removes what was written. */
  discard(): void;
}

/** What writing a file needs. */
export interface WritingContext {
  readonly storage: StoragePlaces;
  readonly database: JobDatabase;
  /** Takes down what is about to be written, so that it can be removed after the platform was killed. */
  readonly announce: (entry: JournalEntry) => void;
  readonly jobGroupId: number;
}

/** Bytes after which an output of several files begins the next one. */
const PART_BYTES = 256 * 1024 * 1024;

const ACTIONS: readonly string[] = ["create", "append", "overwrite"];

/** Throws JobFailure when an output has settings that cannot be carried out; before anything is read. */
export function checkFileOutput(output: FileOutput, uri: string, storage: StoragePlaces): StoredPlace {
  copyOptions(output, false);
  if (!ACTIONS.includes(output.action)) {
    throw new JobFailure(
      `writing ${uri}: the action "${output.action}" is not known; choose ${ACTIONS.join(", ")}`,
    );
  }
  const place = resolveLocation(storage, uri);
  if (output.action === "append" && output.isSingleFile && output.format === "pqt") {
    throw new JobFailure(
      `writing ${uri}: a single Parquet file cannot be appended to; write several files, or overwrite`,
    );
  }
  return place;
}

/** Writes the rows beside the final place. */
export async function writeFile(
  output: FileOutput,
  place: StoredPlace,
  result: ResultRows,
  { database, announce, jobGroupId }: WritingContext,
): Promise<WrittenFile> {
  const target = withAffixes(place, output);
  const folder = dirname(target.path);
  const temporary = join(folder, `.sluice-${jobGroupId}-${output.id}.part`);
  announce({ temporary, target: target.path });
  const discard = () => rmSync(temporary, { recursive: true, force: true });
  discard();
  mkdirSync(folder, { recursive: true });
  try {
    const joint = isAppended(output)
      ? await prepareJoint(output, target, temporary, result.columns, database)
      : undefined;
    const options = copyOptions(output, joint !== undefined);
    const select = await selectFor(output, result, database);
    const rows = await database.run(`COPY (${select}) TO ${sqlText(temporary)} (${options.join(", ")})`);
    const { format, action } = output;
    return {
      rows,
      discard,
      finish: () => {
        joint?.();
        if (format === "csv" && !(isAppended(output) && hasContent(target.path))) keepMark(temporary);
        const bytes = sizeOf(temporary);
        const uri = putInPlace(action, target, temporary);
        return { uri, format, action, rows, bytes, columns: result.columns };
      },
    };
  } catch (error) {
    discard();
    throw error;
  }
}

function isAppended({ action, isSingleFile }: FileOutput): boolean {
  return action === "append" && isSingleFile;
}

/**
 * Answers what makes the written rows fit to what is under the final name by then: another job may have made or removed the
 * file meanwhile, so whether they need a header is known last.
 */
async function prepareJoint(
  output: FileOutput,
  target: StoredPlace,
  temporary: string,
  columns: readonly string[],
  database: JobDatabase,
): Promise<() => void> {
  const isHeaded = output.format === "csv" && output.hasHeader;
  const wasThere = hasContent(target.path);
  if (isHeaded && wasThere) await checkHeader(output, target, columns, database);
  const header = isHeaded ? await writeHeader(output, temporary, columns, database) : Buffer.alloc(0);
  return () => {
    if (!hasContent(target.path)) {
      if (isHeaded) putInFront(header, temporary);
      return;
    }
    if (isHeaded && !wasThere) checkStart(target, header);
    // A last row without an end would run into the first new one.
    if (output.compression === "none" && !endsRow(target.path)) putInFront(Buffer.from("\n"), temporary);
  };
}

/** A text that begins with U+FEFF would lose it at the beginning of a file: readers take one for the mark of UTF-8. */
function keepMark(path: string): void {
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path)) keepMark(join(path, name));
    return;
  }
  const start = firstBytes(path, FIRST_ROW_BYTES);
  if (!unpackStart(start).subarray(0, MARK.length).equals(MARK)) return;
  putInFront(isGzip(start) ? gzipSync(MARK) : MARK, path);
}

const MARK = Buffer.from("\uFEFF");
/** Bytes of a gzip file that unpack to the first characters of its first row. */
const FIRST_ROW_BYTES = 4096;

/** What the beginning of a file unpacks to, when it is gzip. */
function unpackStart(start: Buffer): Buffer {
  return isGzip(start) ? gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH }) : start;
}

/** The bytes of the header row. */
async function writeHeader(
  output: FileOutput,
  temporary: string,
  columns: readonly string[],
  database: JobDatabase,
): Promise<Buffer> {
  const names = columns.map((name) => `NULL AS ${sqlName(name)}`).join(", ");
  const options = copyOptions(output, false);
  await database.run(`COPY (SELECT ${names} WHERE false) TO ${sqlText(temporary)} (${options.join(", ")})`);
  const bytes = readFileSync(temporary);
  rmSync(temporary);
  return bytes;
}

/** Another job made the file after this one had looked: its header is compared as it is written. */
function checkStart({ uri, path }: StoredPlace, header: Buffer): void {
  const wanted = unpackStart(header);
  const found = unpackStart(firstBytes(path, isGzip(header) ? UNPACKED_BYTES : wanted.length));
  if (found.subarray(0, wanted.length).equals(wanted)) return;
  throw new JobFailure(
    `appending to ${uri}: another job made it meanwhile, with other columns; write to another file, or overwrite`,
  );
}

/** Bytes of a gzip file in which its header row stands. */
const UNPACKED_BYTES = 1024 * 1024;

function endsRow(path: string): boolean {
  const file = openSync(path, "r");
  try {
    const last = Buffer.alloc(1);
    readSync(file, last, 0, 1, statSync(path).size - 1);
    return last[0] === 0x0a;
  } finally {
    closeSync(file);
  }
}

/** Rows behind a header of other columns would be rows of wrong columns. */
async function checkHeader(
  output: FileOutput,
  { uri, path }: StoredPlace,
  columns: readonly string[],
  database: JobDatabase,
): Promise<void> {
  const options = [
    "header = true",
    "all_varchar = true",
    `delim = ${sqlText(output.delimiter)}`,
    `quote = '"'`,
    `escape = '"'`,
    `compression = ${sqlText(output.compression)}`,
  ];
  const described = `DESCRIBE SELECT * FROM read_csv(${sqlText(globPattern(path))}, ${options.join(", ")})`;
  const found = (await database.rows(described)).map(([name]) => name);
  if (found.length === columns.length && found.every((name, index) => name === columns[index])) return;
  const are = `the columns there are ${found.join(", ")}, and those of the result are ${columns.join(", ")}`;
  throw new JobFailure(`appending to ${uri}: ${are}; write to another file, or overwrite`);
}

function hasContent(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function sizeOf(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

/** In delimited text, a missing value and an empty one are both written as nothing. */
async function selectFor(
  { format }: FileOutput,
  { relation, columns }: ResultRows,
  database: JobDatabase,
): Promise<string> {
  if (format === "json") return selectForJson(relation, database);
  if (format !== "csv") return `SELECT * FROM ${relation}`;
  // A row of one empty cell without quotes would be an empty line, which readers pass over.
  const empty = columns.length === 1 ? "coalesce(COLUMNS(*), '')" : "nullif(COLUMNS(*), '')";
  return `SELECT ${empty} FROM ${relation}`;
}

function copyOptions(output: FileOutput, isAppending: boolean): string[] {
  const several = output.isSingleFile ? [] : [`FILE_SIZE_BYTES ${PART_BYTES}`, `FILENAME_PATTERN 'part-{i}'`];
  return [...formatOptions(output, isAppending), ...several];
}

function formatOptions(output: FileOutput, isAppending: boolean): string[] {
  const { format, compression, delimiter, hasHeader, hasQuotes } = output;
  switch (format) {
    case "csv":
      if (delimiter === "") throw refuse(output, "the delimiter is empty");
      return [
        "FORMAT csv",
        `HEADER ${hasHeader && !isAppending}`,
        `DELIMITER ${sqlText(delimiter)}`,
        `QUOTE '"'`,
        `ESCAPE '"'`,
        ...(hasQuotes ? ["FORCE_QUOTE *"] : []),
        `COMPRESSION ${textCompression(output)}`,
      ];
    case "json":
      return ["FORMAT json", `COMPRESSION ${textCompression(output)}`];
    case "pqt": {
      if (compression === "bzip2") throw refuse(output, "Parquet has no bzip2 compression");
      return ["FORMAT parquet", `COMPRESSION ${compression === "none" ? "uncompressed" : compression}`];
    }
    default:
      throw refuse(output, `the format ${format} is not written; choose csv, json or pqt`);
  }
}

function textCompression(output: FileOutput): string {
  const { compression, format } = output;
  if (compression === "none" || compression === "gzip") return compression;
  throw refuse(output, `${format} is not compressed with ${compression}; choose gzip or none`);
}

function refuse({ path }: FileOutput, reason: string): JobFailure {
  return new JobFailure(`writing ${path}: ${reason}`);
}
