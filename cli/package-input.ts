import { readFile, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import JSON5 from "json5";
import type { FlowPackage, JsonValue } from "../flow/model.js";
import { readPackage } from "../flow/read.js";
import { validateRules } from "../flow/rule-problems.js";
import type { ImportRules } from "../flow/rule-types.js";

/** Reads a package, or builds it when the path is the folder of its readable source. Throws PackageError or SourceError. */
export async function loadPackage(path: string): Promise<FlowPackage> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return readPackage(path);
  // Packages are read far more often than built: what building needs is loaded then only.
  const { buildPackage } = await import("../flow/source.js");
  return buildPackage(path);
}

/** The names to show for two packages: the last parts of their paths, unless these are the same. */
export function nameFiles(before: string, after: string): readonly [before: string, after: string] {
  const names = [basename(resolve(before)), basename(resolve(after))] as const;
  return names[0] === names[1] ? [before, after] : names;
}

/** Import rules from a JSON or JSON5 file; none without a file. Throws Error with every fault and its place in the file. */
export async function loadRules(path: string | undefined): Promise<ImportRules> {
  if (path === undefined) return { connections: [], values: [] };
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    const reason =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : String(error);
    throw new Error(`rules ${path}: ${reason}`, { cause: error });
  });
  let rules: JsonValue;
  try {
    rules = JSON5.parse<JsonValue>(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`rules ${path}: not JSON: ${reason}`, { cause: error });
  }
  const problems = validateRules(rules);
  if (problems.length > 0) {
    const places = problems.map((problem) =>
      problem.path === "" ? problem.message : `${problem.path}: ${problem.message}`,
    );
    throw new Error(`rules ${path}: ${places.join("; ")}`);
  }
  const { connections, values } = rules as unknown as Partial<ImportRules>;
  return { connections: connections ?? [], values: values ?? [] };
}
