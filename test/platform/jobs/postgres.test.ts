import { createServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startJobPlatform, type JobPlatform } from "./job-fixture.js";
import { startPostgres, type PostgresServer } from "./postgres-server.js";
import { connect, ORDERS_FILE, shopFlow, TYPED, type TestConnection } from "./relation-fixture.js";

const PASSWORD = "canary-7f3e91-päss";
const RESULT = { file: "s3://acme-dev/out/result.csv", action: "overwrite" };
const ROWS = [
  ["1", "DE", "2", 39.9, "paid"],
  ["2", "FR", "10", 3.25, "paid"],
  ["3", "DE", "1", 5, "cancelled"],
  ["4", "GB, Wales", "4", 1.5, "paid"],
];

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres(PASSWORD);
}, 300_000);
afterAll(() => server.stop());
beforeEach(() =>
  server.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public").then(() => undefined, failed),
);

function failed(error: unknown): never {
  throw error;
}

function start(workers = 2): Promise<JobPlatform> {
  return startJobPlatform({ jobs: { workers }, databases: { allow: [`127.0.0.1:${server.port}`] } });
}

function connectShop(platform: JobPlatform, members: Record<string, unknown> = {}): Promise<TestConnection> {
  return connect(platform, "postgres", {
    host: server.host,
    port: server.port,
    credentialType: "basic",
    credentials: [{ username: server.user, password: PASSWORD }],
    params: { database: "shop" },
    ...members,
  });
}

async function runOnce(
  platform: JobPlatform,
  dataset: object,
  output: object,
  steps: string[] = [],
  shop?: TestConnection,
) {
  const pkg = shopFlow(shop ?? (await connectShop(platform)), { ...dataset }, { ...output }, steps);
  return platform.run(await platform.deploy(pkg));
}

const TABLE = { connection: "Shop", table: "public.orders", action: "createAndLoad" };

describe("a table of Postgres as a dataset", () => {
  it("is read with its types", async () => {
    await server.run(`CREATE TABLE "Or""ders é" (i int, b bigint, n numeric(10,2), big numeric, f double precision, ok boolean,
      d date, t timestamp, z timestamptz, h time, raw bytea, j jsonb, a int[], words text[], "select" text, hidden text)`);
    await server.run(`INSERT INTO "Or""ders é" VALUES
      (1, 9007199254740993, 39.90, 12345678901234567890.123, 0.1, true, '2024-02-29', '2024-02-29 10:11:12.5', '2024-02-29 10:00+02', '10:11:12', '\\x00ff', '{"k": [1]}', '{1,NULL,3}', '{"a,b",NULL,"c\\"d"}', '', 'x'),
      (NULL, NULL, NULL, NULL, 2.5, NULL, '0044-03-15 BC', NULL, NULL, NULL, NULL, NULL, '{}', NULL, NULL, 'x')`);
    const platform = await start();
    const columns = ["i", "b", "n", "big", "f", "ok", "d", "t", "z", "h", "raw", "j", "a", "words", "select"];
    const table = { connection: "Shop", table: 'Or"ders é', columns };
    const steps = [
      "derive type: single value: n * 2 as: 'twice'",
      "derive type: single value: YEAR(t) as: 'year'",
    ];
    expect(await runOnce(platform, table, { ...RESULT, format: "json" }, steps)).toMatchObject({
      failureReason: null,
    });
    const [first, second] = platform
      .read("out/result.csv")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).toEqual({
      ...{ i: 1, n: 39.9, twice: 79.8, big: "12345678901234567890.123", f: 0.1, ok: true, year: 2024 },
      ...{ d: "2024-02-29 00:00:00", t: "2024-02-29 10:11:12.5", z: "2024-02-29 08:00:00", h: "10:11:12" },
      ...{ raw: "\\x00ff", j: '{"k": [1]}', a: [1, null, 3], words: ["a,b", null, 'c"d'], select: "" },
      b: Number("9007199254740993"),
    });
    expect(second).toMatchObject({ i: null, big: null, ok: null, a: [], words: null, select: null });
  });

  it("is read whole when it is larger than what is fetched at a time", async () => {
    await server.run(
      `CREATE TABLE orders AS SELECT i AS id, repeat('x', 100) AS note FROM generate_series(1, 30000) AS i`,
    );
    const platform = await start();
    const steps = ["groupby type: agg value: n = COUNT(), total = SUM(id)"];
    const dataset = { connection: "Shop", table: "shop.public.orders", columns: ["id", "note"] };
    expect(await runOnce(platform, dataset, RESULT, steps)).toMatchObject({ failureReason: null });
    expect(platform.read("out/result.csv")).toBe("n,total\n30000,450015000\n");
    const { body } = await platform.call("GET", "/v4/jobGroups/1/logs");
    expect(body).toContain('dataset "rows" reads Shop/shop.public.orders: 30000 rows');
  });

  it("can be a query, whose columns are found by name", async () => {
    await server.run("CREATE TABLE orders AS SELECT 1 AS id, 'Zoë' AS name, 5 AS more");
    const platform = await start();
    const query = {
      connection: "Shop",
      query: "SELECT more, name, id FROM orders; -- all",
      columns: ["id", "name"],
    };
    expect(await runOnce(platform, query, RESULT)).toMatchObject({ failureReason: null });
    expect(platform.read("out/result.csv")).toBe("id,name\n1,Zoë\n");
  });

  it.each([
    ["a table that is missing", { table: "gone" }, "table gone): the table is not there"],
    [
      "a column that is gone",
      { table: "orders", columns: ["colour"] },
      'has no column "colour" any more; it has "id"',
    ],
    ["a query that writes", { query: "DELETE FROM orders" }, "syntax error"],
    [
      "a query that writes on the way",
      { query: "WITH x AS (DELETE FROM orders RETURNING id) SELECT * FROM x" },
      "WITH",
    ],
    ["two statements", { query: "SELECT 1 AS id; DELETE FROM orders" }, "multiple commands"],
    ["a function that writes", { query: "SELECT nextval('counter') AS id" }, "a dataset can only read"],
    ["another database", { table: "other.public.orders" }, "outside the connection's database"],
    ["two columns of one name", { query: "SELECT 1 AS id, 2 AS id" }, 'two columns named "id"'],
  ])("is refused: %s", async (_case, dataset, reason) => {
    await server.run("CREATE TABLE orders AS SELECT 1 AS id; CREATE SEQUENCE counter");
    const platform = await start();
    const result = await runOnce(platform, { connection: "Shop", ...dataset }, RESULT);
    expect(result.status).toBe("Failed");
    expect(result["failureReason"]).toContain('the dataset "rows" (connection "Shop"');
    expect(result["failureReason"]).toContain(reason);
    expect(await server.run("SELECT count(*)::int FROM orders")).toEqual([[1]]);
    expect(await server.run("SELECT is_called FROM counter")).toEqual([[false]]);
  });
});

