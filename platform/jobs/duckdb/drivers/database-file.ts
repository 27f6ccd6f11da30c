import { statSync } from "node:fs";
import type { OpenedConnection } from "../../opened-connection.js";
import { JobFailure } from "../../job-failure.js";
import { resolveLocation, type StoragePlaces, type StoredPlace } from "../../storage.js";

/**
 * The file of a connection to a database in a file: its parameter `path` or `database`, a location of the environment's storage
 * such as `s3://acme/shop.db` or `shop.db`. Throws JobFailure when it says none, or one outside.
 */
export function databaseFile({ name, params }: OpenedConnection, storage: StoragePlaces): StoredPlace {
  const given = params["path"] ?? params["database"];
  if (typeof given === "string" && given.trim() !== "") return resolveLocation(storage, given.trim());
  throw new JobFailure(
    `the connection "${name}" does not say its file; put a location of the storage into its parameter "path"`,
  );
}

/** Throws JobFailure when there is no such file. */
export function checkDatabaseFile({ uri, path }: StoredPlace): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() === true) return;
  const what = stats === undefined ? "is not there" : "is no file";
  throw new JobFailure(`the database file ${uri} ${what} (looked for ${path})`);
}

/** Throws JobFailure unless the text begins as a query that only reads. */
export function checkQuery(query: string): void {
  const start = query.replace(/^(?:\s+|--[^\n]*\n|\/\*.*?\*\/)*/s, "");
  if (/^(?:select|with|values|from)\b|^\(/i.test(start)) return;
  throw new JobFailure(`the query does not begin with SELECT, WITH or VALUES; a dataset can only read`);
}
