import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { sql, type Kysely } from "kysely";
import { openDatabase } from "../store/database.js";
import type { Tables } from "../store/schema.js";

/** The store as it was before a write that is being carried out. */
export interface BeforeWrite {
  /** The write went through: from now on this is what was before the last write. */
  keep(): Promise<void>;
  /** It did not. */
  drop(): void;
}

interface OldServer {
  readonly app: FastifyInstance;
  readonly database: Kysely<Tables>;
  /** Answers on their way; the database stays open for them. */
  readonly running: Set<Promise<unknown>>;
}

/**
 * The whole platform as it was before the last write, for reads that come too early. Each write is preceded by a copy of
 * the database; a second server answers out of it.
 */
export class BeforeLastWrite {
  readonly #folder: string;
  #copies = 0;
  #kept: string | null = null;
  #server: OldServer | null = null;

  constructor(
    directory: string,
    private readonly database: Kysely<Tables>,
    private readonly createServerOver: (database: Kysely<Tables>) => FastifyInstance,
  ) {
    this.#folder = join(directory, "faults");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Whether there was a write since copies are made. */
  get isKnown(): boolean {
    return this.#kept !== null;
  }

  /** To be called before each write. */
  async copy(): Promise<BeforeWrite> {
    this.#copies += 1;
    const folder = join(this.#folder, String(this.#copies));
    mkdirSync(folder, { recursive: true });
    await sql`vacuum into ${join(folder, "platform.db")}`.execute(this.database);
    return {
      keep: async () => {
        await this.forget();
        this.#kept = folder;
      },
      drop: () => rmSync(folder, { recursive: true, force: true }),
    };
  }

  /** Answers a GET of the URL, which has the environment in front. Throws when there was no write yet. */
  async answer(url: string, headers: Record<string, string | string[] | undefined>) {
    if (this.#kept === null) throw new Error("there was no write yet, so nothing is known from before it");
    if (this.#server === null) {
      const database = openDatabase(this.#kept);
      this.#server = { database, app: this.createServerOver(database), running: new Set() };
    }
    const { app, running } = this.#server;
    const answer = app.inject({ method: "GET", url, headers });
    running.add(answer);
    return answer.finally(() => running.delete(answer));
  }

  /** Removes the copy; nothing is stale until the next write. */
  async forget(): Promise<void> {
    const [folder, server] = [this.#kept, this.#server];
    [this.#kept, this.#server] = [null, null];
    await Promise.allSettled([...(server?.running ?? [])]);
    await server?.app.close();
    await server?.database.destroy();
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }

  /** Removes every copy. */
  async close(): Promise<void> {
    await this.forget();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
