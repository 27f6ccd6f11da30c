import { readFileSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { crc32, inflateRawSync } from "node:zlib";
import * as yauzl from "yauzl";
import { ZipFile } from "yazl";
import { PackageError } from "./package-error.js";

/** Bounds on what a package may unpack to. They hold while reading: nothing is unpacked beyond them. */
export interface PackageLimits {
  /** Entries in the archive, folders included. */
  readonly entries: number;
  /** Bytes of all unpacked entries together. */
  readonly unpackedBytes: number;
  /** Unpacked bytes per packed byte, of each entry and of the whole archive; judged above 1 MiB unpacked. */
  readonly ratio: number;
}

/** The limits that hold unless a caller sets others. */
export const DEFAULT_PACKAGE_LIMITS: PackageLimits = {
  entries: 1000,
  unpackedBytes: 512 * 1024 * 1024,
  ratio: 200,
};

const RATIO_JUDGED_ABOVE = 1024 * 1024;
/**
 * Smaller files are read, and smaller entries unpacked, at once and without a thread of their own: handing the work over takes
 * longer than the work, and a preview of many releases waits for each of them.
 */
const AT_ONCE_BELOW = 1024 * 1024;
/** Compression method of entries that are packed as they are. */
const STORED = 0;

/** The name by which messages call a package: a path's last part, or `(bytes)`. */
export function sourceName(source: string | Uint8Array): string {
  return typeof source === "string" ? basename(source) : "(bytes)";
}

/**
 * Unpacks the entries whose names `isWanted` accepts. Every entry's name is checked, wanted or not. An entry is refused
 * when its header claims too much, and unpacking stops at the first byte beyond the claim. Throws PackageError.
 */
export async function readArchive(
  source: string | Uint8Array,
  limits: PackageLimits,
  isWanted: (name: string) => boolean,
): Promise<Map<string, Buffer>> {
  const name = sourceName(source);
  const archive = await openArchive(source, name);
  try {
    return await unpack(archive, { name, limits }, isWanted);
  } catch (error) {
    if (error instanceof PackageError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new PackageError(
      "damaged",
      `package ${name}: the archive is damaged: ${reason}. Export or download it again.`,
      undefined,
      { cause: error },
    );
  } finally {
    archive.directory.close();
  }
}

interface OpenArchive {
  readonly directory: yauzl.ZipFile;
  /** All of the archive, unless it is a large file. */
  readonly bytes: Buffer | undefined;
}

async function openArchive(source: string | Uint8Array, name: string): Promise<OpenArchive> {
  // Names are decoded here, with our own rules, so that each refusal has its code.
  const options = { decodeStrings: false, validateEntrySizes: false, autoClose: false };
  const { bytes, isWhole } =
    typeof source === "string" ? await readStart(source, name) : { bytes: source, isWhole: true };
  if (bytes.length === 0) {
    throw new PackageError("empty", `package ${name}: is empty (0 bytes). Export or download it again.`);
  }
  try {
    if (typeof source === "string" && !isWhole)
      return { directory: await yauzl.openPromise(source, options), bytes: undefined };
    const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return { directory: await yauzl.fromBufferPromise(whole, options), bytes: whole };
  } catch (error) {
    const startsAsZip = bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
    if (startsAsZip) {
      throw new PackageError(
        "truncated",
        `package ${name}: the ZIP archive ends too early: its directory is missing. Export or download it again.`,
        undefined,
        { cause: error },
      );
    }
    throw new PackageError(
      "not-a-zip",
      `package ${name}: is not a ZIP archive. Give the file that the flow's export made.`,
      undefined,
      { cause: error },
    );
  }
}

/** The file's first bytes, or all of a small one. */
async function readStart(path: string, name: string): Promise<{ bytes: Uint8Array; isWhole: boolean }> {
  try {
    const information = statSync(path);
    if (information.isDirectory()) {
      throw new PackageError(
        "not-a-zip",
        `package ${name}: ${path} is a folder. Give the ZIP archive itself.`,
      );
    }
    const isWhole = information.size < AT_ONCE_BELOW;
    return { bytes: isWhole ? readFileSync(path) : await readHead(path), isWhole };
  } catch (error) {
    if (error instanceof PackageError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new PackageError(
        "not-found",
        `package ${name}: there is no file at ${path}. Check the path.`,
        undefined,
        {
          cause: error,
        },
      );
    }
    throw new PackageError(
      "unreadable",
      `package ${name}: ${path} cannot be read (${code ?? String(error)}). Check the file's permissions.`,
      undefined,
      { cause: error },
    );
  }
}

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const head = new Uint8Array(4);
    const { bytesRead } = await file.read(head, 0, 4, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function unpack(
  archive: OpenArchive,
  { name, limits }: Pick<EntryPlace, "name" | "limits">,
  isWanted: (entry: string) => boolean,
): Promise<Map<string, Buffer>> {
  const { directory } = archive;
  if (directory.entryCount > limits.entries) {
    throw new PackageError(
      "too-large",
      `package ${name}: holds ${directory.entryCount} entries, more than the limit of ${limits.entries}.`,
    );
  }
  const seen = new Set<string>();
  const unpacked = new Map<string, Buffer>();
  let total = 0;
  for await (const entry of directory.eachEntry()) {
    const entryName = safeName(entry, name);
    if (seen.has(entryName)) {
      throw new PackageError(
        "unsafe-entry",
        `package ${name}: entry ${JSON.stringify(entryName)} occurs twice.`,
      );
    }
    seen.add(entryName);
    if (entryName.endsWith("/") || !isWanted(entryName)) continue;
    const content = await unpackEntry(archive, entry, { name, entryName, limits, unpackedBefore: total });
    total += content.length;
    unpacked.set(entryName, content);
  }
  return unpacked;
}

interface EntryPlace {
  readonly name: string;
  readonly entryName: string;
  readonly limits: PackageLimits;
  readonly unpackedBefore: number;
}

async function unpackEntry(archive: OpenArchive, entry: yauzl.Entry, place: EntryPlace): Promise<Buffer> {
  const { name, entryName } = place;
  if (!entry.canDecodeFileData()) {
    const why = entry.isEncrypted() ? "is encrypted" : `uses compression method ${entry.compressionMethod}`;
    throw new PackageError(
      "unsupported-format",
      `package ${name}: entry ${JSON.stringify(entryName)} ${why}. Only plain and deflated entries can be read.`,
    );
  }
  // A first judgement by the header, before any memory is taken; the real bytes are counted below.
  refuseBomb(entry.uncompressedSize, archive.directory, entry, place);
  const isSmall = Math.max(entry.uncompressedSize, entry.compressedSize) < AT_ONCE_BELOW;
  const content =
    archive.bytes !== undefined && isSmall
      ? await inflateAtOnce(archive.directory, archive.bytes, entry)
      : await inflateInParts(archive.directory, entry);
  // Node before 20.15 has no crc32; inflate then remains the only check of the content.
  const isIntact =
    content?.length === entry.uncompressedSize &&
    (typeof crc32 !== "function" || crc32(content) === entry.crc32);
  if (!isIntact) throw damagedEntry(name, entryName);
  return content;
}

/** Undefined when there is more than the header claims. */
async function inflateAtOnce(
  directory: yauzl.ZipFile,
  bytes: Buffer,
  entry: yauzl.Entry,
): Promise<Buffer | undefined> {
  const { fileDataStart } = await directory.readLocalFileHeaderPromise(entry, { minimal: true });
  const packed = bytes.subarray(fileDataStart, fileDataStart + entry.compressedSize);
  if (entry.compressionMethod === STORED) return packed;
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(entry.uncompressedSize, 1) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") return undefined;
    throw error;
  }
}

/** Undefined when there is more than the header claims. */
async function inflateInParts(directory: yauzl.ZipFile, entry: yauzl.Entry): Promise<Buffer | undefined> {
  const content = Buffer.allocUnsafe(entry.uncompressedSize);
  const stream: Readable = await directory.openReadStreamPromise(entry);
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (size + chunk.length > content.length) return undefined;
      size += chunk.copy(content, size);
    }
  } finally {
    stream.destroy();
  }
  return content.subarray(0, size);
}

