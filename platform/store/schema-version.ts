import type Libsql from "libsql";
import { MIGRATIONS } from "./migrations.js";

/**
 * The version of a store's schema, which is the number of its newest migration; 0 before the first. Throws what `refuse` makes of
 * the reason when this program knows older ones only.
 */
export function readSchemaVersion(
  database: Libsql.Database,
  refuse: (reason: string) => Error,
  newest = MIGRATIONS.length,
): number {
  const { version } = database
    .prepare("select coalesce(max(number), 0) as version from migrations")
    .get() as { version: number };
  if (version > newest)
    throw refuse(`its schema has version ${version}, this program knows versions up to ${newest}`);
  return version;
}
