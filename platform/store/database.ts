import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Libsql from "libsql";
import { Kysely, SqliteDialect, type Transaction } from "kysely";
import { StartError } from "../start-error.js";
import { MIGRATIONS, type Migration } from "./migrations.js";
import type { Tables } from "./schema.js";
import { readSchemaVersion } from "./schema-version.js";
import { createKyselyDatabase } from "./sqlite-driver.js";
import { STORED_NAMES } from "./stored-names.js";

/** The query layer over all tables. Inside a transaction use the transaction, never the outer database: it waits. */
export type Database = Kysely<Tables> | Transaction<Tables>;

/**
 * Opens the store of a data directory and brings its schema up to date. Throws `StartError` when the schema is of
 * a newer version than this program knows. WAL with synchronous=FULL: a commit that was answered survives a kill.
 * Before a store of an older schema is changed, it is kept beside as `platform.db.version-<n>`. `migrations` is for tests of the
 * way from an older schema.
 */
export function openDatabase(
  directory: string,
  migrations: readonly Migration[] = MIGRATIONS,
): Kysely<Tables> {
  const file = join(directory, STORED_NAMES.database);
  const native = openNative(file);
  try {
    native.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on");
    migrate(native, file, migrations);
  } catch (error) {
    native.close();
    if (error instanceof StartError) throw error;
    throw toStoreError(file, error);
  }
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: createKyselyDatabase(native) }) });
}

/** Answers what `work` answers and undoes everything it wrote. */
export async function runAndUndo<Answer>(
  database: Kysely<Tables>,
  work: (transaction: Transaction<Tables>) => Promise<Answer>,
): Promise<Answer> {
  const transaction = await database.startTransaction().execute();
  try {
    return await work(transaction);
  } finally {
    await transaction.rollback().execute();
  }
}

function openNative(file: string): Libsql.Database {
  try {
    return new Libsql(file);
  } catch (error) {
    throw toStoreError(file, error);
  }
}

function migrate(native: Libsql.Database, file: string, migrations: readonly Migration[]): void {
  native.exec(
    `create table if not exists migrations (number integer primary key, name text not null, "appliedAt" text not null)`,
  );
  const version = readSchemaVersion(
    native,
    (reason) =>
      new StartError(
        "store-too-new",
        `opening ${file}: ${reason}; start the newer sluice-platform that made it, or choose another data directory`,
      ),
    migrations.length,
  );
  if (version === migrations.length) return;
  if (version > 0) keepCopy(native, file, version);
  native.exec("begin immediate");
  try {
    for (const migration of migrations.slice(version)) {
      for (const statement of migration.statements) native.exec(statement);
      native
        .prepare(`insert into migrations (number, name, "appliedAt") values (?, ?, ?)`)
        .run(migration.number, migration.name, new Date().toISOString());
    }
    native.exec("commit");
  } catch (error) {
    native.exec("rollback");
    throw error;
  }
}

/** Keeps the store as it is, for the program that made it; an earlier copy of the same version is replaced. */
function keepCopy(native: Libsql.Database, file: string, version: number): void {
  const [kept, part] = [`${file}.version-${version}`, `${file}.version-${version}.part`];
  rmSync(part, { force: true });
  // An empty file is overwritten, and keeps its mode: the store holds hashes of tokens and sealed credentials.
  writeFileSync(part, "", { mode: 0o600 });
  native.exec(`vacuum into '${part.replaceAll("'", "''")}'`);
  const copy = openSync(part, "r+");
  fsyncSync(copy);
  closeSync(copy);
  renameSync(part, kept);
}

function toStoreError(file: string, cause: unknown): StartError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StartError(
    "store-unreadable",
    `opening ${file}: ${reason}; it must be a database that sluice-platform made, in a directory it may write`,
    { cause },
  );
}
