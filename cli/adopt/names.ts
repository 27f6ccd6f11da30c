/** What names are made of: an object of the platform with the name that people gave it there. */
export interface NamedObject {
  /** Name of its definition, for example `Deployment`. */
  readonly type: string;
  readonly id: string;
  /** Any text. */
  readonly name: string;
  /** Name of the object that it belongs to; tells schedules apart that are all called "nightly". */
  readonly ownerName?: string;
}

/** Longest name that is made out of one of the platform; those may have thousands of letters. */
const LONGEST = 60;

/**
 * Resource names for objects of one type: letters, digits, `.`, `_` and `-` of the platform's name. Names that
 * would be the same get what they belong to in front, or else their id behind; the order of objects does not matter.
 */
export function nameResources(objects: readonly NamedObject[]): string[] {
  return chooseUnique(objects, [
    ({ name }) => slug(name),
    ({ name, ownerName }) => (ownerName === undefined ? "" : slug(`${ownerName}-${name}`)),
    ({ type, name, id }) => `${slug(name) || camel(type)}-${slug(id)}`,
  ]);
}

/** Identifiers for resources of a program, valid in TypeScript and YAML: `orders`, else `ordersRelease`, else `ordersRelease12`. */
export function nameVariables(objects: readonly NamedObject[]): string[] {
  const withType = ({ type, name }: NamedObject) => {
    const base = camel(name);
    return isIdentifier(base) ? `${base}${type}` : `${camel(type)}${capital(base)}`;
  };
  return chooseUnique(objects, [
    ({ name }) => (isIdentifier(camel(name)) ? camel(name) : ""),
    (object) => (camel(object.name) === "" ? "" : withType(object)),
    (object) => `${withType(object)}${capital(camel(object.id))}`,
  ]);
}

/** A setting of the stack for one value of a resource. Variables hold no `_`, so that it is none of theirs. */
export function nameSetting(variable: string, key: string): string {
  return `${variable}_${camel(key) || "value"}`;
}

/** A file name without its extension: lower case, because some disks do not tell `Orders` from `orders`. */
export function nameFiles(objects: readonly NamedObject[]): string[] {
  const base = (object: NamedObject) => slug(object.name).toLowerCase().replaceAll(".", "-");
  return chooseUnique(objects, [
    (object) => (WINDOWS_DEVICES.test(base(object)) || base(object) === "index" ? "" : base(object)),
    (object) => `${base(object) || camel(object.type)}-${slug(object.id).toLowerCase()}`,
  ]);
}

/** The name of a file that holds a release's package; ids tell the files of one deployment apart. */
export function namePackage(deploymentName: string, releaseId: string): string {
  const base = slug(deploymentName).toLowerCase() || "release";
  return `${base}-${slug(releaseId)}.zip`;
}

/** Each object gets its candidate of the first level at which nobody else has the same one; "" is no candidate. */
function chooseUnique(
  objects: readonly NamedObject[],
  levels: readonly ((object: NamedObject) => string)[],
): string[] {
  const chosen = new Map<number, string>();
  const taken = new Set<string>();
  for (const candidateOf of levels) {
    const candidates = objects.map((object, index) => (chosen.has(index) ? "" : candidateOf(object)));
    const counts = new Map<string, number>();
    for (const candidate of candidates) counts.set(candidate, (counts.get(candidate) ?? 0) + 1);
    for (const [index, candidate] of candidates.entries()) {
      if (candidate === "" || counts.get(candidate) !== 1 || taken.has(candidate)) continue;
      chosen.set(index, candidate);
    }
    for (const candidate of candidates) taken.add(candidate);
  }
  const last = levels.at(-1);
  return objects.map((object, index) => {
    const name = chosen.get(index) ?? uncommon(last?.(object) ?? object.id, taken);
    taken.add(name);
    return name;
  });
}

function uncommon(base: string, taken: ReadonlySet<string>): string {
  let number = 2;
  while (taken.has(`${base}x${String(number)}`)) number += 1;
  return `${base}x${String(number)}`;
}

/** Letters and digits of any script, `.`, `_`; everything else becomes one `-`. */
function slug(text: string): string {
  const clean = text
    .normalize("NFC")
    .replaceAll(/[^\p{L}\p{M}\p{N}._]+/gu, "-")
    .replaceAll(/\.{2,}/g, ".");
  return shortened(trimmed(clean));
}

function trimmed(text: string): string {
  return text.replace(/^[-.\p{M}]+/u, "").replace(/[-.]+$/, "");
}

function shortened(text: string): string {
  const letters = [...text];
  return letters.length <= LONGEST ? text : trimmed(letters.slice(0, LONGEST).join(""));
}

function camel(text: string): string {
  const words = slug(text)
    .split(/[^\p{ID_Continue}]+|_+/u)
    .filter((word) => word !== "");
  const [first = "", ...rest] = words;
  // An acronym stays readable: "EU orders" is euOrders.
  const start = /^\p{Lu}+$/u.test(first)
    ? first.toLowerCase()
    : first.charAt(0).toLowerCase() + first.slice(1);
  return start + rest.map(capital).join("");
}

function capital(word: string): string {
  const [first = "", ...rest] = word;
  return first.toUpperCase() + rest.join("");
}

function isIdentifier(text: string): boolean {
  return /^\p{ID_Start}\p{ID_Continue}*$/u.test(text) && !RESERVED.has(text);
}

const WINDOWS_DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** Words that a module of TypeScript, or a program in YAML, cannot use as a name of its own. */
const RESERVED = new Set(
  [
    "break case catch class const continue debugger default delete do else enum export extends false finally for",
    "function if import in instanceof new null return super switch this throw true try typeof var void while with",
    "as async await arguments eval implements interface let package private protected public static yield",
    "any boolean constructor declare get module require exports number object of set string symbol type undefined",
    "process console global globalThis sluice pulumi config resources outputs variables",
  ].flatMap((words) => words.split(" ")),
);
