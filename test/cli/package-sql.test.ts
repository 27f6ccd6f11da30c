import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sluice } from "./command-line.js";

const ORDERS = join(__dirname, "../../examples/quickstart/packages/orders-1.0.0");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-sql-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("sluice package sql", () => {
  it("prints a recipe with everything upstream of it", async () => {
    const { code, out } = await sluice("package", "sql", ORDERS, "--recipe", "Daily revenue");
    expect(code).toBe(0);
    expect(out).toMatch(/^WITH\n/);
    expect(out).toContain('"Clean orders 4 ');
    expect(out).toContain('"Daily revenue 1 ');
    expect(out).toContain("read_csv('s3://acme-dev/");
  });

  it("reads from where the rules point", async () => {
    const rules = join(folder, "rules.json");
    await writeFile(
      rules,
      JSON.stringify({
        connections: [{ on: { name: "warehouse dev" }, with: 7 }],
        values: [
          { type: "s3Bucket", on: "acme-dev", with: "acme-prod" },
          { type: "dbPath", on: "reference", with: "masters" },
          { type: "dbTableName", on: "/^countr(.*)$/", with: "prod_countr$1" },
        ],
      }),
    );
    const { out } = await sluice("package", "sql", ORDERS, "--recipe", "Daily revenue", "--rules", rules);
    expect(out).toContain("read_csv('s3://acme-prod/");
    expect(out).toContain('FROM "masters"."prod_countries"');
    expect(out).not.toContain("acme-dev");
  });

  it("keeps the types of the database on request", async () => {
    const { out } = await sluice("package", "sql", ORDERS, "--recipe", "Daily revenue", "--typed");
    expect(out).toContain('SELECT "day", "country_name", "revenue", ');
  });

  it("names the recipes when there is none of the name", async () => {
    const { code, error } = await sluice("package", "sql", ORDERS, "--recipe", "Daily revenu");
    expect(code).toBe(2);
    expect(error).toMatch(
      /^error: no recipe is named "Daily revenu" \(did you mean "Daily revenue"\?\); there are "/,
    );
  });

  it("refuses a parameter that the package does not have", async () => {
    const options = ["--recipe", "Daily revenue", "--parameter", "region=EU"];
    expect(await sluice("package", "sql", ORDERS, ...options)).toEqual({
      code: 2,
      out: "",
      error: "error: --parameter region: the package has no parameter of this name; it has none\n",
    });
  });

  it("refuses a parameter without a value", async () => {
    const { code, error } = await sluice("package", "sql", ORDERS, "--recipe", "x", "--parameter", "region");
    expect(code).toBe(2);
    expect(error).toContain("It must be a name and a value, as in region=EU.");
  });
});
