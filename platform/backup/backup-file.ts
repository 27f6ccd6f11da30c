import { STORED_NAMES } from "../store/stored-names.js";

/** Name of the entry that lists the others. */
export const MANIFEST = "backup.json";

/** The form of backups that this program writes; it reads this one and older ones. */
export const BACKUP_VERSION = 1;

const KIND = "sluice-platform backup";

/** What a backup says about itself. */
export interface BackupManifest {
  readonly kind: typeof KIND;
  readonly version: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Version of the database's schema. */
  readonly schemaVersion: number;
  readonly files: readonly BackupEntry[];
}

/** One file of a backup. */
export interface BackupEntry {
  /** As in the data folder, with slashes. */
  readonly name: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** A backup cannot be made or restored. The message names the file or folder and says what to do. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}

/** The manifest of a backup that is being made. */
export function makeManifest(schemaVersion: number, files: readonly BackupEntry[]): BackupManifest {
  return { kind: KIND, version: BACKUP_VERSION, createdAt: new Date().toISOString(), schemaVersion, files };
}

/** Reads a manifest. Throws `BackupError` for another file, and for a backup of a newer form. */
export function parseManifest(text: string, file: string): BackupManifest {
  const manifest = parseJson(text);
  if (!isManifest(manifest)) throw notABackup(file);
  if (manifest.version > BACKUP_VERSION) {
    throw new BackupError(
      `restoring ${file}: it has form ${manifest.version}, this program knows forms up to ${BACKUP_VERSION}; ` +
        `restore it with the newer sluice-platform that made it`,
    );
  }
  return manifest;
}

/** The error for a file that is something else. */
export function notABackup(file: string, cause?: unknown): BackupError {
  return new BackupError(
    `restoring ${file}: it is no backup, or not a whole one; give a file that sluice platform backup wrote`,
    { cause },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isManifest(value: unknown): value is BackupManifest {
  const { kind, version, schemaVersion, files } = (value ?? {}) as Partial<BackupManifest>;
  return (
    kind === KIND &&
    Number.isInteger(version) &&
    Number.isInteger(schemaVersion) &&
    Array.isArray(files) &&
    files.every(isEntry)
  );
}

const ENTRY_NAME = new RegExp(
  `^(${STORED_NAMES.database}|${STORED_NAMES.key}|${STORED_NAMES.blobs}/[0-9a-f]{64}|${STORED_NAMES.logs}/[0-9]+\\.log)$`,
);

/** Names become paths, so nothing but the known ones is taken. */
function isEntry(value: unknown): value is BackupEntry {
  const { name, bytes, sha256 } = (value ?? {}) as Partial<BackupEntry>;
  return (
    typeof name === "string" &&
    ENTRY_NAME.test(name) &&
    Number.isSafeInteger(bytes) &&
    typeof sha256 === "string"
  );
}