describe("a server of Postgres", () => {
  it("is not even called unless the platform's settings name it", async () => {
    let calls = 0;
    const listener = createServer((socket) => {
      calls += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void listener.close());
    const { port } = listener.address() as AddressInfo;
    const platform = await start();
    for (const host of ["127.0.0.1", "localhost", "/tmp"]) {
      const shop = await connectShop(platform, { host, port });
      const result = await runOnce(platform, { connection: "Shop", table: "orders" }, RESULT, [], shop);
      expect(result["failureReason"]).toContain(`--allow-database ${host}:${port}`);
    }
    expect(calls).toBe(0);
  });

  it.each([
    [
      "a wrong password",
      { credentials: [{ username: "shop", password: "wrong" }] },
      'does not let the user "shop" in',
    ],
    ["no password", { credentials: [{ username: "shop" }] }, "credentials"],
    ["no credentials", { credentials: [] }, "has no credentials with a user name"],
    ["a database that is not there", { params: { database: "gone" } }, 'has no database "gone"'],
    ["TLS that it does not speak", { ssl: true }, "has no TLS"],
    ["no host", { host: null }, "has no host"],
  ])("refuses in plain words: %s", async (_case, members, reason) => {
    const platform = await start();
    const shop = await connectShop(platform, members);
    const result = await runOnce(platform, { connection: "Shop", table: "orders" }, RESULT, [], shop);
    expect(result.status).toBe("Failed");
    expect(result["failureReason"]).toContain(reason);
  });

  it("that is down is named", async () => {
    // Nobody listens there, and a port that was free a moment ago the platform itself may take.
    const port = 1;
    const platform = await startJobPlatform({ databases: { allow: ["LOCALHOST."] } });
    const shop = await connectShop(platform, { host: "localhost", port });
    const result = await runOnce(platform, { connection: "Shop", table: "orders" }, RESULT, [], shop);
    expect(result["failureReason"]).toContain(
      `the server localhost:${port} cannot be reached (ECONNREFUSED)`,
    );
  });
});

describe("a table of Postgres as a destination", () => {
  it("gets the result's types, and every value as it is", async () => {
    const platform = await start();
    platform.put(
      "orders/orders.csv",
      'order_id,country,quantity,price,status\n1,"a ""b"", c",2,39.9,"x\n\\.\ny"\n2,\\.,10,,\\N\n3,é; DROP TABLE x,,1e300,"tab\t"\n',
    );
    const steps = [
      ...TYPED,
      "derive type: single value: DATE(2024, 2, 29) as: 'day'",
      "derive type: single value: quantity > 2 as: 'many'",
    ];
    const output = { ...TABLE, table: 'public.o"; DROP TABLE x; --é' };
    const result = await runOnce(platform, ORDERS_FILE, output, steps);
    expect(result["failureReason"]).toBeNull();
    expect(
      await server.run(
        'SELECT order_id, country, quantity, price, status FROM "o""; DROP TABLE x; --é" ORDER BY 1',
      ),
    ).toEqual([
      ["1", 'a "b", c', "2", 39.9, "x\n\\.\ny"],
      ["2", "\\.", "10", null, "\\N"],
      ["3", "é; DROP TABLE x", null, 1e300, "tab\t"],
    ]);
    expect(
      await server.run(`SELECT column_name::text, data_type::text FROM information_schema.columns
        WHERE table_schema = 'public' ORDER BY column_name COLLATE "C"`),
    ).toEqual([
      ["country", "text"],
      ["day", "timestamp without time zone"],
      ["many", "boolean"],
      ["order_id", "bigint"],
      ["price", "double precision"],
      ["quantity", "bigint"],
      ["status", "text"],
    ]);
    const outputs = await platform.call("GET", `/v4/jobGroups/${result.id}/publications`);
    expect(outputs.body.data).toMatchObject([{ targetType: "postgres", rowCount: 3, path: ["public"] }]);
  });

  it.each([
    ["load", 5, true],
    ["createAndLoad", 5, true],
    ["truncateAndLoad", 4, true],
    ["dropAndLoad", 4, false],
    ["create", 1, true],
  ])("%s does what it says", async (action, count, isKept) => {
    await server.run(
      "CREATE TABLE orders (note text DEFAULT 'n', order_id int, country varchar(9), quantity int, price numeric(9,2), status text)",
    );
    await server.run("INSERT INTO orders (order_id) VALUES (99)");
    const platform = await start();
    expect(await runOnce(platform, ORDERS_FILE, { ...TABLE, action }, TYPED)).toMatchObject({
      failureReason: null,
    });
    expect(await server.run("SELECT count(*)::int FROM orders")).toEqual([[count]]);
    const notes = await server.run(
      "SELECT 1 FROM information_schema.columns WHERE table_name = 'orders' AND column_name = 'note'",
    );
    expect(notes.length === 1).toBe(isKept);
    if (action === "create") expect(await server.run("SELECT * FROM orders_2 ORDER BY 1")).toEqual(ROWS);
  });

  it("fails before any file is there when a check at the transaction's end fails", async () => {
    await server.run(
      `CREATE TABLE orders (order_id text, country text UNIQUE DEFERRABLE INITIALLY DEFERRED,
        quantity text, price text, status text)`,
    );
    const platform = await start();
    const shop = await connectShop(platform);
    const table = shopFlow(shop, ORDERS_FILE, TABLE);
    const files = shopFlow(shop, ORDERS_FILE, RESULT).flows[0]?.outputs[0]?.files ?? [];
    const flows = table.flows.map((flow) => ({
      ...flow,
      outputs: flow.outputs.map((output) => ({ ...output, files })),
    }));
    const result = await platform.run(await platform.deploy({ ...table, flows }));
    expect(result["failureReason"]).toContain("Key (country)=(DE) already exists");
    expect(await server.run("SELECT count(*)::int FROM orders")).toEqual([[0]]);
    expect(() => platform.read("out/result.csv")).toThrow("ENOENT");
  });

  it("is let go at once when the job is canceled while another program holds it", async () => {
    await server.run("CREATE TABLE orders (order_id text)");
    const other = await server.connect();
    onTestFinished(() => other.end());
    await other.query("BEGIN; LOCK TABLE orders");
    const platform = await start();
    const output = { ...TABLE, action: "dropAndLoad" };
    const deployment = await platform.deploy(shopFlow(await connectShop(platform), ORDERS_FILE, output));
    const started = await platform.call("POST", `/v4/deployments/${deployment}/run`);
    const waiting = "SELECT count(*)::int FROM pg_locks WHERE NOT granted";
    await expect.poll(() => server.run(waiting), { timeout: 20_000 }).toEqual([[1]]);
    await platform.call("POST", `/v4/jobGroups/${started.body.data[0].id}/cancel`);
    expect(await platform.ended(started.body.data[0].id as number)).toMatchObject({ status: "Canceled" });
    await expect.poll(() => server.run(waiting), { timeout: 20_000 }).toEqual([[0]]);
  });

  it("loses no rows when several jobs publish at once", async () => {
    const platform = await start(4);
    const deployment = await platform.deploy(shopFlow(await connectShop(platform), ORDERS_FILE, TABLE));
    const groups = await Promise.all(Array.from({ length: 8 }, () => platform.run(deployment)));
    expect(groups.map((group) => group["failureReason"])).toEqual(groups.map(() => null));
    expect(await server.run("SELECT count(*)::int FROM orders")).toEqual([[32]]);
  });
});
