import { z } from "zod";

/** Reads the rows from `offset` on: a page of them, a shorter one when it is the last. */
export type ReadPage = (offset: number, limit: number) => Promise<readonly unknown[]>;

/** Rows per page; the platform's own default of 25 costs four times the requests. */
const PAGE = 100;

/** Pages that are read for a single object without counting what asking for it alone would have cost. */
const FREE_PAGES = 50;

const identified = z.looseObject({ id: z.union([z.int(), z.string()]) });

/** The rows of one list, read page by page, as far as somebody needs them, and kept. */
export class PagedList {
  readonly #rows: unknown[] = [];
  readonly #byId = new Map<string, unknown>();
  readonly #parsed = new WeakMap<z.ZodType, unknown>();
  #pages = 0;
  #searches = 0;
  #isComplete = false;
  #reading: Promise<void> | undefined;

  constructor(private readonly readPage: ReadPage) {}

  /** Every row, held against a shape once for all who ask with the same one. */
  async all<T>(row: z.ZodType<T>): Promise<z.ZodSafeParseResult<T[]>> {
    while (!this.#isComplete) await this.#readOn();
    const known =
      (this.#parsed.get(row) as z.ZodSafeParseResult<T[]> | undefined) ?? z.array(row).safeParse(this.#rows);
    this.#parsed.set(row, known);
    return known;
  }

  /**
   * The row with this id. Pages are read on while that is likely to cost less than asking for every object that was
   * looked for by itself; undefined when it is not among them.
   */
  async find(id: string): Promise<unknown> {
    this.#searches += 1;
    while (!this.#byId.has(id) && !this.#isComplete && this.#pages < Math.max(FREE_PAGES, this.#searches))
      await this.#readOn();
    return this.#byId.get(id);
  }

  /** Reads the next page; who asks meanwhile waits for the same one. */
  #readOn(): Promise<void> {
    this.#reading ??= this.#readNext().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readNext(): Promise<void> {
    const rows = await this.readPage(this.#rows.length, PAGE);
    this.#rows.push(...rows);
    this.#pages += 1;
    for (const row of rows) {
      const { data } = identified.safeParse(row);
      if (data) this.#byId.set(String(data.id), row);
    }
    // Fewer rows than asked for are the documented end of a list.
    this.#isComplete = rows.length < PAGE;
  }
}
