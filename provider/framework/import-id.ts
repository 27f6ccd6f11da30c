import { suggestWord } from "../../flow/language/nearest-word.js";
import type { ExistingObject } from "./define-resource.js";

/** What a person wrote to say which object is to be imported. */
export interface ImportId {
  /** Set when it may be meant as an id. */
  readonly id?: string;
  /** Set when it may be meant as a name. */
  readonly name?: string;
}

/** What was written names no object, or more than one. The message says what to write instead. */
export class ImportIdRefused extends Error {
  override readonly name = "ImportIdRefused";
}

/** Ids as the platform gives them; anything else is never put into a path. */
const ID = /^[1-9]\d{0,14}$/;
/** Longest text that a message repeats, or that is compared with every name there is. */
const SHOWN_CHARACTERS = 100;
const SHOWN_OBJECTS = 10;

/**
 * Reads `12`, `orders`, `id:12` or `name:12`. What may be an id may be a name as well, unless a prefix says which.
 * Throws {@link ImportIdRefused}.
 */
export function parseImportId(text: string): ImportId {
  const [, prefix, rest = ""] = /^(id|name):(.*)$/s.exec(text) ?? [];
  const value = prefix === undefined ? text : rest;
  if (value === "")
    throw new ImportIdRefused(`${quote(text)} names nothing: give the id or the name of the object`);
  if (prefix === "name") return { name: value };
  if (ID.test(value)) return prefix === "id" ? { id: value } : { id: value, name: value };
  if (prefix === "id")
    throw new ImportIdRefused(
      `${quote(text)} is no id: ids are whole numbers; leave the prefix out to give a name`,
    );
  return { name: value };
}

/**
 * Takes the environment off the front of `environment/object`, where the first part is one of those that are
 * configured; any other text is the object's as a whole. A name that begins like that is written `name:…`.
 */
export function splitEnvironment(
  text: string,
  environments: readonly string[],
): { environment: string | undefined; text: string } {
  const environment = environments.find((known) => text.startsWith(`${known}/`));
  return { environment, text: environment === undefined ? text : text.slice(environment.length + 1) };
}

/** The only object of this name. Throws {@link ImportIdRefused} with what is near, or with every candidate. */
export function findNamed(
  objects: readonly ExistingObject[],
  name: string,
  type: string,
  endpoint: string,
): ExistingObject {
  const [found, ...others] = objects.filter((object) => object.name === name);
  if (found === undefined) {
    const names = new Set(objects.map((object) => object.name));
    const guess = name.length > SHOWN_CHARACTERS ? "" : suggestWord(name, names);
    throw new ImportIdRefused(
      `no ${type} at ${endpoint} has the name ${quote(name)}${guess || list(objects)}`,
    );
  }
  if (others.length > 0) {
    throw new ImportIdRefused(
      `the name ${quote(name)} means ${others.length + 1} objects of the type ${type}: ${describe([found, ...others])}; give the id, for example ${found.id}`,
    );
  }
  return found;
}

function list(objects: readonly ExistingObject[]): string {
  return objects.length === 0 ? "; there is none" : `; there are ${describe(objects)}`;
}

function describe(objects: readonly ExistingObject[]): string {
  const shown = objects
    .slice(0, SHOWN_OBJECTS)
    .map(({ id, name, place }) => `${id} (${quote(name)}${place === undefined ? "" : ` ${place}`})`);
  const hidden = objects.length - shown.length;
  return `${shown.join(", ")}${hidden > 0 ? ` and ${hidden} more` : ""}`;
}

/** Any text on one line and of a length to read. */
function quote(text: string): string {
  const isLong = text.length > SHOWN_CHARACTERS;
  return JSON.stringify(isLong ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}
