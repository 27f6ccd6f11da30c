import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { JobDatabase, sqlName, sqlText } from "../../../platform/jobs/duckdb/job-database.js";
import { makeDirectory } from "../platform-fixture.js";

/** A job's database that may use one folder, and a secret outside of it. */
async function openJobDatabase() {
  const base = makeDirectory();
  const [storage, spill, outside] = ["storage", "spill", "outside"].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [storage, spill, outside]) mkdirSync(folder);
  writeFileSync(join(storage, "own.csv"), "a\n1\n");
  writeFileSync(join(outside, "secret.csv"), "a\nsecret\n");
  symlinkSync(outside, join(storage, "link"));
  const limits = { memory: "200MB", threads: 1, spill, folders: [storage] };
  const database = await JobDatabase.open(limits, () => false);
  onTestFinished(() => database.close());
  return { database, storage, outside, base };
}

let reached = 0;
const server = createServer((_request, response) => {
  reached += 1;
  response.end("a\n1\n");
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => server.close());

test("queries read the job's own folders", async () => {
  const { database, storage } = await openJobDatabase();
  expect(await database.rows(`select * from read_csv(${sqlText(join(storage, "own.csv"))})`)).toEqual([
    ["1"],
  ]);
});

test("queries reach no other file, and no setting lets them", async () => {
  const { database, storage, outside, base } = await openJobDatabase();
  const secret = join(outside, "secret.csv");
  const around = join(storage, "..", "outside", "secret.csv");
  const attempts = [
    `select * from read_csv(${sqlText(secret)})`,
    `select * from ${sqlText(secret)}`,
    `select * from read_csv('${storage}/../outside/secret.csv')`,
    `select * from read_text(${sqlText(around)})`,
    `select * from read_blob(${sqlText(secret)})`,
    `select * from read_json(${sqlText(secret)})`,
    `select * from read_parquet(${sqlText(secret)})`,
    `select * from glob('${outside}/*')`,
    `select * from glob('${base}/**')`,
    `select * from read_text('/proc/self/environ')`,
    `select * from read_text('${storage}/link/secret.csv')`,
    `copy (select 1) to '${storage}/link/made.csv'`,
    `select getenv('PATH')`,
    `copy (select 1) to '${outside}/made.csv'`,
    `copy (select 1) to '${storage}/../outside/made.csv'`,
    `copy (select 1 as a, 2 as b) to '${outside}' (format csv, partition_by (a))`,
    `attach '${outside}/made.duckdb' as other`,
    `attach '${storage}/../outside/made.duckdb' as other`,
    `export database '${outside}/made'`,
    `import database '${outside}'`,
    `set enable_external_access = true`,
    `set allowed_directories = ['/']`,
    `set allowed_paths = [${sqlText(secret)}]`,
    `set lock_configuration = false`,
    `reset lock_configuration`,
    `set global temp_directory = '${outside}'`,
    `set home_directory = '${outside}'`,
    `set secret_directory = '${outside}'`,
    `set log_query_path = '${outside}/made.log'`,
    `pragma enable_profiling = 'json'; pragma profiling_output = '${outside}/made.json'`,
    `set custom_user_agent = 'x'`,
    `set memory_limit = '100GB'`,
    `set allow_unsigned_extensions = true`,
    `install httpfs`,
    `load httpfs`,
    `load '${outside}/x.duckdb_extension'`,
    `install spatial from 'http://127.0.0.1:1'`,
    `create persistent secret s (type s3, key_id 'x', secret 'y')`,
  ];
  for (const sql of attempts) await expect(database.rows(sql), sql).rejects.toThrow();
  expect(readdirSync(outside)).toEqual(["secret.csv"]);
  expect(readFileSync(secret, "utf8")).toBe("a\nsecret\n");
  expect(await database.rows("select current_setting('enable_external_access')")).toEqual([["false"]]);
});

test("queries reach no network", async () => {
  const { database } = await openJobDatabase();
  const { port } = server.address() as AddressInfo;
  for (const url of [
    `http://127.0.0.1:${port}/a.csv`,
    `https://127.0.0.1:${port}/a.csv`,
    `s3://127.0.0.1:${port}/a.csv`,
    "hf://datasets/a/b.csv",
    "gcs://bucket/a.csv",
    "azure://container/a.csv",
  ])
    await expect(database.rows(`select * from read_csv(${sqlText(url)})`), url).rejects.toThrow();
  await expect(database.rows(`attach 'host=127.0.0.1 port=${port}' as p (type postgres)`)).rejects.toThrow();
  expect(reached).toBe(0);
});

test.each([
  `'`,
  `"`,
  `a"b`,
  `x"; drop table kept; --`,
  `x'); drop table kept; --`,
  `$$; drop table kept; $$`,
  `\\`,
  `\\'`,
  `/* `,
  `-- `,
  `\n;drop table kept`,
  `{0}`,
  `?`,
  `$1`,
  `é\u2028`,
])("a name or a text %j is that in SQL, and nothing more", async (text) => {
  const { database } = await openJobDatabase();
  await database.run("create table kept as select 1 as a");
  await database.run(`create table ${sqlName(text)} as select ${sqlText(text)} as ${sqlName(text)}`);
  expect(await database.rows(`select ${sqlName(text)} from ${sqlName(text)}`)).toEqual([[text]]);
  expect(await database.rows("select a from kept")).toEqual([["1"]]);
});
