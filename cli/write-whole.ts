import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Writes a file so that it is whole or not there: beside its place, to the disk, then renamed. Makes its folder. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const part = `${file}.${String(process.pid)}.part`;
  await mkdir(dirname(file), { recursive: true });
  try {
    const handle = await open(part, "w");
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    // The first error says more than one of cleaning up.
    await rm(part, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Removes what a run that was killed left half-written in a folder, which need not be there. */
export async function removeParts(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  for (const name of names.filter((name) => name.endsWith(".part")))
    await rm(join(folder, name), { force: true });
}
