import { JobFailure } from "../../job-failure.js";
import type { RelationDriver } from "./driver.js";
import { duckdbFile } from "./duckdb-file.js";
import { postgres } from "./postgres.js";
import { sqlite } from "./sqlite.js";

/** Every driver. */
const DRIVERS: readonly RelationDriver[] = [postgres, sqlite, duckdbFile];

/** The driver of a connection's vendor. Throws JobFailure when there is none. */
export function findDriver(vendor: string): RelationDriver {
  const wanted = vendor.toLowerCase();
  const found = DRIVERS.find(({ vendors }) => vendors.includes(wanted));
  if (found !== undefined) return found;
  const known = DRIVERS.map(({ vendors }) => vendors[0]).join(", ");
  throw new JobFailure(
    `this platform has no driver for databases of the vendor "${vendor}"; it has drivers for ${known}. ` +
      `Map the connection to one of those, or give a file instead`,
  );
}
