import { JobFailure } from "../../job-failure.js";
import type { TargetTable } from "./driver.js";

/** What a write action does, beside adding the rows. */
export interface WritePlan {
  /** The name of the table that gets the rows. */
  readonly table: string;
  readonly creates: boolean;
  /** Its rows are deleted first. */
  readonly empties: boolean;
  /** It is dropped first. */
  readonly drops: boolean;
}

/** The actions of a publication, as the API and packages write them. */
export const WRITE_ACTIONS = ["create", "load", "createAndLoad", "truncateAndLoad", "dropAndLoad"] as const;

/** Throws JobFailure for an action that cannot be carried out; before anything is read. */
export function checkAction(action: string): void {
  if (WRITE_ACTIONS.some((known) => known === action)) return;
  const reason =
    action === "upsert"
      ? "upsert needs a key, and a publication does not say which columns are one"
      : `the action "${action}" is not known`;
  throw new JobFailure(`${reason}; use one of ${WRITE_ACTIONS.join(", ")}`);
}

/**
 * What to do, given which tables there are. `create` takes the next free of `name`, `name_2`, `name_3`, as for files. Throws
 * JobFailure when a table that must be there is not.
 */
export async function planWrite(
  { table, action }: TargetTable,
  exists: (table: string) => boolean | Promise<boolean>,
): Promise<WritePlan> {
  if (action === "create") {
    let free = table;
    for (let number = 2; await exists(free); number += 1) free = `${table}_${number}`;
    return { table: free, creates: true, empties: false, drops: false };
  }
  const isThere = await exists(table);
  if (action === "load" && !isThere) {
    throw new JobFailure(`the table is not there, and "load" only adds rows; use "createAndLoad"`);
  }
  const drops = isThere && action === "dropAndLoad";
  return { table, creates: !isThere || drops, empties: isThere && action === "truncateAndLoad", drops };
}

/**
 * The column of the table that takes each column of the result: the one of its name, or the only one that differs in case alone.
 * Throws JobFailure when a column has no place; columns of the table that the result lacks get their default.
 */
export function matchColumns(names: readonly string[], found: readonly string[]): string[] {
  const matches = names.map((name) => findColumn(name, found));
  const missing = names.filter((_name, index) => matches[index] === undefined);
  const places = matches.filter((match) => match !== undefined);
  if (missing.length > 0) {
    throw new JobFailure(
      `the table has no column ${list(missing)}; it has ${list(found)}. Add the column there, or drop it in the recipe`,
    );
  }
  const double = places.find((place, index) => places.indexOf(place) < index);
  if (double !== undefined) throw new JobFailure(`two columns of the result go to the column "${double}"`);
  return places;
}

/** The found columns of these names, in their order. Throws JobFailure with those that are gone. */
export function chooseColumns(
  names: readonly string[],
  found: readonly string[],
  what: "table" | "query" = "table",
): string[] {
  if (names.length === 0) return [...found];
  const matches = names.map((name) => findColumn(name, found));
  const gone = names.filter((_name, index) => matches[index] === undefined);
  if (gone.length > 0) {
    throw new JobFailure(`the ${what} has no column ${list(gone)} any more; it has ${list(found)}`);
  }
  return matches.filter((match) => match !== undefined);
}

/** The column of a name: the same one, or the only one that differs in case alone. */
function findColumn(name: string, found: readonly string[]): string | undefined {
  if (found.includes(name)) return name;
  const alike = found.filter((one) => one.toLowerCase() === name.toLowerCase());
  return alike.length === 1 ? alike[0] : undefined;
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
