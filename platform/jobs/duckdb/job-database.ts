import { join } from "node:path";
import { DuckDBInstance, type DuckDBConnection, type DuckDBResult } from "@duckdb/node-api";
import { DuckDBPendingResultState } from "@duckdb/node-api";
import { JobCanceled } from "../job-failure.js";

/** Values of a result as text. */
export type TextRow = readonly (string | null)[];

/** What a job's database may use. */
export interface DatabaseLimits {
  /** As DuckDB writes it, for example `1GB`. */
  readonly memory: string;
  readonly threads: number;
  /** Folder for what does not fit into memory. */
  readonly spill: string;
  /** Folders that queries may read and write; nothing else. */
  readonly folders: readonly string[];
}

/** An in-memory DuckDB of one job. `isCanceled` is asked while queries run. */
export class JobDatabase {
  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
    private readonly isCanceled: () => boolean,
  ) {}

  static async open(limits: DatabaseLimits, isCanceled: () => boolean): Promise<JobDatabase> {
    const instance = await DuckDBInstance.create(":memory:", {
      memory_limit: limits.memory,
      threads: String(limits.threads),
      temp_directory: limits.spill,
      autoinstall_known_extensions: "false",
    });
    const connection = await instance.connect();
    const folders = [...limits.folders, limits.spill].map((folder) => sqlText(join(folder, "/"))).join(", ");
    await connection.run(
      `SET TimeZone = 'UTC'; SET allowed_directories = [${folders}]; ` +
        `SET enable_external_access = false; SET lock_configuration = true`,
    );
    return new JobDatabase(instance, connection, isCanceled);
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }

  /** Runs a statement; answers the number of rows that it wrote. */
  async run(sql: string): Promise<number> {
    const result = await this.execute(sql);
    return result.rowsChanged;
  }

  /** The rows of a query, every value as text. */
  async rows(sql: string): Promise<TextRow[]> {
    const result = await this.execute(sql);
    const rows = await result.getRowsJson();
    return rows.map((row) =>
      row.map((cell) => (cell === null ? null : typeof cell === "string" ? cell : JSON.stringify(cell))),
    );
  }

  /**
   * The query is carried out on this thread, task by task. DuckDB's own asynchronous calls would keep threads of the pool that
   * the whole process shares, and with it the server's file and password work would wait for queries.
   */
  private async execute(sql: string): Promise<DuckDBResult> {
    const pending = await this.connection.start(sql);
    for (;;) {
      if (this.isCanceled()) {
        this.connection.interrupt();
        throw new JobCanceled();
      }
      const state = pending.runTask();
      if (state === DuckDBPendingResultState.RESULT_READY) return pending.getResult();
      if (state === DuckDBPendingResultState.NO_TASKS_AVAILABLE) Atomics.wait(IDLE, 0, 0, 1);
    }
  }
}

/** Nobody ever wakes it: a wait on it is a short sleep. */
const IDLE = new Int32Array(new SharedArrayBuffer(4));

/**
 * A path as a pattern that it alone matches: DuckDB takes a file's name for a pattern, and these characters cannot be written
 * as themselves in another way.
 */
export function globPattern(path: string): string {
  return path.replace(/[*?[]/g, "[$&]");
}

/** A text as an SQL literal. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as an SQL identifier. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
