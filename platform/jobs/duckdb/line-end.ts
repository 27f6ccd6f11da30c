import type { LineEnd } from "../../../flow/compile/delimited-text.js";
import { firstBytes } from "../first-bytes.js";

/** Bytes in which the first line must end. */
const FIRST_LINE_BYTES = 1024 * 1024;
const [LF, CR, BACKSLASH] = [0x0a, 0x0d, 0x5c];

/** How texts are quoted; nothing is where `quote` is empty. */
export interface Quoting {
  readonly quote: string;
  readonly escape: string;
}

/** What ends the lines of all files, which are UTF-8; undefined when it differs or cannot be told. */
export function commonLineEnd(paths: readonly string[], quoting: Quoting): LineEnd | undefined {
  const [first, ...others] = new Set(paths.map((path) => lineEndOf(path, quoting)));
  return others.length === 0 ? first : undefined;
}

/** What ends a file's lines, by its first line break outside of quotes. A quote behind a letter or a digit begins no quoted cell. */
function lineEndOf(path: string, { quote, escape }: Quoting): LineEnd | undefined {
  const start = firstBytes(path, FIRST_LINE_BYTES);
  const bytes = start.indexOf("\uFEFF") === 0 ? start.subarray(Buffer.byteLength("\uFEFF")) : start;
  const mark = quote.charCodeAt(0);
  let isQuoted = false;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === mark) isQuoted = !isQuoted && !isWord(bytes[index - 1]);
    else if (isQuoted && byte === BACKSLASH && escape === "\\") index += 1;
    else if (!isQuoted && byte === LF) return bytes[index - 1] === CR ? "\r\n" : "\n";
  }
  return start.length < FIRST_LINE_BYTES && !isQuoted ? "\n" : undefined;
}

/** Whether a byte of UTF-8 is part of a word. */
function isWord(byte = LF): boolean {
  return byte >= 0x80 || /\w/.test(String.fromCharCode(byte));
}
