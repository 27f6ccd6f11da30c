import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import Libsql from "libsql";
import { expect, test } from "vitest";
import { ZipFile } from "yazl";
import { readArchive } from "../../flow/archive.js";
import { backUp, restore } from "../../platform/index.js";
import { createOrdersDeployment, ordersBytes } from "./orders-package.js";
import { makeDirectory, startTestPlatform, type TestPlatform } from "./platform-fixture.js";
import { request, runPlatformCommand, startPlatformProcess } from "./platform-process.js";
import { checkAcknowledged, checkStore, makeWriteLoad, waitForLoad } from "./write-load.js";

const LIMITS = { entries: 1000, unpackedBytes: 2 ** 30, ratio: 10_000 };

test(
  "a backup of a platform under load holds everything that was acknowledged before, and nothing half-done",
  { timeout: 120_000 },
  async () => {
    const directory = makeDirectory();
    const load = await makeWriteLoad();
    const platform = await startPlatformProcess(directory);
    await load.prepare(platform.endpoint, directory);
    const writing = Promise.all([
      load.write(platform.endpoint, "a"),
      load.write(platform.endpoint, "b"),
      load.runJobs(platform.endpoint),
    ]);
    await Promise.race([waitForLoad(() => load.count() >= 30), writing]);
    const before = load.snapshot();
    const countBefore = load.count();
    const to = join(makeDirectory(), "backup.zip");
    const backup = runPlatformCommand(["backup", "--data", directory, "--to", to]);
    expect((await backup.ended).code, backup.printed.error).toBe(0);
    expect(load.count(), "writes went on meanwhile").toBeGreaterThan(countBefore);
    platform.process.kill("SIGKILL");
    await writing;
    expect(backup.printed.out).toMatch(/^backup of \d+ packages and \d+ job logs: .*\nIt holds the key/);
    expect(statSync(to).mode & 0o777).toBe(0o600);

    const restored = join(makeDirectory(), "restored");
    const command = runPlatformCommand(["restore", to, "--data", restored]);
    expect((await command.ended).code, command.printed.error).toBe(0);
    expect(command.printed.out).toMatch(/^restored \d+ packages and \d+ job logs, as of 20/);
    checkStore(restored);
    const again = await startPlatformProcess(restored);
    // What was deleted after the first look may be gone in the backup.
    const later = load.snapshot().releases;
    const releases = [...before.releases].filter(
      ([id, { isDeleted }]) => later.get(id)?.isDeleted === isDeleted,
    );
    await checkAcknowledged(again.endpoint, { ...before, releases: new Map(releases) });
    for (const [id, status] of before.jobs) {
      const { body } = await request(again.endpoint, "GET", `/v4/jobGroups/${id}/status`);
      expect(body, `job group ${id}`).toMatch(status === "Complete" ? /^Complete$/ : /^[A-Z][A-Za-z]+$/);
    }
  },
);

test("what is restored has its rows, its packages, its logs and its key, readable by one user", async () => {
  const platform = await platformWithSecret();
  const to = join(makeDirectory(), "backup.zip");
  await backUp({ data: platform.directory, to });
  await expect(backUp({ data: platform.directory, to })).rejects.toThrow(`${to}: it exists; choose another`);
  const data = join(makeDirectory(), "new");
  await restore({ from: to, data });
  expect(contentOf(data)).toEqual(contentOf(platform.directory));
  for (const name of readdirSync(data)) expect(statSync(join(data, name)).mode & 0o077, name).toBe(0);
  expect(readFileSync(join(data, "store.key"))).toEqual(readFileSync(join(platform.directory, "store.key")));
  const again = await startTestPlatform({ data });
  expect((await again.call("GET", "/v4/releases/1")).body).toMatchObject({ active: true });
});

