import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Name of the file in a job's scratch folder that lists, as JSON strings, the files that the job began elsewhere. */
export const JOURNAL_FILE = "journal";

/**
 * Removes what jobs of a killed platform left behind: the half-written files that their journals name, and the scratch
 * folders in `folder` themselves.
 */
export function removeRemains(folder: string): void {
  if (!existsSync(folder)) return;
  for (const job of readdirSync(folder)) {
    for (const path of readJournal(join(folder, job, JOURNAL_FILE))) {
      for (const remains of [path, `${path}.whole`]) rmSync(remains, { recursive: true, force: true });
    }
  }
  rmSync(folder, { recursive: true, force: true });
}

/** The last line may be cut off: then its file was not begun. */
function readJournal(file: string): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.endsWith('"'))
    .map((line) => JSON.parse(line) as string);
}
