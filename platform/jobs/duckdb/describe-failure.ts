import { CompileError } from "../../../flow/compile/compile-error.js";
import { JobFailure } from "../job-failure.js";

const NOT_UTF8 = "a file is not in the encoding that the dataset says (UTF-8 unless it says another)";

/** What happened in words of the database → what it means to the person who reads the job's reason. */
const MEANINGS: readonly { readonly when: RegExp; readonly means: string }[] = [
  {
    when: /no space left on device|not enough (disk )?space|ENOSPC|max_temp_directory_size/i,
    means: "the disk is full",
  },
  {
    when: /out of memory|could not allocate|memory limit/i,
    means: "the job needs more memory than it may use; raise the platform's setting jobs.memory",
  },
  {
    when: /invalid unicode|not utf-?8|invalid utf-?8|valid utf-?8|UnicodeError/i,
    means: NOT_UTF8,
  },
];

/** A file that a job reads, as people call it. */
export interface NamedFile {
  readonly uri: string;
  readonly dataset: string;
}

/** Why a job failed, for a person. `names` are paths that DuckDB's messages may hold → the files that lie there. */
export function describeFailure(error: unknown, names: ReadonlyMap<string, NamedFile>): string {
  if (error instanceof JobFailure || error instanceof CompileError) return error.message;
  const text = error instanceof Error ? error.message : String(error);
  const row = describeRow(text, names);
  if (row !== undefined) return row;
  const known = MEANINGS.find(({ when }) => when.test(text));
  const shown = [...names].reduce(
    (shortened, [path, file]) => replacePath(shortened, path, file),
    shorten(text),
  );
  return known === undefined ? shown : `${known.means}: ${shown}`;
}

/** True when rows of a text file are not as its dataset's parsing steps want them; another way of reading takes them. */
export function isUnreadableRow(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.message.includes("CSV Error on Line") || error.message.includes(UNEVEN_LINES)) &&
    !NO_UTF8.test(error.message)
  );
}

const NO_UTF8 = /invalid unicode/i;
const UNEVEN_LINES = "CSV Parser state machine reached an invalid state";

/** A row that cannot be read, with dataset, file and line, and without what stands in it. */
function describeRow(text: string, names: ReadonlyMap<string, NamedFile>): string | undefined {
  const line = /CSV Error on Line: (\d+)/.exec(text)?.[1];
  if (line === undefined && !text.includes(UNEVEN_LINES)) return undefined;
  const path = /^ *file = (.*)$/m.exec(text)?.[1] ?? "a file";
  const file = names.get(path) ?? names.get(path.replace(/\[([*?[])\]/g, "$1"));
  const dataset = file === undefined ? "" : ` of the dataset "${file.dataset}"`;
  const place = `reading ${file?.uri ?? path}${dataset}${line === undefined ? "" : `, line ${line}`}`;
  if (line === undefined)
    return `${place}: its lines do not all end alike, or a carriage return stands outside of quotes`;
  const [, wanted, found] = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text) ?? [];
  if (found !== undefined) {
    const hint = found === "1" ? "; is another delimiter used there" : "";
    return `${place}: the row has ${found} columns, and the dataset's parsing steps make ${wanted ?? ""}${hint}`;
  }
  if (NO_UTF8.test(text)) return `${place}: ${NOT_UTF8}`;
  if (/unterminated quote/i.test(text))
    return `${place}: a value begins with a quote and does not end with one`;
  const rest = /^Original Line:.*\n([^]*?)(?:\n\s*\n|$)/m.exec(text)?.[1] ?? "";
  return `${place}: ${rest.trim().split("\n")[0] ?? "the row cannot be read"}`;
}

function replacePath(text: string, path: string, { uri, dataset }: NamedFile): string {
  return text.includes(path) ? `${text.replaceAll(path, uri)} (dataset "${dataset}")` : text;
}

/** Without advice on DuckDB's options and without their list, which nobody here can set; the file's name is kept. */
function shorten(text: string): string {
  const file = /^ *file = (.*)$/m.exec(text)?.[1];
  const plain =
    text
      .replace("Failure running pending result task: ", "")
      .split(/\n+Possible (?:Solution|fixes)|\n\nLINE \d+:/i)[0] ?? "";
  const short = plain.length > 2000 ? `${plain.slice(0, 2000)}…` : plain;
  return file === undefined || short.includes(file) ? short.trim() : `${short.trim()}\nfile: ${file}`;
}
