import { rmSync } from "node:fs";
import { join } from "node:path";
import { JobFailure } from "../../job-failure.js";
import { sqlName, sqlText, type JobDatabase, type TableFiller } from "../job-database.js";
import type {
  DriverContext,
  ReadRows,
  RelationDriver,
  RelationWriter,
  ResultTable,
  TargetTable,
  WantedRows,
} from "./driver.js";
import { explainPostgres, postgresPlace, PostgresSession, type TextRows } from "./postgres-session.js";
import { columnTypeFor, readTypes, sqlTypeOf, toCell, type PostgresColumn } from "./postgres-types.js";
import { chooseColumns, matchColumns, planWrite } from "./write-plan.js";

/** Bytes that one batch of rows aims at, and the most rows that it has. */
const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_ROWS = 10_000;

/** Postgres, through `pg`: reads with a cursor in a transaction that cannot write, writes with COPY. */
export const postgres: RelationDriver = {
  vendors: ["postgres", "postgresql"],
  placeOf: (context) => {
    const { host, port, database, user } = postgresPlace(context);
    return `${host}:${port}/${database}/${user}`;
  },
  read: async (wanted, into, context) => {
    const session = await PostgresSession.open(context);
    try {
      await session.run("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
      const query = "query" in wanted ? wanted.query : await selectColumns(session, wanted, context);
      return await readRows(session, query, into, context.database);
    } finally {
      session.close();
    }
  },
  openWriter: async (context) => {
    const session = await PostgresSession.open(context);
    try {
      await session.run("BEGIN TRANSACTION; SET LOCAL lock_timeout = '10min'");
      return new PostgresWriter(session, context);
    } catch (error) {
      session.close();
      throw error;
    }
  },
  explain: (error, connection) => explainPostgres(error, { connection }),
};

async function selectColumns(
  session: PostgresSession,
  { path, table, columns }: Extract<WantedRows, { readonly table: string }>,
  context: DriverContext,
): Promise<string> {
  const name = tableName(path, table, context);
  const { kind, columns: found } = await describeTable(session, name);
  if (kind === null) throw new JobFailure("the table is not there, or the user may not see it");
  const items = chooseColumns(columns, found).map(sqlName);
  return `SELECT ${items.join(", ")} FROM ${name}`;
}

async function readRows(
  session: PostgresSession,
  query: string,
  into: string,
  database: JobDatabase,
): Promise<ReadRows> {
  await session.rows(`DECLARE "rows" NO SCROLL CURSOR FOR ${query}`);
  let batch = await session.rows(`FETCH FORWARD 100 FROM "rows"`);
  if (batch.columns.length === 0) throw new JobFailure("the query has no columns");
  const columns = await readTypes(session, batch.columns);
  const filler = await database.fill(
    into,
    columns.map((_column, index) => `c${index}`),
  );
  while (batch.rows.length > 0) {
    const bytes = addRows(batch, columns, filler);
    const fitting = Math.floor(BATCH_BYTES / Math.max(1, bytes / batch.rows.length));
    const next = Math.max(1, Math.min(BATCH_ROWS, fitting, batch.rows.length * 10));
    batch = await session.rows(`FETCH FORWARD ${next} FROM "rows"`);
  }
  filler.end();
  const items: string[] = [];
  const sources: ReadRows["columns"][number][] = [];
  for (const [index, column] of columns.entries()) {
    const { type, sql } = await sqlTypeOf(column, sqlName(`c${index}`), into, database);
    items.push(`${sql} AS ${sqlName(column.name)}`);
    sources.push({ name: column.name, type });
  }
  return { relation: `(SELECT ${items.join(", ")} FROM ${sqlName(into)}) AS rows`, columns: sources };
}

/** Answers about how many bytes the rows have. */
function addRows({ rows }: TextRows, columns: readonly PostgresColumn[], filler: TableFiller): number {
  let bytes = 0;
  for (const row of rows) {
    const cells = columns.map((column, index) => toCell(column, row[index] ?? null));
    for (const cell of cells) bytes += cell?.length ?? 0;
    filler.add(cells);
  }
  return bytes;
}

/** The table's name in SQL. Throws JobFailure when its path names another database than the connection. */
function tableName(
  path: readonly string[],
  table: string,
  context: Pick<DriverContext, "connection">,
): string {
  const { database } = postgresPlace(context);
  const [schema, ...others] = [...path].reverse();
  if (others.length > 1 || (others.length === 1 && others[0] !== database)) {
    throw new JobFailure(
      `the path ${path.join(".")} lies outside the connection's database "${database}"; a path is a schema, or database and schema`,
    );
  }
  return schema === undefined ? sqlName(table) : `${sqlName(schema)}.${sqlName(table)}`;
}

/** The kind (pg_class.relkind) is null when there is no such table. */
async function describeTable(
  session: PostgresSession,
  name: string,
): Promise<{ readonly kind: string | null; readonly columns: string[] }> {
  const { rows } = await session.rows(
    `SELECT c.relkind::text, a.attname::text
     FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_attribute a
       ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.oid = pg_catalog.to_regclass($1) ORDER BY a.attnum`,
    [name],
  );
  const columns = rows.map(([, column]) => column ?? null).filter((column) => column !== null);
  return { kind: rows[0]?.[0] ?? null, columns };
}

class PostgresWriter implements RelationWriter {
  private files = 0;

  constructor(
    private readonly session: PostgresSession,
    private readonly context: DriverContext,
  ) {}

  async stage(target: TargetTable, result: ResultTable): Promise<string> {
    const { session } = this;
    const nameOf = (table: string) => tableName(target.path, table, this.context);
    // One job after the other: two that create a table, or delete its rows and add theirs, would spoil each other's work.
    await session.rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text", [nameOf(target.table)]);
    const plan = await planWrite(
      target,
      async (table) => (await describeTable(session, nameOf(table))).kind !== null,
    );
    const name = nameOf(plan.table);
    if (plan.drops) await session.rows(`DROP TABLE ${name}`);
    if (plan.creates) {
      const definitions = result.columns.map(
        (column) => `${sqlName(column.name)} ${columnTypeFor(column.type)}`,
      );
      await session.rows(`CREATE TABLE ${name} (${definitions.join(", ")})`);
    }
    // Not TRUNCATE: readers would have to wait, and older snapshots would find the table empty.
    if (plan.empties) await session.rows(`DELETE FROM ${name}`);
    const { columns: found } = await describeTable(session, name);
    const columns = matchColumns(
      result.columns.map((column) => column.name),
      found,
    ).map(sqlName);
    await this.load(`COPY ${name} (${columns.join(", ")}) FROM STDIN (FORMAT csv, NULL '')`, result);
    await session.rows("SET CONSTRAINTS ALL IMMEDIATE");
    return plan.table;
  }

  async commit(): Promise<void> {
    await this.session.commit();
  }

  async rollback(): Promise<void> {
    this.session.close();
  }

  private async load(copy: string, result: ResultTable): Promise<void> {
    this.files += 1;
    const file = join(this.context.scratch, `publish-${this.files}.csv`);
    const items = result.columns.map(({ name, type }) => {
      const isNested = /\]$|^(STRUCT|MAP)\b/.test(type);
      return isNested ? `to_json(${sqlName(name)})` : sqlName(name);
    });
    // Null is nothing, and an empty text is two quotes: the two sides agree on that.
    await this.context.database.run(
      `COPY (SELECT ${items.join(", ")} FROM ${sqlName(result.name)}) TO ${sqlText(file)} ` +
        `(FORMAT csv, HEADER false, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '', FORCE_QUOTE *)`,
    );
    try {
      await this.session.copy(copy, file);
    } finally {
      rmSync(file, { force: true });
    }
  }
}
