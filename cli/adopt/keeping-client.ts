import { mkdir, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Client } from "../../provider/client/client.js";
import type { ClientSettings } from "../../provider/client/client.js";
import { writeWhole } from "../write-whole.js";

/** A client that keeps every package it downloads in a folder, so that none is asked for twice, in this run or the next. */
export class KeepingClient extends Client {
  constructor(
    settings: ClientSettings,
    private readonly folder: string,
  ) {
    super(settings);
  }

  override async download(path: string): Promise<Uint8Array> {
    const file = this.#fileOf(path);
    try {
      return await readFile(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    const bytes = await super.download(path);
    await writeWhole(file, bytes);
    return bytes;
  }

  /** Moves what was downloaded from `path` to its place. */
  async place(path: string, file: string): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    await rename(this.#fileOf(path), file);
  }

  #fileOf(path: string): string {
    return join(this.folder, encodeURIComponent(path));
  }
}
