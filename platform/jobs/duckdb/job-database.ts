import { join } from "node:path";
import {
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBPendingResultState,
  StatementType,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBPendingResult,
  type DuckDBResult,
  type JS,
} from "@duckdb/node-api";
import { JobCanceled } from "../job-failure.js";
import { PROFILE_METRICS } from "./scanned-rows.js";

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
  /** File that gets what each query read; see scanned-rows.ts. */
  readonly profile?: string;
}

/** An in-memory DuckDB of one job. `isCanceled` is asked while queries run. */
export class JobDatabase {
  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
    private readonly isCanceled: () => boolean,
    private readonly isFirst: boolean,
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
    const profiling =
      limits.profile === undefined
        ? ""
        : `SET enable_profiling = 'json'; SET profiling_output = ${sqlText(limits.profile)}; ` +
          `SET custom_profiling_settings = ${sqlText(PROFILE_METRICS)}; `;
    await connection.run(
      `${profiling}SET TimeZone = 'UTC'; SET allowed_directories = [${folders}]; ` +
        `SET enable_external_access = false; SET lock_configuration = true`,
    );
    return new JobDatabase(instance, connection, isCanceled, true);
  }

  /** The same tables, but for temporary ones, with transactions and a current database of their own. */
  async connect(): Promise<JobDatabase> {
    return new JobDatabase(this.instance, await this.instance.connect(), this.isCanceled, false);
  }

  close(): void {
    this.connection.closeSync();
    if (this.isFirst) this.instance.closeSync();
  }

  /** Runs a statement; answers the number of rows that it wrote. */
  async run(sql: string): Promise<number> {
    const result = await this.execute(sql);
    return result.rowsChanged;
  }

  /** Runs a statement to its end, even when the job was told to end: what undoes or completes something else. */
  async complete(sql: string): Promise<void> {
    await this.execute(sql, () => false);
  }

  /** The rows of a query, every value as text. */
  async rows(sql: string): Promise<TextRow[]> {
    const result = await this.execute(sql);
    const rows = await result.getRowsJson();
    return rows.map((row) =>
      row.map((cell) => (cell === null ? null : typeof cell === "string" ? cell : JSON.stringify(cell))),
    );
  }

  /** The rows of a query as values of JavaScript. */
  async values(sql: string): Promise<JS[][]> {
    return (await this.execute(sql)).getRowsJS();
  }

  /** Whether the text is one statement, and one that answers rows and changes nothing. */
  async isQuery(sql: string): Promise<boolean> {
    const statements = await this.connection.extractStatements(sql);
    if (statements.count !== 1) return false;
    const statement = await statements.prepare(0);
    return statement.statementType === StatementType.SELECT;
  }

  /** Makes a table of text columns, and takes its rows. */
  async fill(table: string, columns: readonly string[]): Promise<TableFiller> {
    await this.run(
      `CREATE TABLE ${sqlName(table)} (${columns.map((name) => `${sqlName(name)} VARCHAR`).join(", ")})`,
    );
    return new TableFiller(await this.connection.createAppender(table), columns.length, this.isCanceled);
  }

  /**
   * The query is carried out on this thread, task by task. DuckDB's own asynchronous calls would keep threads of the pool that
   * the whole process shares, and with it the server's file and password work would wait for queries.
   */
  private async execute(sql: string, isCanceled = this.isCanceled): Promise<DuckDBResult> {
    const pending = await this.connection.start(sql);
    for (;;) {
      if (isCanceled()) {
        this.interrupt(pending);
        throw new JobCanceled();
      }
      const state = pending.runTask();
      if (state === DuckDBPendingResultState.RESULT_READY) return pending.getResult();
      if (state === DuckDBPendingResultState.NO_TASKS_AVAILABLE) sleep();
    }
  }

  /** Ends a query. Until it knows that it is to end, threads of DuckDB's own go on making its files. */
  private interrupt(pending: DuckDBPendingResult): void {
    this.connection.interrupt();
    try {
      while (pending.runTask() !== DuckDBPendingResultState.RESULT_READY) sleep();
    } catch {
      // It has ended, as it was told.
    }
  }
}

/** Rows that an appender takes at once. */
const CHUNK_ROWS = 2048;
/** Characters after which an appender hands on what it holds: until then, that is memory beside the job's limit. */
const FLUSH_CHARACTERS = 8 * 1024 * 1024;

/** Takes the rows of a table, in order. `end` makes them visible. */
export class TableFiller {
  private columns: (string | null)[][];
  private waiting = 0;
  private written = 0;
  private characters = 0;

  constructor(
    private readonly appender: DuckDBAppender,
    private readonly width: number,
    private readonly isCanceled: () => boolean,
  ) {
    this.columns = this.emptyColumns();
  }

  add(row: readonly (string | null)[]): void {
    for (const [index, column] of this.columns.entries()) {
      const cell = row[index] ?? null;
      column.push(cell);
      this.characters += cell?.length ?? 0;
    }
    this.waiting += 1;
    if (this.waiting === CHUNK_ROWS) this.append();
  }

  /** Answers the number of rows. */
  end(): number {
    if (this.waiting > 0) this.append();
    this.appender.closeSync();
    return this.written;
  }

  private append(): void {
    if (this.isCanceled()) throw new JobCanceled();
    const chunk = DuckDBDataChunk.create(Array<typeof VARCHAR>(this.width).fill(VARCHAR), this.waiting);
    chunk.setColumns(this.columns);
    this.appender.appendDataChunk(chunk);
    if (this.characters > FLUSH_CHARACTERS) {
      this.appender.flushSync();
      this.characters = 0;
    }
    this.written += this.waiting;
    this.waiting = 0;
    this.columns = this.emptyColumns();
  }

  private emptyColumns(): (string | null)[][] {
    return Array.from({ length: this.width }, () => []);
  }
}

/** Nobody ever wakes it. */
const IDLE = new Int32Array(new SharedArrayBuffer(4));

/** For a millisecond. */
function sleep(): void {
  Atomics.wait(IDLE, 0, 0, 1);
}

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
