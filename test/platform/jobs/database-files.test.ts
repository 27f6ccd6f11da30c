import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { startJobPlatform } from "./job-fixture.js";
import {
  connect,
  connectFile,
  databaseFile,
  ORDERS_FILE,
  runOnFile,
  shopFlow,
  TYPED,
} from "./relation-fixture.js";

const RESULT = { file: "s3://acme-dev/out/result.csv", action: "overwrite" };

describe.each(["sqlite", "duckdb"])("a database in a file of %s", (vendor) => {
  it("is read: tables and queries, with its own types", async () => {
    const platform = await startJobPlatform();
    const file = databaseFile(platform, vendor);
    await runOnFile(
      vendor,
      file,
      `CREATE TABLE "or""ders" (id BIGINT, name VARCHAR, price DOUBLE, sold DATE, paid BOOLEAN, secret VARCHAR)`,
      `INSERT INTO "or""ders" VALUES (9007199254740993, 'Zoë, "Z"', 0.1, '2024-02-29', true, 'x'), (2, NULL, NULL, NULL, false, 'y'), (3, '', -1e300, '1999-12-31', NULL, 'z')`,
    );
    const shop = await connectFile(platform, vendor);
    const table = { connection: "Shop", table: 'or"ders', columns: ["id", "name", "price", "sold", "paid"] };
    const steps = [
      "derive type: single value: YEAR(sold) as: 'year'",
      "derive type: single value: id + 1 as: 'next'",
    ];
    expect(await platform.run(await platform.deploy(shopFlow(shop, table, RESULT, steps)))).toMatchObject({
      status: "Complete",
      failureReason: null,
    });
    expect(platform.read("out/result.csv")).toBe(
      [
        "id,next,name,price,sold,year,paid",
        '9007199254740993,9007199254740994,"Zoë, ""Z""",0.1,2024-02-29,2024,true',
        "2,3,,,,,false",
        "3,4,,-1e+300,1999-12-31,1999,",
        "",
      ].join("\n"),
    );
    const query = {
      connection: "Shop",
      query: `SELECT 1 AS more, count(*) AS "N", max(name) AS "a b" FROM "or""ders"; `,
      columns: ["a b", "n"],
    };
    expect(await platform.run(await platform.deploy(shopFlow(shop, query, RESULT)))).toMatchObject({
      failureReason: null,
    });
    expect(platform.read("out/result.csv")).toBe('a b,n\n"Zoë, ""Z""",3\n');
  });

  it("gets a table with the result's types, and the API answers its rows", async () => {
    const platform = await startJobPlatform();
    const file = databaseFile(platform, vendor);
    const shop = await connectFile(platform, vendor);
    const output = { connection: "Shop", table: "clean orders", action: "createAndLoad" };
    const deployment = await platform.deploy(shopFlow(shop, ORDERS_FILE, output, TYPED));
    const { id, failureReason } = await platform.run(deployment);
    expect(failureReason).toBeNull();
    const rows = [
      [1, "DE", 2, 39.9, "paid"],
      [2, "FR", 10, 3.25, "paid"],
      [3, "DE", 1, 5, "cancelled"],
      [4, "GB, Wales", 4, 1.5, "paid"],
    ];
    expect(await runOnFile(vendor, file, 'SELECT * FROM "clean orders" ORDER BY 1')).toEqual(rows);
    expect(await runOnFile(vendor, file, 'SELECT sum(quantity * 2) FROM "clean orders"')).toEqual([[34]]);
    const { body } = await platform.call("GET", `/v4/jobGroups/${id}/publications`);
    expect(body.data).toMatchObject([
      {
        tableName: "clean orders",
        targetType: vendor,
        action: "createAndLoad",
        rowCount: 4,
        connection: { id: shop.id },
      },
    ]);
    const jobs = await platform.call("GET", `/v4/jobGroups/${id}/jobs`);
    expect(jobs.body.data.map((job: { jobType: string }) => job.jobType)).toEqual(["wrangle", "publish"]);
    await platform.run(deployment);
    expect(await runOnFile(vendor, file, 'SELECT count(*) FROM "clean orders"')).toEqual([[8]]);
  });

  it.each([
    ["load", { clean: 5 }],
    ["createAndLoad", { clean: 5 }],
    ["truncateAndLoad", { clean: 4 }],
    ["dropAndLoad", { clean: 4 }],
    ["create", { clean: 1, clean_2: 4, clean_3: 4 }],
  ])("%s does what it says", async (action, counts) => {
    const platform = await startJobPlatform();
    const file = databaseFile(platform, vendor);
    await runOnFile(
      vendor,
      file,
      "CREATE TABLE clean (note VARCHAR DEFAULT 'none', ORDER_ID BIGINT, country VARCHAR, quantity BIGINT, price DOUBLE, status VARCHAR)",
      "INSERT INTO clean (order_id) VALUES (99)",
    );
    const shop = await connectFile(platform, vendor);
    const output = { connection: "Shop", table: "clean", action };
    const deployment = await platform.deploy(shopFlow(shop, ORDERS_FILE, output, TYPED));
    expect(await platform.run(deployment)).toMatchObject({ failureReason: null });
    if (action === "create") await platform.run(deployment);
    for (const [table, count] of Object.entries(counts)) {
      expect(await runOnFile(vendor, file, `SELECT count(*) FROM ${table}`)).toEqual([[count]]);
    }
    const isKept = action !== "dropAndLoad";
    const columns = await runOnFile(vendor, file, "SELECT name FROM pragma_table_info('clean')");
    expect(columns.flat().includes("note")).toBe(isKept);
  });

  it("gets every character of a text", async () => {
    const platform = await startJobPlatform();
    const file = databaseFile(platform, vendor);
    const shop = await connectFile(platform, vendor);
    const country = "\ufeff.\u2028'\"\n\u{1f600}";
    platform.put(
      "orders/orders.csv",
      `order_id,country,quantity,price,status\n1,"${country.replace('"', '""')}",2,3,\n`,
    );
    const output = { connection: "Shop", table: "texts", action: "create" };
    const deployment = await platform.deploy(shopFlow(shop, ORDERS_FILE, output, []));
    expect(await platform.run(deployment)).toMatchObject({ failureReason: null });
    // The driver of DuckDB drops the first character when it begins a text.
    expect(await runOnFile(vendor, file, `SELECT '.' || country, length(status) FROM texts`)).toEqual([
      [`.${country}`, 0],
    ]);
  });

  it("stays as it was when the job fails on the way", async () => {
    const platform = await startJobPlatform();
    const file = databaseFile(platform, vendor);
    await runOnFile(
      vendor,
      file,
      "CREATE TABLE clean (order_id BIGINT, country VARCHAR, quantity BIGINT CHECK (quantity < 10), price DOUBLE, status VARCHAR)",
      "INSERT INTO clean VALUES (99, 'XX', 1, 1, 'old')",
    );
    const shop = await connectFile(platform, vendor);
    const output = { connection: "Shop", table: "clean", action: "truncateAndLoad" };
    const both = shopFlow(shop, ORDERS_FILE, output, TYPED);
    const files = shopFlow(shop, ORDERS_FILE, RESULT).flows[0]?.outputs[0]?.files ?? [];
    const pkg = {
      ...both,
      flows: both.flows.map((flow) => ({
        ...flow,
        outputs: flow.outputs.map((one) => ({ ...one, files })),
      })),
    };
    const failed = await platform.run(await platform.deploy(pkg));
    expect(failed.status).toBe("Failed");
    expect(failed["failureReason"]).toContain(
      'the output table clean (connection "Shop", truncateAndLoad): ',
    );
    expect(await runOnFile(vendor, file, "SELECT order_id, status FROM clean")).toEqual([[99, "old"]]);
    expect(existsSync(`${platform.bucket}/out/result.csv`)).toBe(false);
    const { body } = await platform.call("GET", `/v4/jobGroups/${failed.id}/publications`);
    expect(body.data).toEqual([]);
  });

  it("gets all tables of a job or none", async () => {
    const platform = await startJobPlatform();
    const file = databaseFile(platform, vendor);
    await runOnFile(vendor, file, "CREATE TABLE other (id BIGINT)");
    const shop = await connectFile(platform, vendor);
    const runWith = async (action: string) => {
      const tables = [
        { table: "a", action: "createAndLoad" },
        { table: "b", action },
      ].flatMap(
        (table) =>
          shopFlow(shop, ORDERS_FILE, { connection: "Shop", ...table }).flows[0]?.outputs[0]?.tables ?? [],
      );
      const pkg = shopFlow(shop, ORDERS_FILE, RESULT);
      const flows = pkg.flows.map((flow) => ({
        ...flow,
        outputs: flow.outputs.map((output) => ({ ...output, files: [], tables })),
      }));
      return platform.run(await platform.deploy({ ...pkg, flows }));
    };
    const count = "SELECT count(*) FROM pragma_table_info('a')";
    expect(await runWith("load")).toMatchObject({ status: "Failed" });
    expect(await runOnFile(vendor, file, count).catch(() => [[0]])).toEqual([[0]]);
    const { id } = await runWith("create");
    expect(await runOnFile(vendor, file, count)).toEqual([[5]]);
    const { body } = await platform.call("GET", `/v4/jobGroups/${id}/outputs`);
    expect(body.tables.map((table: { tableName: string }) => table.tableName)).toEqual(["a", "b"]);
  });

  it("loses no rows when two jobs publish at once", async () => {
    const platform = await startJobPlatform({ jobs: { workers: 2 } });
    const file = databaseFile(platform, vendor);
    const shop = await connectFile(platform, vendor);
    const output = { connection: "Shop", table: "clean", action: "createAndLoad" };
    const deployment = await platform.deploy(shopFlow(shop, ORDERS_FILE, output));
    const groups = await Promise.all(Array.from({ length: 6 }, () => platform.run(deployment)));
    expect(groups.map((group) => group["failureReason"])).toEqual(groups.map(() => null));
    expect(await runOnFile(vendor, file, "SELECT count(*) FROM clean")).toEqual([[24]]);
  });

  it.each([
    ["a table that is missing", { table: "gone" }, "table gone): the table is not there"],
    [
      "a column that is gone",
      { table: "t", columns: ["id", "colour"] },
      'the table has no column "colour" any more',
    ],
    ["a query that writes", { query: "DELETE FROM t" }, "does not begin with SELECT"],
    ["a query that writes in disguise", { query: "WITH x AS (SELECT 1) DELETE FROM t" }, "query"],
    ["a query that the database refuses", { query: "SELECT nothing FROM t" }, "nothing"],
  ])("says so of %s", async (_case, dataset, reason) => {
    const platform = await startJobPlatform();
    const file = databaseFile(platform, vendor);
    await runOnFile(vendor, file, "CREATE TABLE t (id BIGINT)", "INSERT INTO t VALUES (1)");
    const shop = await connectFile(platform, vendor);
    const pkg = shopFlow(shop, { connection: "Shop", ...dataset }, RESULT);
    const failed = await platform.run(await platform.deploy(pkg));
    expect(failed.status).toBe("Failed");
    expect(failed["failureReason"]).toContain('the dataset "rows" (connection "Shop"');
    expect(failed["failureReason"]).toContain(reason);
    expect(await runOnFile(vendor, file, "SELECT count(*) FROM t")).toEqual([[1]]);
  });

  it("is not reached outside the storage, and not when it is not there", async () => {
    const platform = await startJobPlatform();
    const outside = await connect(platform, vendor, { params: { path: "s3://acme-dev/../../secret.db" } });
    const table = { connection: "Shop", table: "t" };
    const escaped = await platform.run(await platform.deploy(shopFlow(outside, table, RESULT)));
    expect(escaped["failureReason"]).toContain("leaves its storage");
    const missing = await connectFile(platform, vendor);
    const failed = await platform.run(await platform.deploy(shopFlow(missing, table, RESULT)));
    expect(failed["failureReason"]).toContain(
      `the database file s3://acme-dev/shop.${vendor} is not there (looked for ${platform.directory}`,
    );
  });
});

describe("a SQLite file", () => {
  it("has no schemas, and the rule that maps one is named", async () => {
    const platform = await startJobPlatform();
    await runOnFile("sqlite", databaseFile(platform, "sqlite"), "CREATE TABLE t (id BIGINT)");
    const shop = await connectFile(platform, "sqlite");
    const table = { connection: "Shop", table: "sales.t", columns: ["id"] };
    const failed = await platform.run(await platform.deploy(shopFlow(shop, table, RESULT)));
    expect(failed["failureReason"]).toContain(
      "the path is sales; map it with an import rule of type dbPath, on sales, with main",
    );
  });
});

describe("a vendor without a driver", () => {
  it("is named, with those that have one", async () => {
    const platform = await startJobPlatform();
    const shop = await connect(platform, "oracle", { params: {} });
    const pkg = shopFlow(shop, { connection: "Shop", table: "t" }, RESULT);
    const failed = await platform.run(await platform.deploy(pkg));
    expect(failed["failureReason"]).toContain(
      'no driver for databases of the vendor "oracle"; it has drivers for postgres, sqlite, duckdb',
    );
  });
});
