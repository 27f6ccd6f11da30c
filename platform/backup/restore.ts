import { createHash } from "node:crypto";
import { createWriteStream, existsSync, readdirSync } from "node:fs";
import { copyFile, chmod, mkdir, readFile, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import * as yauzl from "yauzl";
import { openDatabase } from "../store/database.js";
import { findSealed, openSealer } from "../store/sealing.js";
import { STORED_NAMES } from "../store/stored-names.js";
import {
  BackupError,
  MANIFEST,
  notABackup,
  parseManifest,
  type BackupEntry,
  type BackupManifest,
} from "./backup-file.js";
import { checkDatabase } from "./check-database.js";

/** What is restored, and where to. */
export interface RestoreOptions {
  /** File that `backUp` made. */
  readonly from: string;
  /** Directory to fill: empty, or made. */
  readonly data: string;
  /** File with the key of credentials, when the backup was made without it. */
  readonly key?: string;
}

/** What was restored. */
export interface RestoreReport {
  /** When the backup was made; ISO 8601, UTC. */
  readonly createdAt: string;
  readonly packages: number;
  readonly jobLogs: number;
}

/** Folder inside the new data directory until everything has been checked. */
const UNCHECKED = ".restoring";

/**
 * Restores a backup into an empty directory. Sizes, hashes, the database, its packages and the key are checked first: when something
 * is wrong, the directory stays as it was. Throws `BackupError`, and `StartError` for a key that does not fit.
 */
export async function restore(options: RestoreOptions): Promise<RestoreReport> {
  const data = resolve(options.data);
  const isNew = prepare(data);
  const archive = await openArchive(options.from);
  const folder = join(data, UNCHECKED);
  try {
    const entries = await listEntries(archive, options.from);
    const manifest = await readManifest(archive, entries, options.from);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const entry of manifest.files) await unpack(archive, entries, entry, { folder, from: options.from });
    if (options.key !== undefined) await takeKey(options.key, folder);
    await checkContent(folder, manifest, options.from);
    await putInPlace(folder, data);
    const count = (name: string) => manifest.files.filter((file) => file.name.startsWith(`${name}/`)).length;
    const { createdAt } = manifest;
    return { createdAt, packages: count(STORED_NAMES.blobs), jobLogs: count(STORED_NAMES.logs) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (isNew) await rm(data, { recursive: true, force: true });
    throw error;
  } finally {
    archive.close();
  }
}

/** True when the directory has to be made. */
function prepare(data: string): boolean {
  if (!existsSync(data)) return true;
  const [name] = readdirSync(data);
  if (name === undefined) return false;
  throw new BackupError(
    `restoring to ${data}: it is not empty (it holds ${name}); choose a new directory, nothing is overwritten`,
  );
}

async function openArchive(from: string): Promise<yauzl.ZipFile> {
  try {
    return await yauzl.openPromise(from, { autoClose: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new BackupError(`restoring ${from}: there is no such file; check the path`, { cause: error });
    throw notABackup(from, error);
  }
}

async function listEntries(archive: yauzl.ZipFile, from: string): Promise<Map<string, yauzl.Entry>> {
  const entries = new Map<string, yauzl.Entry>();
  try {
    for await (const entry of archive.eachEntry()) entries.set(entry.fileName, entry);
  } catch (error) {
    throw notABackup(from, error);
  }
  return entries;
}

async function readManifest(
  archive: yauzl.ZipFile,
  entries: ReadonlyMap<string, yauzl.Entry>,
  from: string,
): Promise<BackupManifest> {
  const entry = entries.get(MANIFEST);
  if (entry === undefined) throw notABackup(from);
  return parseManifest(await text(await archive.openReadStreamPromise(entry)), from);
}

async function unpack(
  archive: yauzl.ZipFile,
  entries: ReadonlyMap<string, yauzl.Entry>,
  { name, bytes, sha256 }: BackupEntry,
  { folder, from }: { readonly folder: string; readonly from: string },
): Promise<void> {
  const damaged = (cause?: unknown) =>
    new BackupError(`restoring ${from}: ${name} in it is damaged or missing; take another backup`, { cause });
  const entry = entries.get(name);
  if (entry?.uncompressedSize !== bytes) throw damaged();
  const path = join(folder, ...name.split("/"));
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const hash = createHash("sha256");
  const stream = await archive.openReadStreamPromise(entry).catch((error: unknown) => {
    throw damaged(error);
  });
  stream.on("data", (chunk: Buffer) => hash.update(chunk));
  const file = createWriteStream(path, { mode: 0o600, flags: "wx", flush: true });
  let unreadable: unknown;
  stream.once("error", (error) => (unreadable = error));
  await pipeline(stream, file).catch((error: unknown) => {
    throw unreadable === undefined ? error : damaged(unreadable);
  });
  if (hash.digest("hex") !== sha256) throw damaged();
}

async function takeKey(from: string, folder: string): Promise<void> {
  const path = join(folder, STORED_NAMES.key);
  if (existsSync(path) && !(await readFile(from)).equals(await readFile(path)))
    throw new BackupError(
      `restoring with the key ${from}: the backup has another one; leave the option --key out`,
    );
  await copyFile(from, path);
  await chmod(path, 0o600);
}

async function checkContent(folder: string, manifest: BackupManifest, from: string): Promise<void> {
  const file = join(folder, STORED_NAMES.database);
  if (!existsSync(file)) throw notABackup(from);
  const { blobs } = checkDatabase(file, `restoring ${from}`);
  const names = new Set(manifest.files.map(({ name }) => name));
  const missing = blobs.find((sha256) => !names.has(`${STORED_NAMES.blobs}/${sha256}`));
  if (missing !== undefined)
    throw new BackupError(
      `restoring ${from}: the package ${missing} of a release is not in it; take another`,
    );
  await checkKey(folder, from);
}

/** Opens the database as a start does: an older schema is brought up to date here. */
async function checkKey(folder: string, from: string): Promise<void> {
  const database = openDatabase(folder);
  try {
    const sealed = await findSealed(database);
    if (sealed === undefined) return;
    if (!existsSync(join(folder, STORED_NAMES.key)))
      throw new BackupError(
        `restoring ${from}: it holds credentials and was made without their key; give its file with --key`,
      );
    openSealer(folder, sealed);
  } finally {
    await database.destroy();
  }
}

/** The database comes last: a directory without it is no platform's yet. */
async function putInPlace(folder: string, data: string): Promise<void> {
  const isDatabase = (name: string) => name === STORED_NAMES.database;
  const names = readdirSync(folder);
  for (const name of [...names.filter((name) => !isDatabase(name)), ...names.filter(isDatabase)])
    await rename(join(folder, name), join(data, name));
  await rmdir(folder);
}
