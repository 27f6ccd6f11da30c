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

/** Why a job failed, for a person. */
export function describeFailure(error: unknown): string {
  if (error instanceof JobFailure || error instanceof CompileError) return error.message;
  const text = error instanceof Error ? error.message : String(error);
  const known = MEANINGS.find(({ when }) => when.test(text));
  return known === undefined ? text : `${known.means}: ${text}`;
}
