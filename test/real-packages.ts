import { existsSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";

const FOLDER = join(__dirname, "../../shared/packages");

/** True where the collection of real packages lies beside the checkout; tests that need it are skipped elsewhere. */
export const HAS_REAL_PACKAGES = existsSync(FOLDER);

/** A real export of a flow. */
export interface RealPackage {
  /** Path inside the collection, for example `controles/versions/2019-05-25_2be30479.zip`. */
  readonly name: string;
  readonly path: string;
}

/**
 * Every real package and every earlier version of one, by name. Where the collection is absent: one placeholder, so that
 * a skipped `test.each` is still reported as skipped.
 */
export function listRealPackages(): readonly RealPackage[] {
  if (!HAS_REAL_PACKAGES) return [{ name: "every real package (none here)", path: "" }];
  return readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".zip"))
    .map((file) => join(FOLDER, file))
    .map((path) => ({ name: relative(FOLDER, path).split(sep).join("/"), path }))
    .sort((left, right) => left.name.localeCompare(right.name, "en"));
}
