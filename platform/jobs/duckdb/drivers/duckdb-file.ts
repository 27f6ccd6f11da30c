import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { JobFailure } from "../../job-failure.js";
import { sqlName, sqlText, type JobDatabase } from "../job-database.js";
import { keepDigits } from "../wide-numbers.js";
import { checkDatabaseFile, checkQuery, databaseFile } from "./database-file.js";
import type {
  ReadRows,
  RelationDriver,
  RelationWriter,
  ResultTable,
  TargetTable,
  WantedRows,
} from "./driver.js";
import { chooseColumns, matchColumns, planWrite } from "./write-plan.js";

/** Name that the file has in the job's database. */
const ATTACHED = "attached file";

/**
 * DuckDB in a file of the environment's storage, attached to the job's own DuckDB. DuckDB's lock on a file keeps other processes
 * away, but not other threads of this one: that is what `holdFiles` is for.
 */
export const duckdbFile: RelationDriver = {
  vendors: ["duckdb"],
  isExclusive: true,
  placeOf: ({ connection, storage }) => databaseFile(connection, storage).path,
  read: async (wanted, into, context) => {
    const place = databaseFile(context.connection, context.storage);
    checkDatabaseFile(place);
    const release = context.holdFiles();
    const session = await context.database.connect();
    try {
      await session.run(`ATTACH ${sqlText(place.path)} AS ${sqlName(ATTACHED)} (READ_ONLY)`);
      try {
        return await copyRows(session, wanted, into);
      } finally {
        await session.complete("USE memory");
        await session.complete(`DETACH ${sqlName(ATTACHED)}`);
      }
    } finally {
      session.close();
      release();
    }
  },
  openWriter: async (context) => {
    const { path } = databaseFile(context.connection, context.storage);
    const release = context.holdFiles();
    const session = await context.database.connect();
    const isNew = !existsSync(path);
    try {
      mkdirSync(dirname(path), { recursive: true });
      await session.run(`ATTACH ${sqlText(path)} AS ${sqlName(ATTACHED)}`);
      await session.run("BEGIN TRANSACTION");
      return new DuckDbWriter(session, isNew ? path : null, release);
    } catch (error) {
      session.close();
      release();
      throw error;
    }
  },
  explain: (error) =>
    /Could not set lock on file/i.test(String(error))
      ? "another program has the database file open; let it close the file, and run the job again"
      : undefined,
};

async function copyRows(session: JobDatabase, wanted: WantedRows, into: string): Promise<ReadRows> {
  await session.run(`USE ${sqlName(ATTACHED)}`);
  const query = "query" in wanted ? wanted.query : await selectColumns(session, wanted);
  checkQuery(query);
  if (!(await session.isQuery(query))) {
    throw new JobFailure("the query is not one SELECT; a dataset can only read");
  }
  const plain = query.replace(/;[\s;]*$/, "");
  const made = `memory.main.${sqlName(into)}`;
  await session.run(`CREATE TABLE ${made} AS (${plain}\n)`);
  const described = await session.rows(`DESCRIBE ${made}`);
  const columns = described.map(([name, type]) => ({ name: name ?? "", type: type ?? "VARCHAR" }));
  return keepDigits({ relation: `${made} AS rows`, columns }, session);
}

async function selectColumns(
  session: JobDatabase,
  { path, table, columns }: Extract<WantedRows, { readonly table: string }>,
): Promise<string> {
  const found = await columnsOf(session, schemaOf(path), table);
  if (found.length === 0) throw new JobFailure("the table is not there");
  const items = chooseColumns(columns, found).map(sqlName);
  return `SELECT ${items.join(", ")} FROM ${tableName(path, table)}`;
}

function schemaOf(path: readonly string[]): string {
  if (path.length <= 1) return path[0] ?? "main";
  throw new JobFailure(`the path ${path.join(".")} has more parts than a schema of the file`);
}

function tableName(path: readonly string[], table: string): string {
  return [ATTACHED, schemaOf(path), table].map(sqlName).join(".");
}

async function columnsOf(session: JobDatabase, schema: string, table: string): Promise<string[]> {
  const rows = await session.rows(
    `SELECT column_name FROM duckdb_columns() WHERE database_name = ${sqlText(ATTACHED)} ` +
      `AND lower(schema_name) = lower(${sqlText(schema)}) AND lower(table_name) = lower(${sqlText(table)}) ` +
      `ORDER BY column_index`,
  );
  return rows.map(([name]) => name ?? "");
}

class DuckDbWriter implements RelationWriter {
  constructor(
    private readonly session: JobDatabase,
    /** The file that goes again when the transaction does; null when it was there before. */
    private readonly newFile: string | null,
    private readonly release: () => void,
  ) {}

  async stage(target: TargetTable, result: ResultTable): Promise<string> {
    const schema = schemaOf(target.path);
    const plan = await planWrite(
      target,
      async (table) => (await columnsOf(this.session, schema, table)).length > 0,
    );
    const name = tableName(target.path, plan.table);
    if (plan.drops) await this.session.run(`DROP TABLE ${name}`);
    if (plan.creates) {
      await this.session.run(`CREATE SCHEMA IF NOT EXISTS ${sqlName(ATTACHED)}.${sqlName(schema)}`);
      const definitions = result.columns.map((column) => `${sqlName(column.name)} ${column.type}`);
      await this.session.run(`CREATE TABLE ${name} (${definitions.join(", ")})`);
    }
    if (plan.empties) await this.session.run(`DELETE FROM ${name}`);
    const names = result.columns.map((column) => column.name);
    const columns = matchColumns(names, await columnsOf(this.session, schema, plan.table)).map(sqlName);
    await this.session.run(
      `INSERT INTO ${name} (${columns.join(", ")}) SELECT ${names.map(sqlName).join(", ")} FROM memory.main.${sqlName(result.name)}`,
    );
    return plan.table;
  }

  async commit(): Promise<void> {
    try {
      await this.session.complete("COMMIT");
      await this.session.complete(`DETACH ${sqlName(ATTACHED)}`);
    } finally {
      this.end();
    }
  }

  async rollback(): Promise<void> {
    try {
      await this.session.complete("ROLLBACK");
      await this.session.complete(`DETACH ${sqlName(ATTACHED)}`);
      if (this.newFile !== null) rmSync(this.newFile, { force: true });
    } catch {
      // The transaction is gone with its connection then.
    } finally {
      this.end();
    }
  }

  private end(): void {
    this.session.close();
    this.release();
  }
}
