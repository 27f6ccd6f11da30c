import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FlowPackage } from "../../../flow/model.js";
import { packageForm } from "../flow-fixture.js";
import { makeDirectory } from "../platform-fixture.js";
import { request, startPlatformProcess } from "../platform-process.js";
import { startJobPlatform, type JobPlatform } from "./job-fixture.js";
import { startPostgres, type PostgresServer } from "./postgres-server.js";
import { connect, ORDERS_FILE, runOnFile, shopFlow, type TestConnection } from "./relation-fixture.js";

const PASSWORD = "canary-51c0de-geheim";
const OLD = [["old"]];
/** What makes each row take about a millisecond, so that a job can be met in the middle of its writing. */
const SLOW: Readonly<Record<string, string>> = {
  postgres: "CHECK (length(repeat(country || 'x', 200000)) > 0)",
  sqlite: "CHECK (length(hex(zeroblob(30000 + length(country)))) > 0)",
  duckdb: "CHECK (length(repeat(country || 'x', 15000)) > 0)",
};
const VENDORS = Object.keys(SLOW);

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres(PASSWORD);
}, 300_000);
afterAll(() => server.stop());

/** A connection's members, and a way to look at its database as another program does. */
function shop(vendor: string, bucket: string) {
  if (vendor === "postgres") {
    const members = {
      host: server.host,
      port: server.port,
      credentialType: "basic",
      credentials: [{ username: server.user, password: PASSWORD }],
      params: { database: "shop" },
    };
    return { members, run: (sql: string) => server.run(sql) };
  }
  const file = join(bucket, `shop.${vendor}`);
  const members = { params: { path: `s3://acme-dev/shop.${vendor}` } };
  return { members, run: (sql: string) => runOnFile(vendor, file, sql) };
}

/** Two hundred thousand orders: a job hears of a cancel between pieces of some thousand rows. */
function manyOrders(): string {
  const rows = Array.from({ length: 200_000 }, (_row, index) => `${index},DE,1,2.5,new`);
  return ["order_id,country,quantity,price,status", ...rows, ""].join("\n");
}

/** A flow that writes the orders to the table `clean` and to a file. */
function cleanFlow(connection: TestConnection, action = "truncateAndLoad"): FlowPackage {
  const table = shopFlow(connection, ORDERS_FILE, { connection: "Shop", table: "clean", action });
  const toFile = shopFlow(connection, ORDERS_FILE, {
    file: "s3://acme-dev/out/clean.csv",
    action: "overwrite",
  });
  const files = toFile.flows[0]?.outputs[0]?.files ?? [];
  const flows = table.flows.map((flow) => ({
    ...flow,
    outputs: flow.outputs.map((output) => ({ ...output, files })),
  }));
  return { ...table, flows };
}

async function makeTable(run: (sql: string) => Promise<unknown>, check: string): Promise<void> {
  await run("DROP TABLE IF EXISTS clean");
  await run(
    `CREATE TABLE clean (order_id VARCHAR, country VARCHAR ${check}, quantity VARCHAR, price VARCHAR, status VARCHAR)`,
  );
  await run("INSERT INTO clean VALUES ('0', 'XX', '0', '0', 'old')");
}

async function startSlow(vendor: string) {
  const platform = await startJobPlatform({ databases: { allow: [`127.0.0.1:${server.port}`] } });
  const { members, run } = shop(vendor, platform.bucket);
  platform.put("orders/orders.csv", manyOrders());
  await makeTable(run, SLOW[vendor] ?? "");
  const deployment = await platform.deploy(cleanFlow(await connect(platform, vendor, members)));
  const started = await platform.call("POST", `/v4/deployments/${deployment}/run`);
  const id = started.body.data[0].id as number;
  await expect
    .poll(() => readLog(platform.directory, id), { timeout: 20_000 })
    .toContain("publishing 200000 rows");
  return { platform, id, run };
}

