import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sluice } from "./command-line.js";

const ROOT = join(__dirname, "../..");
const ORDERS = join(ROOT, "examples/quickstart/packages/orders-1.1.0");
const REAL = join(ROOT, "../shared/packages/controles/package.zip");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-package-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("sluice package build", () => {
  it("writes a package that show can read, and says what it holds", async () => {
    const file = join(folder, "new folder/orders.zip");
    const built = await sluice("package", "build", ORDERS, "--out", file);
    expect({ code: built.code, error: built.error }).toEqual({ code: 0, error: "" });
    expect(built.out).toMatch(/^wrote .*orders\.zip: 1 flow, 2 recipes, \d+ bytes, content [0-9a-f]{12}\n$/);
    const fromZip = await sluice("package", "show", file);
    const fromSource = await sluice("package", "show", ORDERS);
    expect(fromZip).toEqual(fromSource);
    expect(await readdir(join(folder, "new folder"))).toEqual(["orders.zip"]);
  });

  it("ends with 2 and one line with the place of a fault, and writes nothing", async () => {
    const broken = join(folder, "broken.flow.json5");
    const source = await readFile(join(ORDERS, "package.json5"), "utf8");
    await writeFile(broken, source.replace("action: Delete", "action: Remove"));
    const file = join(folder, "orders.zip");
    expect(await sluice("package", "build", broken, "--out", file)).toEqual({
      code: 2,
      out: "",
      error:
        `error: package source ${broken}: flows[0].recipes["Clean orders"].steps[3]: ` +
        `column 72: expected Keep or Delete for action, found "Remove"\n`,
    });
    expect(existsSync(file)).toBe(false);
  });

  it("ends with 2 when the file cannot be written, and leaves no part behind", async () => {
    await writeFile(join(folder, "file"), "");
    const result = await sluice("package", "build", ORDERS, "--out", join(folder, "file/orders.zip"));
    expect(result.code).toBe(2);
    expect(result.error).toMatch(/^error: package not written to .*file\/orders\.zip: .*\n$/);
    expect(await readdir(folder)).toEqual(["file"]);
  });
});

describe("sluice package show", () => {
  it("lists flows with inputs, recipes with numbered steps, outputs and connections", async () => {
    const { out } = await sluice("package", "show", ORDERS);
    expect(out).toContain(
      [
        "  recipe Daily revenue (reads Clean orders)",
        "     1  derive type: single value: DATEFORMAT(ordered_at, 'yyyy-MM-dd') as: 'day'",
      ].join("\n"),
    );
    expect(out).toContain("\n    orders.csv: s3://acme-dev/orders/orders.csv\n");
    expect(out).toContain(
      "\n    Daily revenue (manual): csv → s3://acme-dev/reports/daily_revenue.csv (overwrite); postgres table " +
        "reports.daily_revenue via connection warehouse dev (truncateAndLoad)\n",
    );
    expect(out).toMatch(/connections\n {2}warehouse dev: postgres a7d6b1c0-0b52-11ef-8c55-0242ac120002\n$/);
  });

  it("prints the same as JSON for programs", async () => {
    const { code, out } = await sluice("package", "show", ORDERS, "--json");
    expect(code).toBe(0);
    const shown: unknown = JSON.parse(out);
    expect(shown).toHaveProperty("contentDigest");
    expect(shown).toMatchObject({
      uuid: "c19a7d92-1a02-11ef-b1d7-0242ac120002",
      flows: { Orders: { inputs: { "orders.csv": "s3://acme-dev/orders/orders.csv" } } },
    });
  });

  it("ends with 2 and one line when the file is no package", async () => {
    const file = join(folder, "notes.txt");
    await writeFile(file, "not a package");
    const { code, out, error } = await sluice("package", "show", file);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(error).toMatch(/^error: package notes\.txt: [^\n]*\n$/);
  });

  it.skipIf(!existsSync(REAL))("shows a real package whole, its recipes of one name told apart", async () => {
    const { out } = await sluice("package", "show", REAL);
    expect(out.match(/^ {2}recipe Contrôle Id Unique( \(\d\))? \(reads /gm)).toHaveLength(3);
    expect(out).toContain("lookup with: Ref Pays col: CodePays key: Code as: 'Valeur'");
  });
});

describe("sluice", () => {
  it("ends with 0 for help and version", async () => {
    expect((await sluice("--help")).code).toBe(0);
    expect((await sluice("package", "build", "--help")).out).toContain("--out <file>");
    expect((await sluice("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [["package", "shwo"], "Did you mean show?"],
    [["package", "build", ORDERS], "required option '--out <file>' not specified"],
    [["package", "show", ORDERS, "--jsn"], "Did you mean --json?"],
  ])("ends with 2 for the wrong command line %j", async (commandLine, message) => {
    const { code, out, error } = await sluice(...commandLine);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(error).toContain(message);
  });
});
