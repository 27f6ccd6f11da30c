import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import Libsql from "libsql";
import { expect, test } from "vitest";
import { prepareEnvironments } from "../../../platform/environments.js";
import { startPlatform } from "../../../platform/index.js";
import { openDatabase } from "../../../platform/store/database.js";
import { MIGRATIONS, type Migration } from "../../../platform/store/migrations.js";
import { makeDirectory, startTestPlatform, TOKEN } from "../platform-fixture.js";

const NEWEST = MIGRATIONS.length;

/** Schema of a store as text, in one order. */
function schemaOf(directory: string, file = "platform.db"): string[] {
  const database = new Libsql(join(directory, file));
  const rows = database.prepare("select sql from sqlite_master where sql is not null order by sql").all();
  database.close();
  return (rows as { sql: string }[]).map(({ sql }) => sql);
}

/** A store of an earlier version with an environment and a deployment in it, as far as that version had them. */
async function makeOldStore(version: number): Promise<string> {
  const data = makeDirectory();
  const database = openDatabase(data, MIGRATIONS.slice(0, version));
  const { environments } = await prepareEnvironments(database, ["dev"], TOKEN);
  const environmentId = environments.get("dev") ?? 0;
  const now = new Date().toISOString();
  await database
    .insertInto("deployments")
    .values({ environmentId, name: "orders", createdAt: now, updatedAt: now, creatorId: 1, updaterId: 1 })
    .execute();
  await database.destroy();
  return data;
}

test("the numbers of migrations rise by one, as the version of a store is the number of them", () => {
  expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, index) => index + 1));
});

test.each(MIGRATIONS.slice(0, -1).map(({ number }) => number))(
  "a store of version %i gets the newest schema with what it holds, and is kept as it was",
  async (version) => {
    const data = await makeOldStore(version);
    const before = schemaOf(data);
    const platform = await startTestPlatform({ data, environments: ["dev"] });
    expect((await platform.call("GET", "/v4/deployments")).body).toMatchObject({
      data: [{ name: "orders" }],
    });
    await platform.close();

    const fresh = makeDirectory();
    await (await startPlatform({ data: fresh, environments: ["dev"] })).close();
    expect(schemaOf(data)).toEqual(schemaOf(fresh));
    const kept = `platform.db.version-${version}`;
    expect(readdirSync(data).filter((name) => name.includes(".version-"))).toEqual([kept]);
    expect(schemaOf(data, kept)).toEqual(before);
    if (process.platform !== "win32") expect(statSync(join(data, kept)).mode & 0o777).toBe(0o600);
    const old = new Libsql(join(data, kept));
    expect(old.prepare("select name from deployments").all()).toEqual([{ name: "orders" }]);
    old.close();
  },
);

test("a new store is not copied, and an unchanged one neither", async () => {
  const data = makeDirectory();
  for (const _ of [1, 2]) await (await startPlatform({ data, environments: ["dev"] })).close();
  expect(readdirSync(data).filter((name) => name.includes(".version-"))).toEqual([]);
});

test("a migration that fails leaves the store as it was, and the copy", async () => {
  const data = await makeOldStore(NEWEST);
  const before = schemaOf(data);
  const broken: Migration = {
    number: NEWEST + 1,
    name: "half",
    statements: ["create table half (id integer)", "create table deployments (id integer)"],
  };
  expect(() => openDatabase(data, [...MIGRATIONS, broken])).toThrow(
    /opening \S+platform\.db: table deployments already exists/,
  );
  expect(schemaOf(data)).toEqual(before);
  expect(existsSync(join(data, `platform.db.version-${NEWEST}`))).toBe(true);
  const platform = await startTestPlatform({ data, environments: ["dev"] });
  expect((await platform.call("GET", "/v4/deployments/count")).body).toEqual({ count: 1 });
});

test("what a later program added is refused by the earlier one, which says which version it is", async () => {
  const data = await makeOldStore(NEWEST);
  expect(() => openDatabase(data, MIGRATIONS.slice(0, -1))).toThrow(
    `its schema has version ${NEWEST}, this program knows versions up to ${NEWEST - 1}; start the newer sluice-platform that made it, or choose another data directory`,
  );
});
