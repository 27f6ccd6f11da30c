import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileRecipe } from "../../../flow/compile/compile.js";
import type { DatasetSource } from "../../../flow/compile/compiled-query.js";
import { createGraph } from "../../../flow/graph.js";
import { readPackage } from "../../../flow/index.js";
import type { Dataset, FlowPackage } from "../../../flow/model.js";
import { HAS_REAL_PACKAGES } from "../../real-packages.js";
import { TestDatabase, type TextRow } from "./database.js";
import { readExpected } from "./read-csv.js";

const FOLDER = join(__dirname, "../../../../shared/packages");

interface ExpectedResult {
  readonly package: string;
  readonly recipe: string;
}

/** Whose notes say that the order of rows counts. */
const ORDERED = new Set(["missing-days", "last-day-of-month"]);

function listExpected(): ExpectedResult[] {
  if (!HAS_REAL_PACKAGES) return [{ package: "every package with expected rows (none here)", recipe: "" }];
  return readdirSync(FOLDER)
    .filter((name) => existsSync(join(FOLDER, name, "expected")))
    .flatMap((name) =>
      readdirSync(join(FOLDER, name, "expected"))
        .filter((file) => file.endsWith(".csv"))
        .map((file) => ({ package: name, recipe: basename(file, ".csv") })),
    );
}

/** The file of a dataset: its own name's or its path's, whatever case and extension. */
function findFile(folder: string, dataset: Dataset): string {
  const wanted = [dataset.name, dataset.kind === "file" ? dataset.location.path : (dataset.table ?? "")];
  const keys = wanted.map(fileKey);
  const files = readdirSync(folder).filter((file) => /\.(csv|txt)$/.test(file));
  const found = files.find((file) =>
    keys.some((key) => fileKey(file) === key || fileKey(file).startsWith(`${key}_`)),
  );
  const only = files.length === 1 ? files[0] : undefined;
  const file = found ?? only;
  if (file === undefined) throw new Error(`${folder} has no file for ${dataset.name}`);
  return join(folder, file);
}

function fileKey(path: string): string {
  return basename(path)
    .replace(/\.[^.]*$/, "")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase();
}

function sourceOf(folder: string, dataset: Dataset): DatasetSource {
  const file = findFile(folder, dataset);
  if (dataset.kind === "file") return { files: [file] };
  const columns = dataset.columns.map((name) => ({ name }));
  return { relation: `read_csv('${file}', header = true, all_varchar = true)`, columns };
}

function nodeOf(pkg: FlowPackage, recipe: string): number {
  const placed = [...createGraph(pkg).nodes.values()].find((one) => one.name === recipe);
  if (placed === undefined) throw new Error(`no recipe ${recipe}`);
  return placed.node.id;
}

function sorted(rows: readonly TextRow[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}

describe.skipIf(!HAS_REAL_PACKAGES)("recipes of real packages run over their data", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await TestDatabase.open();
  });
  afterAll(() => database.close());

  describe.each(["strict", "lenient"] as const)("with the %s reading of files", (parsing) => {
    it.each(listExpected())("$package: $recipe", async ({ package: name, recipe }) => {
      const folder = join(FOLDER, name);
      const pkg = await readPackage(join(folder, "package.zip"));
      const query = await compileRecipe(pkg, nodeOf(pkg, recipe), {
        datasets: (dataset) => sourceOf(join(folder, "data"), dataset),
        ask: database.ask,
        parsing,
      });
      const [header = [], ...wanted] = readExpected(
        readFileSync(join(folder, "expected", `${recipe}.csv`), "utf8"),
      );
      const rows = (await database.rows(query.sql)).map((row) => row.map((cell) => cell ?? ""));
      expect(query.columns.map((column) => column.name)).toEqual(header);
      if (ORDERED.has(name)) expect(rows).toEqual(wanted);
      else expect(sorted(rows)).toEqual(sorted(wanted));
    });
  });
});
