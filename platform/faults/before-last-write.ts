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

/** A copy that is kept, and the server that answers out of it once somebody asks. */
interface Kept {
  readonly folder: string;
  server: { readonly app: FastifyInstance; readonly database: Kysely<Tables> } | null;
  /** Answers on their way; the database stays open for them. */
  readonly running: Set<Promise<unknown>>;
}

/**
 * Each environment as it was before its last write, for reads that come too early. A write is preceded by a copy of the
 * database; a second server answers out of it.
 */
export class BeforeLastWrite {
  readonly #folder: string;
  readonly #kept = new Map<string, Kept>();
  #copies = 0;

  constructor(
    directory: string,
    private readonly database: Kysely<Tables>,
    private readonly createServerOver: (database: Kysely<Tables>) => FastifyInstance,
  ) {
    this.#folder = join(directory, "faults");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Whether the environment was written to since copies are made. */
  isKnown(environment: string): boolean {
    return this.#kept.has(environment);
  }

  /** To be called before each write. */
  async copy(environment: string): Promise<BeforeWrite> {
    this.#copies += 1;
    const folder = join(this.#folder, String(this.#copies));
    mkdirSync(folder, { recursive: true });
    await sql`vacuum into ${join(folder, "platform.db")}`.execute(this.database);
    return {
      keep: async () => {
        const before = this.#kept.get(environment);
        this.#kept.set(environment, { folder, server: null, running: new Set() });
        await end(before);
      },
      drop: () => rmSync(folder, { recursive: true, force: true }),
    };
  }

  /** Answers a GET of the URL, which has the environment in front; undefined when there was no write yet. */
  async answer(environment: string, url: string, headers: Record<string, string | string[] | undefined>) {
    const kept = this.#kept.get(environment);
    if (kept === undefined) return undefined;
    if (kept.server === null) {
      const database = openDatabase(kept.folder);
      kept.server = { database, app: this.createServerOver(database) };
    }
    const answer = kept.server.app.inject({ method: "GET", url, headers });
    kept.running.add(answer);
    return answer.finally(() => kept.running.delete(answer));
  }

  /** Removes every copy: at once nothing is stale until the next write. */
  async forget(): Promise<void> {
    const kept = [...this.#kept.values()];
    this.#kept.clear();
    await Promise.all(kept.map(end));
  }

  /** Removes every copy, and the folder that held them. */
  async close(): Promise<void> {
    await this.forget();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function end(kept: Kept | undefined): Promise<void> {
  if (kept === undefined) return;
  await Promise.allSettled([...kept.running]);
  await kept.server?.app.close();
  await kept.server?.database.destroy();
  rmSync(kept.folder, { recursive: true, force: true });
}
