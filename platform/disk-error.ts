import { InsufficientStorageException, StorageNotWritableException, type ApiException } from "./errors.js";

/** Node.js' and SQLite's codes; SQLite's come with what follows them, as in SQLITE_IOERR_WRITE. */
const FULL = /^(ENOSPC|EDQUOT|SQLITE_FULL)/;
const NOT_WRITABLE = /^(EROFS|EACCES|EPERM|EIO|SQLITE_READONLY|SQLITE_IOERR|SQLITE_CANTOPEN)/;

/** The answer to an error that the disk under the data directory caused; undefined for any other. */
export function toDiskException(error: unknown, requestId: string): ApiException | undefined {
  const code = codeOf(error);
  if (FULL.test(code)) return new InsufficientStorageException();
  return NOT_WRITABLE.test(code) ? new StorageNotWritableException(code, requestId) : undefined;
}

/** Whether something could not be written for want of space, or at all. */
export function isDiskError(error: unknown): boolean {
  const code = codeOf(error);
  return FULL.test(code) || NOT_WRITABLE.test(code);
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : "";
}
