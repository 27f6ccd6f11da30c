import type { SqliteDatabase, SqliteStatement } from "kysely";
import type Libsql from "libsql";

const CACHED_STATEMENTS = 300;

/**
 * Wraps a libsql database for kysely. It keeps prepared statements, and it checks bound values first, because the
 * native driver aborts the whole process on a boolean instead of throwing. Closing leaves nothing in the write-ahead log,
 * unless another program reads the store at that moment.
 */
export function createKyselyDatabase(native: Libsql.Database): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => {
      statements.clear();
      emptyLog(native);
      native.close();
    },
    prepare: (sql) => {
      const known = statements.get(sql);
      if (known) return known;
      const statement =
        sql === "rollback" ? createRollback(native) : createStatement(native.prepare(sql), sql);
      if (statements.size >= CACHED_STATEMENTS) statements.clear();
      statements.set(sql, statement);
      return statement;
    },
  };
}

/** Brings what the write-ahead log holds into the database file, so that this file alone can be copied. */
function emptyLog(native: Libsql.Database): void {
  try {
    native.prepare("pragma wal_checkpoint(truncate)").all();
  } catch {
    // The disk is full: all stays in the log, and whoever opens the store next finds it there.
  }
}

function createStatement(native: Libsql.Statement<unknown[]>, sql: string): SqliteStatement {
  return {
    reader: native.reader,
    all: (values) => native.all(toBindable(values, sql)),
    run: (values) => native.run(toBindable(values, sql)),
    iterate: (values) => native.iterate(toBindable(values, sql)),
  };
}

/** On a full disk SQLite has undone the transaction itself, and an error of this one would hide that of the disk. */
function createRollback(native: Libsql.Database): SqliteStatement {
  const rollback = createStatement(native.prepare("rollback"), "rollback");
  return {
    ...rollback,
    run: (values) => (native.inTransaction ? rollback.run(values) : { changes: 0, lastInsertRowid: 0 }),
  };
}

function toBindable(values: readonly unknown[], sql: string): unknown[] {
  return values.map((value) => {
    if (typeof value === "boolean") return value ? 1 : 0;
    if (
      value === null ||
      typeof value === "string" ||
      typeof value === "number" ||
      typeof value === "bigint"
    ) {
      return value;
    }
    throw new TypeError(`a value of type ${typeof value} cannot be bound in: ${sql}`);
  });
}