test("a key of its own is in no backup, and credentials need it", async () => {
  const platform = await platformWithSecret();
  const folder = makeDirectory();
  const [to, keyTo] = [join(folder, "backup.zip"), join(folder, "backup.key")];
  await backUp({ data: platform.directory, to, keyTo });
  expect(statSync(keyTo).mode & 0o777).toBe(0o600);
  const entries = await readArchive(to, LIMITS, () => true);
  expect([...entries.keys()]).not.toContain("store.key");
  const key = readFileSync(join(platform.directory, "store.key"));
  for (const [name, bytes] of entries) expect(bytes.includes(key), name).toBe(false);

  const data = join(folder, "new");
  await expect(restore({ from: to, data })).rejects.toThrow(
    /made without their key; give its file with --key/,
  );
  writeFileSync(join(folder, "other.key"), Buffer.alloc(32, 7), { mode: 0o600 });
  await expect(restore({ from: to, data, key: join(folder, "other.key") })).rejects.toThrow(
    /is not the key that the store was encrypted with/,
  );
  expect(existsSync(data)).toBe(false);
  await restore({ from: to, data, key: keyTo });
  expect(readFileSync(join(data, "store.key"))).toEqual(key);
});

test("a backup that is damaged, cut off, newer or none leaves the directory as it was", async () => {
  const platform = await platformWithSecret();
  const folder = makeDirectory();
  const good = join(folder, "good.zip");
  await backUp({ data: platform.directory, to: good });
  const entries = await readArchive(good, LIMITS, () => true);
  const empty = join(folder, "empty");
  mkdirSync(empty);
  const fails = async (from: string, message: RegExp) => {
    await expect(restore({ from, data: empty })).rejects.toThrow(message);
    expect(readdirSync(empty)).toEqual([]);
    await expect(restore({ from, data: join(folder, "new") })).rejects.toThrow(message);
    expect(existsSync(join(folder, "new"))).toBe(false);
  };
  const changed = async (change: (entries: Map<string, Buffer>) => void) => {
    const copy = new Map(entries);
    change(copy);
    return writeZip(folder, copy);
  };

  await fails(join(folder, "nothing.zip"), /there is no such file/);
  const cut = join(folder, "cut.zip");
  copyFileSync(good, cut);
  truncateSync(cut, statSync(cut).size - 30);
  await fails(cut, /it is no backup, or not a whole one/);
  const flipped = join(folder, "flipped.zip");
  const bytes = readFileSync(good);
  bytes[Math.floor(bytes.length / 2)]! ^= 0xff;
  writeFileSync(flipped, bytes);
  await fails(flipped, /in it is damaged or missing; take another backup/);
  await fails(await changed((all) => all.delete("backup.json")), /it is no backup/);
  await fails(await changed((all) => all.delete("store.key")), /store\.key in it is damaged or missing/);
  await fails(
    await changed((all) => editManifest(all, (manifest) => (manifest["version"] = 99))),
    /it has form 99, this program knows forms up to 1; restore it with the newer/,
  );
  await fails(
    await changed((all) => replace(all, "platform.db", newerSchema(all, folder))),
    /its schema has version 999, this program knows versions up to \d+; use the newer sluice-platform/,
  );
  await fails(
    await changed((all) => replace(all, "platform.db", Buffer.alloc(8192, 1))),
    /the database is damaged: .*; take an earlier backup/,
  );
  await fails(
    await changed((all) => dropFiles(all, (name) => name.startsWith("blobs/"))),
    /the package [0-9a-f]{64} of a release is not in it/,
  );
  for (const name of ["../outside", "/etc/outside", "blobs/../../outside", "job-logs/x.log"]) {
    await fails(await changed((all) => replace(all, name, Buffer.from("x"))), /it is no backup/);
    expect(existsSync(join(folder, "outside"))).toBe(false);
  }
});

