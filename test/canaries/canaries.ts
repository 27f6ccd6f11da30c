import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** What all of them begin with: where that is in no form, none of them is. */
const MARK = "canarysecret";

/** Texts that stand for secrets: each is found again wherever it shows, in clear or encoded. */
export class Canaries {
  readonly #places = new Map<string, string>();

  /** A new secret for a place. Its middle survives JSON and URLs as it is; `plain` keeps to what a header can hold. */
  make(place: string, { plain = false } = {}): string {
    const core = MARK + randomBytes(8).toString("hex");
    this.#places.set(core, place);
    return plain ? `${core}-x` : `<${core}> "ü"&+/\\~`;
  }

  /** Places whose secrets are in the bytes, each with the form in which it was found; those that `isAllowed` names are left out. */
  findIn(content: string | Buffer, isAllowed: (place: string) => boolean = () => false): string[] {
    const text = typeof content === "string" ? content : content.toString("latin1");
    if (!isIn(text, MARK)) return [];
    return [...this.#places].flatMap(([core, place]) =>
      isAllowed(place)
        ? []
        : Object.entries(formsOf(core)).flatMap(([form, texts]) =>
            texts.some((one) => text.includes(one)) ? [`${place} ${form}`] : [],
          ),
    );
  }

  /** The same for every file below a folder; links are not followed. */
  async findBelow(
    folder: string,
    isSearched: (path: string) => boolean = () => true,
    isAllowed: (path: string, place: string) => boolean = () => false,
  ): Promise<{ found: string[]; searched: string[] }> {
    const found: string[] = [];
    const searched: string[] = [];
    for await (const path of filesBelow(folder)) {
      const shown = relative(folder, path).replaceAll("\\", "/");
      if (!isSearched(shown)) continue;
      searched.push(shown);
      const places = this.findIn(await readFile(path), (place) => isAllowed(shown, place));
      found.push(...places.map((place) => `${shown}: ${place}`));
    }
    return { found, searched };
  }
}

/** Node.js' own list of all files below a folder goes through links. */
async function* filesBelow(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

function isIn(text: string, core: string): boolean {
  return Object.values(formsOf(core)).some((forms) => forms.some((form) => text.includes(form)));
}

function formsOf(core: string): Record<string, string[]> {
  return {
    "in clear": [core],
    "in base64": [0, 1, 2].map((offset) => base64At(core, offset)),
    "in hex": [Buffer.from(core).toString("hex")],
  };
}

/** The characters of base64 that depend on the text alone when it begins at this offset of three. */
function base64At(text: string, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]).toString("base64");
  const first = [0, 2, 3][offset] ?? 0;
  return encoded.slice(first, Math.floor(((offset + text.length) * 8) / 6));
}
