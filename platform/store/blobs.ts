import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { STORED_NAMES } from "./stored-names.js";

/** Package bytes by their SHA-256. */
export interface BlobStore {
  /** Stores bytes durably and answers their hex SHA-256. When it returns, a row may name the blob. */
  put(bytes: Uint8Array): Promise<string>;
  get(sha256: string): Promise<Buffer>;
  /** Removes every file that is not in `kept`. Only safe while no request runs. */
  removeAllBut(kept: ReadonlySet<string>): void;
}

/** Opens `<directory>/blobs`. */
export function openBlobs(directory: string): BlobStore {
  const folder = join(directory, STORED_NAMES.blobs);
  mkdirSync(folder, { recursive: true });
  return {
    put: async (bytes) => {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      if (await hasSize(join(folder, sha256), bytes.byteLength)) return sha256;
      const temporary = join(folder, `${randomUUID()}.tmp`);
      try {
        await writeDurably(temporary, bytes);
        await rename(temporary, join(folder, sha256));
      } catch (error) {
        // A part of it would fill the disk further. The first error says more than one of cleaning up.
        await rm(temporary, { force: true }).catch(() => undefined);
        throw error;
      }
      await syncFolder(folder);
      return sha256;
    },
    get: (sha256) => readFile(join(folder, sha256)),
    removeAllBut: (kept) => {
      for (const name of readdirSync(folder))
        if (!kept.has(name)) rmSync(join(folder, name), { force: true });
    },
  };
}

async function hasSize(file: string, size: number): Promise<boolean> {
  try {
    return (await stat(file)).size === size;
  } catch {
    return false;
  }
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The rename itself is only durable once the folder is; Windows has no such call and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
