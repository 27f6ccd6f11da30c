import { appendFile, mkdir, readdir, readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Below the folder that is written to, until all is written. */
const FOLDER = ".sluice-adopt";

const header = z.object({ journal: z.literal(1), endpoint: z.string(), started: z.string() });
const record = z.object({
  type: z.string(),
  id: z.string(),
  name: z.string(),
  inputs: z.record(z.string(), z.unknown()),
  remarks: z.array(z.string()),
  warnings: z.array(z.string()),
});

/** What is known of an object that was read. */
export type JournalRecord = z.output<typeof record>;

/**
 * What an adoption has read so far, one line for each object, so that the next run of the same command goes on
 * where this one broke off. A line that was cut short does not count. It is in the folder that is written to.
 */
export class Journal {
  readonly #file: string;
  readonly #known = new Map<string, JournalRecord>();
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly folder: string,
    /** When the first run began; ISO 8601. */
    readonly started: string,
    records: readonly JournalRecord[],
  ) {
    this.#file = join(folder, FOLDER, "objects.jsonl");
    for (const known of records) this.#known.set(keyOf(known), known);
  }

  /** Opens the journal of `folder`, or begins one. Throws when the folder holds something else already. */
  static async open(folder: string, endpoint: string): Promise<Journal> {
    const file = join(folder, FOLDER, "objects.jsonl");
    const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    const lines = text.split("\n");
    const torn = lines.pop() ?? "";
    const first = lines.shift();
    if (first === undefined) return Journal.#begin(folder, endpoint);
    const { endpoint: before, started } = header.parse(JSON.parse(first));
    if (before !== endpoint)
      throw new Error(
        `${folder} holds an unfinished adoption of ${before}; finish it, or choose another folder for ${endpoint}`,
      );
    if (torn !== "") await truncate(file, Buffer.byteLength(text) - Buffer.byteLength(torn));
    return new Journal(
      folder,
      started,
      lines.map((line) => record.parse(JSON.parse(line))),
    );
  }

  static async #begin(folder: string, endpoint: string): Promise<Journal> {
    await mkdir(folder, { recursive: true });
    const present = (await readdir(folder)).filter((name) => name !== FOLDER);
    if (present.length > 0)
      throw new Error(
        `${folder} is not empty (${present.slice(0, 3).join(", ")}${present.length > 3 ? ", …" : ""}); choose a folder that is, so that nothing is overwritten`,
      );
    const started = new Date().toISOString();
    const journal = new Journal(folder, started, []);
    await mkdir(join(folder, FOLDER), { recursive: true });
    await journal.#append({ journal: 1, endpoint, started });
    return journal;
  }

  /** Folder for downloads that are not yet in their place. */
  get downloads(): string {
    return join(this.folder, FOLDER, "packages");
  }

  /** Objects that were read in this run or in an earlier one. */
  get size(): number {
    return this.#known.size;
  }

  find(type: string, id: string): JournalRecord | undefined {
    return this.#known.get(keyOf({ type, id }));
  }

  /** Remembers an object; resolves when it is on disk. */
  async add(added: JournalRecord): Promise<void> {
    this.#known.set(keyOf(added), added);
    await this.#append(added);
  }

  /** Takes the journal away: the adoption is complete. */
  async close(): Promise<void> {
    await this.#writing;
    await rm(join(this.folder, FOLDER), { recursive: true, force: true });
  }

  #append(line: unknown): Promise<void> {
    // One line after the other, as two at once could mix.
    this.#writing = this.#writing.then(() =>
      appendFile(this.#file, `${JSON.stringify(line)}\n`, { mode: 0o600 }),
    );
    return this.#writing;
  }
}

function keyOf({ type, id }: { type: string; id: string }): string {
  return `${type} ${id}`;
}
