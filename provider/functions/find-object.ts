import { z } from "zod";
import { suggestWord } from "../../flow/language/nearest-word.js";
import type { Client } from "../client/client.js";
import { NotFound } from "../client/errors.js";
import { InputRefused } from "../framework/define-function.js";

/** Objects of one kind, as they are looked up. */
export interface Kind<Row extends { id: number; name: string }> {
  /** For messages, for example `deployment`. */
  readonly what: string;
  readonly path: string;
  readonly row: z.ZodType<Row>;
}

/** An id as an input: digits, so that nothing else gets into a path. */
export const idArgument = z.string().regex(/^\d{1,15}$/, "must be an id, which is a number");

/** Names that a message shows when none of them is near. */
const SHOWN_NAMES = 5;

/**
 * The one object that exactly one of the inputs in `wanted` says: the id, or the value of another member. Throws
 * InputRefused when there is none, naming what is near, or several, naming each.
 */
export async function findObject<Row extends { id: number; name: string }>(
  client: Client,
  kind: Kind<Row>,
  wanted: Readonly<Record<string, string | undefined>>,
): Promise<Row> {
  const keys = Object.keys(wanted);
  const [given, ...more] = keys.filter((key) => wanted[key] !== undefined);
  if (given === undefined || more.length > 0) {
    const reason = `needs exactly one of ${keys.join(" and ")}, to say which ${kind.what} it is`;
    throw new InputRefused([{ property: "", reason }]);
  }
  const value = wanted[given] ?? "";
  return given === "id" ? findById(client, kind, given, value) : findByMember(client, kind, given, value);
}

/** The object with this id; `property` is the input that says it. Throws InputRefused when there is none. */
export async function findById<Row extends { id: number; name: string }>(
  client: Client,
  { what, path, row }: Kind<Row>,
  property: string,
  id: string,
): Promise<Row> {
  try {
    return await client.getById(path, id, row);
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    const reason = `there is no ${what} ${id} in this environment (${error.message})`;
    throw new InputRefused([{ property, reason }], { cause: error });
  }
}

async function findByMember<Row extends { id: number; name: string }>(
  client: Client,
  { what, path, row }: Kind<Row>,
  member: string,
  value: string,
): Promise<Row> {
  const valueOf = (one: Row) => String((one as Record<string, unknown>)[member]);
  // The whole list, as it is kept: a hundred look-ups cost its pages.
  const rows = await client.list(path, row);
  const matches = rows.filter((one) => valueOf(one) === value);
  const [found, ...others] = matches;
  if (found === undefined) {
    const reason = `there is no ${what} of the ${member} "${value}"${hint(value, rows.map(valueOf), what)}`;
    throw new InputRefused([{ property: member, reason }]);
  }
  if (others.length > 0) {
    const ids = matches
      .map(({ id }) => id)
      .sort((a, b) => a - b)
      .join(", ");
    const reason = `${matches.length} ${what}s have the ${member} "${value}" (ids ${ids}); give the id`;
    throw new InputRefused([{ property: member, reason }]);
  }
  return found;
}

function hint(value: string, known: readonly string[], what: string): string {
  const guess = suggestWord(value, known);
  if (guess !== "") return guess;
  if (known.length === 0) return `; this environment has no ${what}`;
  const shown = known.slice(0, SHOWN_NAMES).map((name) => `"${name}"`);
  const hidden = known.length - shown.length;
  return `; there are ${shown.join(", ")}${hidden > 0 ? ` and ${hidden} more` : ""}`;
}
