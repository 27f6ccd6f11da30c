import { CompileError } from "../../../flow/compile/compile-error.js";
import { JobFailure } from "../job-failure.js";

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
    when: /invalid unicode|not utf-?8|invalid utf-?8|UnicodeError/i,
    means: "a file is not in the encoding that the dataset says (UTF-8 unless it says another)",
  },
  {
    when: /expected number of columns|too many columns|missing columns|CSV Error on Line/i,
    means: "a row of a file does not have the columns that the dataset's parsing steps expect",
  },
];

/** Why a job failed, for a person. `names` are paths that DuckDB's messages may hold → what people call them. */
export function describeFailure(error: unknown, names: ReadonlyMap<string, string>): string {
  if (error instanceof JobFailure || error instanceof CompileError) return error.message;
  const text = error instanceof Error ? error.message : String(error);
  const known = MEANINGS.find(({ when }) => when.test(text));
  const shown = [...names].reduce((shortened, [path, uri]) => shortened.replaceAll(path, uri), shorten(text));
  return known === undefined ? shown : `${known.means}: ${shown}`;
}

/** Without advice on DuckDB's options and without their list, which nobody here can set; the file's name is kept. */
function shorten(text: string): string {
  const file = /^ *file = (.*)$/m.exec(text)?.[1];
  const plain =
    text.replace("Failure running pending result task: ", "").split(/\n+Possible (?:Solution|fixes)/i)[0] ??
    "";
  const short = plain.length > 2000 ? `${plain.slice(0, 2000)}…` : plain;
  return file === undefined || short.includes(file) ? short.trim() : `${short.trim()}\nfile: ${file}`;
}