test("restoring overwrites nothing, and backing up needs a platform's directory", async () => {
  const platform = await platformWithSecret();
  const folder = makeDirectory();
  const to = join(folder, "backup.zip");
  await backUp({ data: platform.directory, to });
  const before = contentOf(platform.directory);
  const onto = runPlatformCommand(["restore", to, "--data", platform.directory]);
  expect((await onto.ended).code).toBe(2);
  expect(onto.printed.error).toMatch(/^error: restoring to .*: it is not empty \(it holds .*nothing is over/);
  expect(contentOf(platform.directory)).toEqual(before);
  await expect(backUp({ data: folder, to: join(folder, "b.zip") })).rejects.toThrow(
    `${folder}: it holds no platform.db; give the data directory of a platform`,
  );
  expect(readdirSync(folder)).toEqual(["backup.zip"]);
  await expect(backUp({ data: platform.directory, to: join(folder, "missing/b.zip") })).rejects.toThrow(
    /missing: it cannot be written .*; choose a folder that exists/,
  );
});

test("a backup tells of a package that is not there or not the one that was stored", async () => {
  const platform = await platformWithSecret();
  const folder = makeDirectory();
  const [blob = ""] = readdirSync(join(platform.directory, "blobs"));
  writeFileSync(join(platform.directory, "blobs", blob), "changed");
  const attempt = () => backUp({ data: platform.directory, to: join(folder, "backup.zip") });
  await expect(attempt()).rejects.toThrow(/its content is not the one it was stored with/);
  spawnSync("rm", [join(platform.directory, "blobs", blob)]);
  await expect(attempt()).rejects.toThrow(/the package of a release, is not there; if the platform was rest/);
  expect(readdirSync(folder)).toEqual([]);
});

/** One release, a log of a job, and a connection with a password. */
async function platformWithSecret(): Promise<TestPlatform> {
  const platform = await startTestPlatform();
  const deployment = await createOrdersDeployment(platform);
  await platform.upload(`/v4/deployments/${deployment}/releases`, await ordersBytes());
  const made = await platform.call("POST", "/v4/connections", {
    name: "secret",
    vendor: "postgres",
    vendorName: "postgres",
    type: "jdbc",
    credentialType: "basic",
    host: "db.example.com",
    port: 5432,
    params: {},
    credentials: [{ username: "loader", password: "hunter2-hunter2" }],
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  writeFileSync(join(platform.directory, "job-logs/7.log"), "a log\n");
  return platform;
}

/** Rows of all tables, logs and package names. */
function contentOf(directory: string) {
  const database = new Libsql(join(directory, "platform.db"));
  try {
    const tables = database
      .prepare("select name from sqlite_master where type = 'table' order by name")
      .all();
    const rows = (tables as { name: string }[]).map(({ name }) => [
      name,
      database.prepare(`select * from "${name}" order by 1`).all(),
    ]);
    const files = ["blobs", "job-logs"].map((folder) => readdirSync(join(directory, folder)).sort());
    return { rows, files, log: readFileSync(join(directory, "job-logs/7.log"), "utf8") };
  } finally {
    database.close();
  }
}

type Manifest = Record<string, unknown> & { files: { name: string; bytes: number; sha256: string }[] };

function editManifest(entries: Map<string, Buffer>, edit: (manifest: Manifest) => void): void {
  const manifest = JSON.parse(entries.get("backup.json")?.toString() ?? "") as Manifest;
  edit(manifest);
  entries.set("backup.json", Buffer.from(JSON.stringify(manifest)));
}

/** Puts a file in with a hash that is right. */
function replace(entries: Map<string, Buffer>, name: string, bytes: Buffer): void {
  dropFiles(entries, (other) => other === name);
  // An archive may not be written with such names; what the manifest says decides.
  if (!name.includes("..") && !name.startsWith("/")) entries.set(name, bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  editManifest(entries, ({ files }) => files.push({ name, bytes: bytes.length, sha256 }));
}

function dropFiles(entries: Map<string, Buffer>, isDropped: (name: string) => boolean): void {
  for (const name of [...entries.keys()].filter(isDropped)) entries.delete(name);
  editManifest(entries, (manifest) => {
    manifest.files = manifest.files.filter(({ name }) => !isDropped(name));
  });
}

function newerSchema(entries: ReadonlyMap<string, Buffer>, folder: string): Buffer {
  const file = join(folder, "newer.db");
  writeFileSync(file, entries.get("platform.db") ?? "");
  const database = new Libsql(file);
  database.exec(`insert into migrations (number, name, "appliedAt") values (999, 'later', '2030-01-01')`);
  database.close();
  return readFileSync(file);
}

async function writeZip(folder: string, entries: ReadonlyMap<string, Buffer>): Promise<string> {
  const zip = new ZipFile();
  for (const [name, bytes] of entries) zip.addBuffer(bytes, name);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  const file = join(folder, "changed.zip");
  writeFileSync(file, Buffer.concat(chunks));
  return file;
}
