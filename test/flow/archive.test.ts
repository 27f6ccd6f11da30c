import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DEFAULT_PACKAGE_LIMITS, readArchive, writeArchive, type PackageLimits } from "../../flow/archive.js";
import { PackageError } from "../../flow/package-error.js";

const MIB = 1024 * 1024;

async function refusal(bytes: Uint8Array, limits: Partial<PackageLimits> = {}): Promise<PackageError> {
  const error: unknown = await readArchive(bytes, { ...DEFAULT_PACKAGE_LIMITS, ...limits }, () => true).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PackageError)) throw new Error(`expected a PackageError, got ${String(error)}`);
  return error;
}

/** Renames an entry in place, in both of the archive's headers; the names must be equally long. */
function rename(bytes: Uint8Array, from: string, to: string): Uint8Array {
  expect(to).toHaveLength(from.length);
  return Buffer.from(Buffer.from(bytes).toString("latin1").replaceAll(from, to), "latin1");
}

/** A central directory header's offset, found by its signature. */
function directoryOffset(bytes: Uint8Array): number {
  return Buffer.from(bytes).indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
}

describe("reading an archive", () => {
  it("gives back what was packed", async () => {
    const entries = [
      { name: "flow_Ordres payés.json", content: "été" },
      { name: "artifact_a.data", content: "" },
    ];
    const read = await readArchive(await writeArchive(entries), DEFAULT_PACKAGE_LIMITS, () => true);
    expect([...read].map(([name, content]) => ({ name, content: content.toString("utf8") }))).toEqual(
      entries,
    );
  });

  it.each([
    ["small", 1000],
    ["large", 5 * MIB],
  ])("reads a %s file like its bytes", async (_, size) => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-archive-"));
    try {
      const content = randomBytes(size).toString("base64");
      const path = join(folder, "package.zip");
      await writeFile(path, await writeArchive([{ name: "flow.json", content }]));
      const read = await readArchive(path, DEFAULT_PACKAGE_LIMITS, () => true);
      expect(read.get("flow.json")?.toString("utf8") === content).toBe(true);

      await writeFile(path, Buffer.alloc(size, "no package "));
      const refused = await readArchive(path, DEFAULT_PACKAGE_LIMITS, () => true).catch(
        (error: unknown) => error,
      );
      expect(refused).toMatchObject({
        code: "not-a-zip",
        message: expect.stringContaining("package.zip") as string,
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("refuses zero bytes as empty", async () => {
    expect((await refusal(new Uint8Array())).code).toBe("empty");
  });

  it("refuses other content as no ZIP archive", async () => {
    expect((await refusal(Buffer.from("this is not a package"))).code).toBe("not-a-zip");
  });

  it("refuses an archive that was cut off anywhere", async () => {
    const bytes = await writeArchive([{ name: "flow.json", content: "{}".repeat(500) }]);
    for (const length of [10, Math.floor(bytes.length / 2), bytes.length - 1]) {
      expect((await refusal(bytes.subarray(0, length))).code).toBe("truncated");
    }
  });

  it("refuses an entry whose content was changed", async () => {
    const bytes = Buffer.from(await writeArchive([{ name: "flow.json", content: "{}".repeat(500) }]));
    const inside = directoryOffset(bytes) - 3;
    bytes[inside] = (bytes[inside] ?? 0) ^ 0xff;
    expect((await refusal(bytes)).code).toBe("damaged");
  });

  it.each([
    ["aa/x.json", "../x.json", "leads out of the archive"],
    ["aa/bb/cc.js", "aa/../cc.js", "leads out of the archive"],
    ["aax.json", "/ax.json", "is an absolute path"],
    ["aaax.json", "C:/x.json", "names a drive"],
    ["aaax.json", "a\\ax.json", "has a backslash in its name"],
    ["aaax.json", "a\0ax.json", "has a NUL character in its name"],
  ])("refuses the entry name %s written as %j", async (plain, unsafe, reason) => {
    const bytes = rename(await writeArchive([{ name: plain, content: "{}" }]), plain, unsafe);
    const error = await refusal(bytes);
    expect(error.code).toBe("unsafe-entry");
    expect(error.message).toContain(reason);
  });

  it("checks the names of entries that nobody wants, too", async () => {
    const bytes = rename(await writeArchive([{ name: "aa/x.txt", content: "" }]), "aa/x.txt", "../x.txt");
    const read = readArchive(bytes, DEFAULT_PACKAGE_LIMITS, () => false);
    await expect(read).rejects.toMatchObject({ code: "unsafe-entry" });
  });

  it("refuses two entries of one name", async () => {
    const bytes = await writeArchive([
      { name: "a.json", content: "1" },
      { name: "b.json", content: "2" },
    ]);
    expect((await refusal(rename(bytes, "b.json", "a.json"))).code).toBe("unsafe-entry");
  });

  it("refuses too many entries before reading any", async () => {
    const entries = Array.from({ length: 6 }, (_, index) => ({ name: `${index}.json`, content: "" }));
    expect((await refusal(await writeArchive(entries), { entries: 5 })).code).toBe("too-large");
  });

  it("refuses an encrypted entry by name", async () => {
    const bytes = Buffer.from(await writeArchive([{ name: "flow.json", content: "{}" }]));
    const flags = directoryOffset(bytes) + 8;
    bytes.writeUInt16LE(bytes.readUInt16LE(flags) | 1, flags);
    const error = await refusal(bytes);
    expect(error.code).toBe("unsupported-format");
    expect(error.message).toContain("is encrypted");
  });
});

describe("decompression bombs", () => {
  it("are refused by their ratio", async () => {
    const bomb = await writeArchive([{ name: "flow.json", content: "0".repeat(8 * MIB) }]);
    const error = await refusal(bomb);
    expect(error.code).toBe("too-large");
    expect(error.message).toContain("more than 200 times");
  });

  it("are refused by their size in all, across entries", async () => {
    const entries = Array.from({ length: 4 }, (_, index) => ({
      name: `${index}.json`,
      content: "ab".repeat(MIB),
    }));
    const error = await refusal(await writeArchive(entries), { unpackedBytes: 5 * MIB, ratio: 100_000 });
    expect(error.code).toBe("too-large");
    expect(error.message).toContain('reached in "2.json"');
  });

  it.each([10, 2 * MIB])("stop at the first byte beyond what the header claims, %i", async (claimed) => {
    const bomb = Buffer.from(await writeArchive([{ name: "flow.json", content: "0".repeat(64 * MIB) }]));
    bomb.writeUInt32LE(claimed, directoryOffset(bomb) + 24);
    const before = process.memoryUsage().arrayBuffers;
    expect((await refusal(bomb)).code).toBe("damaged");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MIB);
  });

  it("are refused where the header claims much packed content", async () => {
    const packed = deflateRawSync(Buffer.alloc(8 * MIB));
    const filler = 8 * packed.length;
    const bytes = await writeArchive([
      { name: "flow.json", content: "\0".repeat(8 * MIB) },
      {
        name: "filler.txt",
        content: Array.from({ length: filler }, (_, index) => (index * 7919) % 977).join(),
      },
    ]);
    // The first entry's packed content is said to run into the second's.
    const bomb = Buffer.from(bytes);
    const field = directoryOffset(bomb) + 20;
    bomb.writeUInt32LE(bomb.readUInt32LE(field) + 1000, field);
    expect((await refusal(bomb, { ratio: 150 })).code).toBe("too-large");
  });

  it("are refused before any memory is taken for them", async () => {
    const bomb = await writeArchive([{ name: "flow.json", content: "0".repeat(64 * MIB) }]);
    const before = process.memoryUsage().arrayBuffers;
    expect((await refusal(bomb, { unpackedBytes: MIB })).code).toBe("too-large");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MIB);
  });

  it("do not hide ordinary content below the judged size", async () => {
    const small = await writeArchive([{ name: "flow.json", content: "0".repeat(MIB - 1) }]);
    const read = await readArchive(small, DEFAULT_PACKAGE_LIMITS, () => true);
    expect(read.get("flow.json")).toHaveLength(MIB - 1);
  });
});

describe("writing an archive", () => {
  it("gives the same bytes in another time zone", async () => {
    const entries = [{ name: "flow.json", content: "{}" }];
    const zone = process.env["TZ"];
    try {
      process.env["TZ"] = "Asia/Tokyo";
      const tokyo = await writeArchive(entries);
      process.env["TZ"] = "America/Lima";
      expect(await writeArchive(entries)).toEqual(tokyo);
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  });
});
