import { appendFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { oldName, wholeName } from "./put-in-place.js";

/** Name of the file in a job's scratch folder that lists what the job began elsewhere. */
const JOURNAL_FILE = "journal";

/** A file or folder that is written under one name and will get another. */
export interface JournalEntry {
  readonly temporary: string;
  readonly target: string;
}

/** Takes down what a job is about to begin, durably: what is not in the journal stays for ever when the platform is killed. */
export function addToJournal(scratch: string, entry: JournalEntry): void {
  appendFileSync(join(scratch, JOURNAL_FILE), `${JSON.stringify(entry)}\n`, { flush: true });
}

/**
 * Removes what jobs of a killed platform left behind: the half-written files that their journals name, and the scratch
 * folders in `folder` themselves.
 */
export function removeRemains(folder: string): void {
  if (!existsSync(folder)) return;
  for (const job of readdirSync(folder)) removeRemainsOfJob(join(folder, job));
  rmSync(folder, { recursive: true, force: true });
}

/** The same for one job that cannot clean up any more, given its scratch folder. */
export function removeRemainsOfJob(scratch: string): void {
  for (const entry of readJournal(join(scratch, JOURNAL_FILE))) undo(entry);
  rmSync(scratch, { recursive: true, force: true });
}

/** A folder that had been put aside for one that never came gets its name back. */
function undo({ temporary, target }: JournalEntry): void {
  const old = oldName(temporary);
  if (existsSync(old) && !existsSync(target)) renameSync(old, target);
  for (const remains of [temporary, wholeName(temporary), old])
    rmSync(remains, { recursive: true, force: true });
}

/** The last line may be cut off: then its file was not begun. */
function readJournal(file: string): JournalEntry[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as JournalEntry);
}
