import { isUtf8 } from "node:buffer";

/** A text inside a value that no platform keeps as it is, or the name of a member. */
export interface Unstorable {
  /** Keys and indexes; those of the object when the name of one of its members is meant. */
  readonly path: readonly (string | number)[];
  /** What is wrong, to stand behind a name: `holds …, which no platform keeps`. */
  readonly problem: string;
}

/**
 * Why no platform keeps a text as it is, to stand behind its name; undefined when one does. Databases end a text at U+0000 or
 * refuse it, and half of a character has no form in UTF-8: another character would take its place.
 */
export function describeUnstorable(text: string): string | undefined {
  const what = text.includes("\0") ? "the character U+0000" : describeHalf(text);
  return what === undefined ? undefined : `holds ${what}, which no platform keeps`;
}

function describeHalf(text: string): string | undefined {
  const half = /\p{Surrogate}/u.exec(text)?.[0].charCodeAt(0);
  return half === undefined ? undefined : `half of a character (U+${half.toString(16).toUpperCase()} alone)`;
}

/** All texts of a value that no platform keeps, names of members among them. Looks into lists and plain objects only. */
export function findUnstorable(value: unknown): Unstorable[] {
  if (typeof value === "string") {
    const problem = describeUnstorable(value);
    return problem === undefined ? [] : [{ path: [], problem }];
  }
  return membersOf(value).flatMap(([key, member]) => {
    const problem = typeof key === "string" ? describeUnstorable(key) : undefined;
    if (problem !== undefined) return [{ path: [], problem: `has a member whose name ${problem}` }];
    return findUnstorable(member).map((found) => ({ ...found, path: [key, ...found.path] }));
  });
}

/** The same as texts, each with its place: `flows[0].name holds …`. */
export function describeAllUnstorable(value: unknown): string[] {
  return findUnstorable(value).map(({ path, problem }) => `${formatPath(path) || "it"} ${problem}`);
}

function membersOf(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return [...value.entries()];
  if (typeof value !== "object" || value === null) return [];
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.entries(value) : [];
}

/** A place in a value as messages write it: `flows[0].name`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index > 0 ? "." : ""}${String(key)}`))
    .join("");
}

/** The text of UTF-8 bytes; undefined when they are none: decoding them would put other characters into it. Throws when it is too long. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString("utf8") : undefined;
}
