import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { chmod, copyFile, mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import Libsql from "libsql";
import { ZipFile } from "yazl";
import { STORED_NAMES } from "../store/stored-names.js";
import { BackupError, makeManifest, MANIFEST, type BackupEntry } from "./backup-file.js";
import { checkDatabase } from "./check-database.js";

/** What is backed up, and where to. */
export interface BackupOptions {
  /** Data directory of a platform, which may run. */
  readonly data: string;
  /** File to make; one that exists is never touched. */
  readonly to: string;
  /** File for the key of credentials, which is part of the backup when this is not given. */
  readonly keyTo?: string;
}

/** What a backup holds. */
export interface BackupReport {
  readonly packages: number;
  readonly jobLogs: number;
  /** Size of the file. */
  readonly bytes: number;
  readonly schemaVersion: number;
}

/** A file on this machine and its name in the backup. */
interface Source {
  readonly path: string;
  readonly name: string;
}

/**
 * Backs up a platform as it is at one moment, running or not: database, packages, logs of jobs, and the key of credentials.
 * What jobs read and write lies in the storage and is not part of it. Files get mode 0600. Throws `BackupError`.
 */
export async function backUp(options: BackupOptions): Promise<BackupReport> {
  const [data, to] = [resolve(options.data), resolve(options.to)];
  const keyTo = options.keyTo === undefined ? undefined : resolve(options.keyTo);
  checkPlaces(data, to, keyTo);
  const folder = `${to}.${process.pid}.part`;
  await makeFolder(folder);
  try {
    const database = await takeSnapshot(join(data, STORED_NAMES.database), folder);
    const { schemaVersion, blobs } = checkDatabase(database.path, data);
    const packages = blobs.map((sha256) => sourceIn(data, `${STORED_NAMES.blobs}/${sha256}`));
    checkPackages(packages, data);
    const logs = await copyLogs(data, folder);
    const key = await copyKey(data, keyTo ?? join(folder, STORED_NAMES.key));
    const sources = [database, ...(keyTo === undefined ? key : []), ...packages, ...logs];
    const archive = join(folder, basename(to));
    await writeArchive(sources, schemaVersion, archive);
    await rename(archive, to);
    await sync(dirname(to));
    return { packages: packages.length, jobLogs: logs.length, bytes: (await stat(to)).size, schemaVersion };
  } catch (error) {
    if (keyTo !== undefined) await rm(keyTo, { force: true });
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function checkPlaces(data: string, to: string, keyTo: string | undefined): void {
  if (!existsSync(join(data, STORED_NAMES.database))) {
    throw new BackupError(
      `backing up ${data}: it holds no ${STORED_NAMES.database}; give the data directory of a platform`,
    );
  }
  for (const file of [to, ...(keyTo === undefined ? [] : [keyTo])]) {
    if (existsSync(file)) throw new BackupError(`backing up to ${file}: it exists; choose another name`);
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    throw new BackupError(
      `backing up to ${dirname(folder)}: it cannot be written (${(error as Error).message}); choose a folder that exists`,
      { cause: error },
    );
  }
}

/** A copy of the database as it is between two commits. Writers go on meanwhile. */
async function takeSnapshot(file: string, folder: string): Promise<Source> {
  const path = join(folder, STORED_NAMES.database);
  await writeFile(path, "", { mode: 0o600 });
  const database = new Libsql(file);
  try {
    database.exec("pragma busy_timeout = 10000");
    database.exec(`vacuum into '${path.replaceAll("'", "''")}'`);
  } catch (error) {
    throw new BackupError(`backing up ${file}: ${(error as Error).message}; look at the disk and try again`, {
      cause: error,
    });
  } finally {
    database.close();
  }
  return { path, name: STORED_NAMES.database };
}

/** A running platform adds packages and removes none; a start does. */
function checkPackages(packages: readonly Source[], data: string): void {
  const missing = packages.find(({ path }) => !existsSync(path));
  if (missing === undefined) return;
  throw new BackupError(
    `backing up ${data}: ${missing.name}, the package of a release, is not there; if the platform was restarted ` +
      `meanwhile, back up again, else the data directory is damaged: take an earlier backup`,
  );
}

/** Logs grow while jobs run, so the backup gets copies. Those of old jobs may go meanwhile. */
async function copyLogs(data: string, folder: string): Promise<Source[]> {
  const from = join(data, STORED_NAMES.logs);
  if (!existsSync(from)) return [];
  await mkdir(join(folder, STORED_NAMES.logs));
  const copied: Source[] = [];
  for (const file of (await readdir(from)).filter((file) => /^\d+\.log$/.test(file))) {
    const log = sourceIn(folder, `${STORED_NAMES.logs}/${file}`);
    try {
      await copyFile(join(from, file), log.path);
      copied.push(log);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return copied;
}

/** Nothing when the platform never had a key: then it holds no credentials, either. */
async function copyKey(data: string, path: string): Promise<Source[]> {
  const from = join(data, STORED_NAMES.key);
  if (!existsSync(from)) return [];
  await copyFile(from, path);
  await chmod(path, 0o600);
  await sync(path);
  return [{ path, name: STORED_NAMES.key }];
}

async function writeArchive(sources: readonly Source[], schemaVersion: number, file: string): Promise<void> {
  const entries: BackupEntry[] = [];
  for (const source of sources) entries.push(await measure(source));
  const zip = new ZipFile();
  for (const { path, name } of sources) {
    // Packages are archives themselves.
    zip.addFile(path, name, { compress: !name.startsWith(`${STORED_NAMES.blobs}/`), mode: 0o100600 });
  }
  zip.addBuffer(Buffer.from(JSON.stringify(makeManifest(schemaVersion, entries), null, 2)), MANIFEST);
  zip.end();
  const failed = new Promise<never>((_, reject) => zip.once("error", reject));
  const written = pipeline(zip.outputStream, createWriteStream(file, { mode: 0o600, flags: "wx" }));
  await Promise.race([written, failed]);
  await sync(file);
}

async function measure({ path, name }: Source): Promise<BackupEntry> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  const sha256 = hash.digest("hex");
  if (name.startsWith(STORED_NAMES.blobs) && !name.endsWith(sha256)) {
    throw new BackupError(
      `backing up ${path}: its content is not the one it was stored with; take it from an earlier backup`,
    );
  }
  return { name, bytes, sha256 };
}

/** To the disk. Windows cannot and need not do that for folders. */
async function sync(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function sourceIn(folder: string, name: string): Source {
  return { path: join(folder, ...name.split("/")), name };
}
