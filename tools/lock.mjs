import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const STALE_AFTER_MINUTES = 45;

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== "ESRCH";
  }
}

/** A lock is stale when its owner on this machine is gone, or when it is older than any set-up step may take. */
async function readStaleOwner(path) {
  const [text, { mtimeMs }] = await Promise.all([readFile(path, "utf8"), stat(path)]);
  const owner = JSON.parse(text);
  const isOld = Date.now() - mtimeMs > STALE_AFTER_MINUTES * 60_000;
  const isDead = owner.host === hostname() && !isRunning(owner.pid);
  return isOld || isDead ? text : undefined;
}

async function tryLink(from, to) {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

async function removeStaleLock(path) {
  const staleOwner = await readStaleOwner(path).catch(() => undefined);
  if (staleOwner === undefined) return;
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return; // another process was quicker
  }
  // Between reading and renaming, somebody else may have replaced the stale lock by a live one: give it back.
  if ((await readFile(aside, "utf8")) !== staleOwner) await tryLink(aside, path);
  await rm(aside, { force: true });
}

/**
 * Runs `work` while holding the lock file `path`; at most one process on this machine does so at a time.
 * `onWait` is called once when another process holds it. Fails after `waitMinutes` with the lock's path.
 */
export async function withLock(path, { waitMinutes = STALE_AFTER_MINUTES, onWait = () => {} } = {}, work) {
  await mkdir(dirname(path), { recursive: true });
  const mine = `${path}.${randomUUID()}`;
  // A hard link appears with its content in one step; a plain exclusive create could be read while still empty.
  await writeFile(mine, JSON.stringify({ pid: process.pid, host: hostname(), token: randomUUID() }));
  const deadline = Date.now() + waitMinutes * 60_000;
  let hasWaited = false;
  try {
    while (!(await tryLink(mine, path))) {
      await removeStaleLock(path);
      if (Date.now() > deadline) {
        throw new Error(
          `waiting for the lock ${path}: another process has held it for ${waitMinutes} minutes; ` +
            `if none is running, delete that file and try again`,
        );
      }
      if (!hasWaited) {
        hasWaited = true;
        onWait();
      }
      await delay(200);
    }
    try {
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  } finally {
    await rm(mine, { force: true });
  }
}
