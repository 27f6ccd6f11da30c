import { constants } from "node:fs";
import { access, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { withLock } from "./lock.mjs";

/** What is written last into a folder that is whole. */
const RECORD = "made.json";

export async function isExecutable(path) {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** The record of the kept folder; undefined when it is of another version, or lacks one of `executables`. */
export async function readKept(folder, { version, executables }) {
  try {
    const made = JSON.parse(await readFile(join(folder, RECORD), "utf8"));
    const found = await Promise.all(executables.map((path) => isExecutable(join(folder, path))));
    return made.version === version && found.every(Boolean) ? made : undefined;
  } catch {
    return undefined; // nothing kept, or not whole: it is made anew
  }
}

/** Fills a folder beside its final place and renames it, so that a broken attempt never looks like a finished one. */
export async function fillKept(folder, record, fill) {
  const fresh = `${folder}.new-${process.pid}`;
  try {
    await fill(fresh);
    await writeFile(join(fresh, RECORD), `${JSON.stringify(record)}\n`);
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return record;
}

async function removeLeftovers(folder) {
  const [cache, name] = [dirname(folder), basename(folder)];
  const leftovers = (await readdir(cache)).filter((entry) => entry.startsWith(`${name}.new-`));
  await Promise.all(leftovers.map((entry) => rm(join(cache, entry), { recursive: true, force: true })));
}

/**
 * Answers what `read` finds of the kept folder, else what `make` answers, which at most one process of this machine runs
 * at a time. `onWait` is called when another one is making it.
 */
export async function makeOnce(folder, { read, make, onWait }) {
  const kept = await read();
  if (kept !== undefined) return kept;
  return withLock(`${folder}.lock`, { onWait }, async () => {
    const madeMeanwhile = await read();
    if (madeMeanwhile !== undefined) return madeMeanwhile;
    await removeLeftovers(folder);
    return make();
  });
}
