import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What this package's package.json says of itself. */
export interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Reads the package.json of the package that this file belongs to, as source or compiled. */
export function readManifest(): Manifest {
  let folder = __dirname;
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}
