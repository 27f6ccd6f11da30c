import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import Database from "libsql";
import { JobCanceled, JobFailure } from "../../job-failure.js";
import { sqlName, type JobDatabase } from "../job-database.js";
import { checkDatabaseFile, checkQuery, databaseFile } from "./database-file.js";
import type {
  DriverContext,
  ReadRows,
  RelationDriver,
  RelationWriter,
  ResultTable,
  TargetTable,
  WantedRows,
} from "./driver.js";
import { ColumnKinds, toBindable, toDefinition, toItem } from "./sqlite-types.js";
import { chooseColumns, matchColumns, planWrite } from "./write-plan.js";

/** How long another program may hold the file before the job fails, in milliseconds. */
const LOCK_PATIENCE = 10 * 60_000;
const PAGE_ROWS = 10_000;
/** Rows between two looks at whether the job was canceled. */
const CHECK_ROWS = 100;

/** SQLite in a file of the environment's storage, through libsql. */
export const sqlite: RelationDriver = {
  vendors: ["sqlite", "sqlite3"],
  placeOf: ({ connection, storage }) => databaseFile(connection, storage).path,
  read: async (wanted, into, context) => {
    const place = databaseFile(context.connection, context.storage);
    checkDatabaseFile(place);
    const native = openFile(place.path);
    try {
      return await readRows(native, wanted, into, context);
    } finally {
      native.close();
    }
  },
  openWriter: async (context) => {
    const { path } = databaseFile(context.connection, context.storage);
    mkdirSync(dirname(path), { recursive: true });
    const native = openFile(path);
    try {
      await begin(native, context.isCanceled);
      return new SqliteWriter(native, context.database, context.isCanceled);
    } catch (error) {
      native.close();
      throw error;
    }
  },
};

function openFile(path: string): Database.Database {
  const native = new Database(path);
  native.exec("PRAGMA busy_timeout = 1000");
  return native;
}

async function readRows(
  native: Database.Database,
  wanted: WantedRows,
  into: string,
  { database }: DriverContext,
): Promise<ReadRows> {
  // A file of a program that was killed needs its journal undone, so it is not opened for reading alone.
  native.exec("PRAGMA query_only = 1");
  const query =
    "query" in wanted ? wanted.query : selectColumns(native, wanted.path, wanted.table, wanted.columns);
  checkQuery(query);
  const statement = native.prepare(query);
  if (!statement.reader) throw new JobFailure("the query answers no rows; a dataset can only read");
  const found = statement.columns();
  const kinds = found.map(() => new ColumnKinds());
  const filler = await database.fill(
    into,
    found.map((_column, index) => `c${index}`),
  );
  for (const row of statement.raw().safeIntegers().iterate() as Iterable<unknown[]>) {
    filler.add(row.map((value, index) => kinds[index]?.take(value) ?? null));
  }
  filler.end();
  const columns: ReadRows["columns"][number][] = [];
  const items: string[] = [];
  for (const [index, kind] of kinds.entries()) {
    const name = found[index]?.name ?? "";
    const { type, sql } = await kind.chooseType(
      sqlName(`c${index}`),
      found[index]?.type ?? "",
      into,
      database,
    );
    columns.push({ name, type });
    items.push(`${sql} AS ${sqlName(name)}`);
  }
  return { relation: `(SELECT ${items.join(", ")} FROM ${sqlName(into)}) AS rows`, columns };
}

function selectColumns(
  native: Database.Database,
  path: readonly string[],
  table: string,
  names: readonly string[],
): string {
  checkPath(path);
  const found = columnsOf(native, table);
  if (found.length === 0) throw new JobFailure("the table is not there");
  const items = chooseColumns(names, found).map(sqlName);
  return `SELECT ${items.join(", ")} FROM main.${sqlName(table)}`;
}

function checkPath(path: readonly string[]): void {
  if (path.length === 0 || (path.length === 1 && path[0]?.toLowerCase() === "main")) return;
  const given = path.join(".");
  throw new JobFailure(
    `SQLite has no schemas but "main", and the path is ${given}; map it with an import rule of type dbPath, on ${given}, with main`,
  );
}

function columnsOf(native: Database.Database, table: string): string[] {
  const rows = native.prepare("SELECT name FROM pragma_table_info(?, 'main')").raw().all(table) as string[][];
  return rows.map(([name = ""]) => name);
}

async function begin(native: Database.Database, isCanceled: () => boolean): Promise<void> {
  const end = Date.now() + LOCK_PATIENCE;
  for (;;) {
    if (isCanceled()) throw new JobCanceled();
    try {
      native.exec("BEGIN IMMEDIATE");
      return;
    } catch (error) {
      if (!isLocked(error) || Date.now() > end) throw error;
    }
  }
}

function isLocked(error: unknown): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith("SQLITE_BUSY");
}

class SqliteWriter implements RelationWriter {
  constructor(
    private readonly native: Database.Database,
    private readonly database: JobDatabase,
    private readonly isCanceled: () => boolean,
  ) {}

  async stage(target: TargetTable, result: ResultTable): Promise<string> {
    checkPath(target.path);
    const plan = await planWrite(target, (table) => columnsOf(this.native, table).length > 0);
    const name = `main.${sqlName(plan.table)}`;
    if (plan.drops) this.native.exec(`DROP TABLE ${name}`);
    if (plan.creates)
      this.native.exec(`CREATE TABLE ${name} (${result.columns.map(toDefinition).join(", ")})`);
    if (plan.empties) this.native.exec(`DELETE FROM ${name}`);
    const names = result.columns.map((column) => column.name);
    const columns = matchColumns(names, columnsOf(this.native, plan.table)).map(sqlName);
    const marks = columns.map(() => "?").join(", ");
    const insert = this.native.prepare(`INSERT INTO ${name} (${columns.join(", ")}) VALUES (${marks})`);
    const items = result.columns.map(toItem).join(", ");
    for (let from = 0; from < result.rows; from += PAGE_ROWS) {
      const page = `SELECT ${items} FROM ${sqlName(result.name)} WHERE rowid >= ${from} AND rowid < ${from + PAGE_ROWS}`;
      for (const [index, row] of (await this.database.values(`${page} ORDER BY rowid`)).entries()) {
        if (index % CHECK_ROWS === 0 && this.isCanceled()) throw new JobCanceled();
        insert.run(row.map(toBindable));
      }
    }
    return plan.table;
  }

  commit(): Promise<void> {
    try {
      this.native.exec("COMMIT");
    } finally {
      this.native.close();
    }
    return Promise.resolve();
  }

  rollback(): Promise<void> {
    try {
      this.native.exec("ROLLBACK");
    } catch {
      // The database has undone it already.
    }
    this.native.close();
    return Promise.resolve();
  }
}