function damagedEntry(name: string, entryName: string): PackageError {
  return new PackageError(
    "damaged",
    `package ${name}: the content of entry ${JSON.stringify(entryName)} does not match its checksum or size. ` +
      `Export or download it again.`,
  );
}

function refuseBomb(size: number, archive: yauzl.ZipFile, entry: yauzl.Entry, place: EntryPlace): void {
  const { name, entryName, limits } = place;
  const total = place.unpackedBefore + size;
  if (total > limits.unpackedBytes) {
    throw new PackageError(
      "too-large",
      `package ${name}: unpacks to more than the limit of ${limits.unpackedBytes} bytes ` +
        `(reached in ${JSON.stringify(entryName)}).`,
    );
  }
  // Overlapping entries share packed bytes, so the whole is judged against the archive's real size.
  const isBomb =
    (size > RATIO_JUDGED_ABOVE && size > limits.ratio * entry.compressedSize) ||
    (total > RATIO_JUDGED_ABOVE && total > limits.ratio * archive.fileSize);
  if (isBomb) {
    throw new PackageError(
      "too-large",
      `package ${name}: entry ${JSON.stringify(entryName)} unpacks to more than ${limits.ratio} times its packed ` +
        `size, as a decompression bomb does.`,
    );
  }
}

function safeName(entry: yauzl.Entry, name: string): string {
  const entryName = yauzl.getFileNameLowLevel(
    entry.generalPurposeBitFlag,
    entry.fileNameRaw,
    entry.extraFields,
    true,
  );
  const fault = nameFault(entryName);
  if (fault !== null) {
    throw new PackageError("unsafe-entry", `package ${name}: entry ${JSON.stringify(entryName)} ${fault}.`);
  }
  return entryName;
}

function nameFault(entryName: string): string | null {
  if (entryName === "") return "has no name";
  if (entryName.includes("\0")) return "has a NUL character in its name";
  if (entryName.includes("\\")) return "has a backslash in its name";
  if (entryName.startsWith("/")) return "is an absolute path";
  if (/^[A-Za-z]:/.test(entryName)) return "names a drive";
  if (entryName.split("/").includes("..")) return "leads out of the archive";
  return null;
}

/** A file to be packed. */
export interface ArchiveEntry {
  readonly name: string;
  readonly content: string;
}

/** Packs entries in the given order. The same entries give the same bytes at any time and in any time zone. */
export async function writeArchive(entries: readonly ArchiveEntry[]): Promise<Uint8Array> {
  const archive = new ZipFile();
  const failure = new Promise<never>((_, reject) => {
    archive.on("error", reject);
  });
  // The DOS time stamp is written in local time: a local noon is the same digits in every time zone.
  const options = { mtime: new Date(1981, 0, 1, 12), mode: 0o100644, forceDosTimestamp: true };
  for (const entry of entries) archive.addBuffer(Buffer.from(entry.content, "utf8"), entry.name, options);
  archive.end();
  return Promise.race([collect(archive.outputStream), failure]);
}

async function collect(stream: NodeJS.ReadableStream): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks);
}
