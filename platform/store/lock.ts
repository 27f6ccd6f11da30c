import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Libsql from "libsql";
import { StartError } from "../start-error.js";

/** A held data directory. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes a data directory for this process, making it when it is missing. The lock is the operating system's own (an
 * exclusive SQLite transaction), so it ends with the process however that dies; the pid file only names the holder.
 */
export function lockDirectory(directory: string): DirectoryLock {
  makeDirectory(directory);
  const pidFile = join(directory, "platform.pid");
  const lock = takeLock(join(directory, "platform.lock"), directory, pidFile);
  writeFileSync(pidFile, `${process.pid}\n`);
  return {
    release: () => {
      rmSync(pidFile, { force: true });
      lock.close();
    },
  };
}

function makeDirectory(directory: string): void {
  try {
    makeFolders(directory);
    const probe = join(directory, ".write-probe");
    writeFileSync(probe, "");
    rmSync(probe);
  } catch (error) {
    throw new StartError(
      "data-not-writable",
      `the data directory ${directory} cannot be written (${(error as Error).message}); choose one that this user may write`,
      { cause: error },
    );
  }
}

/** Not mkdir's own `recursive`: on file systems that answer ENOENT for a new folder, such as /proc, that never ends. */
function makeFolders(directory: string): void {
  if (existsSync(directory)) return;
  makeFolders(dirname(directory));
  mkdirSync(directory, { mode: 0o700 });
}

function takeLock(file: string, directory: string, pidFile: string): Libsql.Database {
  const lock = new Libsql(file);
  try {
    lock.exec("pragma busy_timeout = 0; pragma journal_mode = memory; begin exclusive");
    return lock;
  } catch (error) {
    lock.close();
    throw new StartError(
      "data-locked",
      `the data directory ${directory} is in use by another running platform (pid ${readPid(pidFile)}); ` +
        `stop that one or choose another directory`,
      { cause: error },
    );
  }
}

function readPid(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "unknown";
  }
}
