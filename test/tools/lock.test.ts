import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

const run = promisify(execFile);
const LOCK_MODULE = pathToFileURL(join(__dirname, "../../tools/lock.mjs")).href;

let folder: string;
let lock: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-lock-"));
  lock = join(folder, "work.lock");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A process of its own that takes the lock and, while it holds it, writes two lines into journal.txt. */
function startWorker(name: string, waitMinutes = 1): Promise<{ stdout: string }> {
  const script = `
    import { appendFileSync } from "node:fs";
    import { withLock } from ${JSON.stringify(LOCK_MODULE)};
    const write = (line) => appendFileSync(${JSON.stringify(join(folder, "journal.txt"))}, line + "\\n");
    await withLock(${JSON.stringify(lock)}, { waitMinutes: ${waitMinutes} }, async () => {
      write("in ${name}");
      await new Promise((resolve) => setTimeout(resolve, 20));
      write("out ${name}");
    });`;
  return run(process.execPath, ["--input-type=module", "-e", script]);
}

async function readJournal(): Promise<string[]> {
  return (await readFile(join(folder, "journal.txt"), "utf8")).trim().split("\n");
}

function pidOfEndedProcess(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}

describe("the lock of set-up", () => {
  it("lets one process in at a time", async () => {
    await Promise.all(["a", "b", "c", "d"].map((name) => startWorker(name)));
    const journal = await readJournal();
    expect(journal).toHaveLength(8);
    for (let index = 0; index < journal.length; index += 2) {
      expect(journal[index + 1]).toBe(journal[index]?.replace("in", "out"));
    }
    expect(await readdir(folder)).toEqual(["journal.txt"]);
  });

  it("is taken over from a process that has ended", async () => {
    await writeFile(lock, JSON.stringify({ pid: pidOfEndedProcess(), host: hostname(), token: "old" }));
    await startWorker("a");
    expect(await readJournal()).toEqual(["in a", "out a"]);
    expect(await readdir(folder)).toEqual(["journal.txt"]);
  });

  it("stays with a living process, and the one that waits in vain names the file", async () => {
    const held = JSON.stringify({ pid: process.pid, host: hostname(), token: "mine" });
    await writeFile(lock, held);
    await expect(startWorker("a", 0)).rejects.toThrow(`waiting for the lock ${lock}`);
    expect(await readFile(lock, "utf8")).toBe(held);
    expect(await readdir(folder)).toEqual(["work.lock"]);
  });

  it("stays with a process of another machine, which cannot be asked", async () => {
    await writeFile(lock, JSON.stringify({ pid: pidOfEndedProcess(), host: "elsewhere", token: "theirs" }));
    await expect(startWorker("a", 0)).rejects.toThrow("waiting for the lock");
  });

  it("is given back when the work fails", async () => {
    const script = `
      import { withLock } from ${JSON.stringify(LOCK_MODULE)};
      await withLock(${JSON.stringify(lock)}, {}, async () => { throw new Error("work failed"); });`;
    const failing = run(process.execPath, ["--input-type=module", "-e", script]);
    await expect(failing).rejects.toThrow("work failed");
    expect(await readdir(folder)).toEqual([]);
  });
});
