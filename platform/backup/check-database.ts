import Libsql from "libsql";
import { readSchemaVersion } from "../store/schema-version.js";
import { BackupError } from "./backup-file.js";

/** What a backup needs to know of a database. */
export interface CheckedDatabase {
  readonly schemaVersion: number;
  /** Blobs that its releases name. */
  readonly blobs: readonly string[];
}

/**
 * Checks every page, index and reference of a database that nothing else has open. Throws `BackupError` when one is
 * wrong, and when the schema is newer than this program knows.
 */
export function checkDatabase(file: string, shownAs: string): CheckedDatabase {
  const database = new Libsql(file);
  try {
    const schemaVersion = readSchemaVersion(
      database,
      (reason) => new BackupError(`${shownAs}: ${reason}; use the newer sluice-platform that made it`),
    );
    const [problem] = [...listDamage(database), ...listLooseReferences(database)];
    if (problem !== undefined) throw damaged(shownAs, problem);
    const rows = database
      .prepare(`select distinct "packageSha256" as sha256 from releases where "deletedAt" is null order by 1`)
      .all() as { sha256: string }[];
    return { schemaVersion, blobs: rows.map(({ sha256 }) => sha256) };
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw damaged(shownAs, (error as Error).message, error);
  } finally {
    database.close();
  }
}

function listDamage(database: Libsql.Database): string[] {
  const rows = database.prepare("pragma integrity_check").all() as { integrity_check: string }[];
  return rows.map((row) => row.integrity_check).filter((text) => text !== "ok");
}

function listLooseReferences(database: Libsql.Database): string[] {
  const rows = database.prepare("pragma foreign_key_check").all() as { table: string; parent: string }[];
  return rows.map(({ table, parent }) => `a row of ${table} refers to one of ${parent} that is not there`);
}

function damaged(shownAs: string, reason: string, cause?: unknown): BackupError {
  return new BackupError(`${shownAs}: the database is damaged: ${reason}; take an earlier backup`, { cause });
}