function readLog(directory: string, id: number): string {
  const file = join(directory, "job-logs", `${id}.log`);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

describe.each(VENDORS)("publishing to %s", (vendor) => {
  it("leaves the old table, and no file, when the job is canceled in the middle", async () => {
    const { platform, id, run } = await startSlow(vendor);
    // SQLite and DuckDB let nobody look while they write.
    if (vendor === "postgres") expect(await run("SELECT status FROM clean")).toEqual(OLD);
    await platform.call("POST", `/v4/jobGroups/${id}/cancel`);
    expect(await platform.ended(id)).toMatchObject({ status: "Canceled", failureReason: null });
    expect(await run("SELECT status FROM clean")).toEqual(OLD);
    expect(readdirSync(join(platform.bucket, "out"))).toEqual([]);
  });

  it("leaves the old table when the platform is killed in the middle", async () => {
    const data = makeDirectory();
    const bucket = makeDirectory();
    const options = ["--map", `s3://acme-dev=${bucket}`, "--allow-database", `127.0.0.1:${server.port}`];
    const first = await startPlatformProcess(data, {}, options);
    const { members, run } = shop(vendor, bucket);
    await makeTable(run, SLOW[vendor] ?? "");
    const call: JobPlatform["call"] = async (method, path, body) => ({
      headers: new Headers(),
      ...(await request(first.endpoint, method, path, body)),
    });
    const connection = await connect({ call }, vendor, members);
    mkdirSync(join(bucket, "orders"));
    writeFileSync(join(bucket, "orders/orders.csv"), manyOrders());
    await call("POST", "/v4/deployments", { name: "orders" });
    await call("POST", "/v4/deployments/1/releases", await packageForm(cleanFlow(connection)));
    await call("POST", "/v4/deployments/1/run", {});
    await expect.poll(() => readLog(data, 1), { timeout: 20_000 }).toContain("publishing 200000 rows");
    first.process.kill("SIGKILL");
    await first.ended;
    if (vendor === "postgres") await allGone();
    expect(await run("SELECT status FROM clean")).toEqual(OLD);
    const again = await startPlatformProcess(data, {}, options);
    const group = await request(again.endpoint, "GET", "/v4/jobGroups/1");
    expect(group.body).toMatchObject({ status: "Failed", failureReason: "platform stopped while it ran" });
    expect(existsSync(join(bucket, "out", "clean.csv"))).toBe(false);
  });
});

/** The server notices that its client is gone when it next talks to it. */
async function allGone(): Promise<void> {
  const jobs = "SELECT count(*)::int FROM pg_stat_activity WHERE application_name LIKE 'sluice%'";
  await expect.poll(() => server.run(jobs), { timeout: 20_000 }).toEqual([[0]]);
}

/** Files below a folder in which the text stands. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)
    .filter((file) => readFileSync(file).includes(text));
}

describe("a password", () => {
  it("is nowhere but in the thread that uses it", async () => {
    const { platform, id } = await startSlow("postgres");
    expect(filesWith(platform.directory, PASSWORD)).toEqual([]);
    await platform.call("POST", `/v4/jobGroups/${id}/cancel`);
    await platform.ended(id);
    await server.run("DROP TABLE clean; CREATE TABLE clean (order_id text)");
    const failed = await platform.run(1);
    expect(failed.status).toBe("Failed");
    const answers = await Promise.all(
      ["", "/jobs", "/inputs", "/outputs", "/publications", "/logs"].map((part) =>
        platform.call("GET", `/v4/jobGroups/${failed.id}${part}`),
      ),
    );
    expect(JSON.stringify(answers)).toContain("the table has no column");
    expect(JSON.stringify(answers)).not.toContain(PASSWORD);
    expect(filesWith(platform.directory, PASSWORD)).toEqual([]);
  });

  it("is not for people with whom the connection is not shared", async () => {
    const platform = await startJobPlatform({ databases: { allow: [`127.0.0.1:${server.port}`] } });
    const { members, run } = shop("postgres", platform.bucket);
    await makeTable(run, "");
    const connection = await connect(platform, "postgres", members);
    await platform.call("POST", "/v4/people", { email: "ana@example.com", password: "a-long-password" });
    const headers = { authorization: `Basic ${btoa("ana@example.com:a-long-password")}` };
    const asAna = (path: string, body: unknown) => platform.callAs(headers, "POST", path, body);
    const { body } = await asAna("/v4/deployments", { name: "hers" });
    const releases = `/v4/deployments/${body.id}/releases`;
    expect((await asAna(releases, await packageForm(cleanFlow(connection)))).status).toBe(201);
    const runIt = async () => {
      const started = await asAna(`/v4/deployments/${body.id}/run`, {});
      return platform.ended(started.body.data[0].id as number);
    };
    expect((await runIt())["failureReason"]).toContain(
      '"Shop" is not shared with the person who runs the job',
    );
    await platform.call("PATCH", `/v4/connections/${connection.id}`, { isGlobal: true });
    expect((await runIt())["failureReason"]).toContain("shared without its credentials");
    expect(await run("SELECT status FROM clean")).toEqual(OLD);
    await platform.call("PATCH", `/v4/connections/${connection.id}`, { credentialsShared: true });
    expect(await runIt()).toMatchObject({ status: "Complete" });
  });
});
