import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, extname, join } from "node:path";
import type { FileOutput } from "../../flow/model.js";
import { JobFailure } from "./job-failure.js";
import type { StoredPlace } from "./storage.js";

/**
 * Gives a written file or folder its final name, all at once; answers its location. `create` takes the next free of
 * `name`, `name_2`, `name_3`; `append` makes the old content a part of the new file first; everything else replaces.
 */
export function putInPlace(action: string, target: StoredPlace, temporary: string): string {
  makeDurable(temporary);
  if (action === "create") return createNext(target, temporary);
  if (action === "append" && existsSync(target.path)) append(target, temporary);
  else replace(target, temporary);
  flush(dirname(target.path));
  return target.uri;
}

/** The exporter writes this suffix for "a new file with every run", which the action says already. */
const NUMBERED = "_increment";

/** The place of an output's file under the name that its prefix and suffix make. */
export function withAffixes({ uri, path, base }: StoredPlace, { prefix, suffix }: FileOutput): StoredPlace {
  const before = prefix ?? "";
  const after = suffix === null || suffix === NUMBERED ? "" : suffix;
  if (before === "" && after === "") return { uri, path, base };
  if (/[/\\\0]/.test(before + after)) {
    throw new JobFailure(`writing ${uri}: its prefix or suffix names another folder`);
  }
  return { base, uri: rename(uri, before, after), path: rename(path, before, after) };
}

/** The name with text before it, and between it and its extension. */
function rename(path: string, before: string, after: string): string {
  const at = path.lastIndexOf("/") + 1;
  const name = path.slice(at);
  const extension = extname(name);
  return `${path.slice(0, at)}${before}${name.slice(0, name.length - extension.length)}${after}${extension}`;
}

function createNext(target: StoredPlace, temporary: string): string {
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? "" : `_${number}`;
    if (takeName(rename(target.path, "", suffix), temporary)) {
      flush(dirname(target.path));
      return rename(target.uri, "", suffix);
    }
  }
}

/** Whether the name was free and is the file's now. A link fails on a name that is taken; a rename would replace. */
function takeName(path: string, temporary: string): boolean {
  if (existsSync(path)) return false;
  if (statSync(temporary).isDirectory()) {
    renameSync(temporary, path);
    return true;
  }
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  rmSync(temporary);
  return true;
}

function replace({ path }: StoredPlace, temporary: string): void {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder && !statSync(temporary).isDirectory()) {
    renameSync(temporary, path);
    return;
  }
  // A folder cannot replace another in one step: the old one is put aside for a moment.
  const old = oldName(temporary);
  rmSync(old, { recursive: true, force: true });
  if (existsSync(path)) renameSync(path, old);
  renameSync(temporary, path);
  rmSync(old, { recursive: true, force: true });
}

/** Where a folder lies while another takes its place. */
export function oldName(temporary: string): string {
  return `${temporary}.old`;
}

/** Where the old content and the new rows become one file. */
export function wholeName(temporary: string): string {
  return `${temporary}.whole`;
}

function append(target: StoredPlace, temporary: string): void {
  const isFolder = statSync(target.path).isDirectory();
  if (isFolder !== statSync(temporary).isDirectory()) {
    throw new JobFailure(
      `writing ${target.uri}: there is a ${isFolder ? "folder" : "single file"} of that name, to which this output cannot append`,
    );
  }
  if (isFolder) appendParts(target.path, temporary);
  else appendFile(target.path, temporary);
}

/** New parts get the numbers behind those that are there. */
function appendParts(folder: string, temporary: string): void {
  let number = readdirSync(folder).length;
  for (const name of readdirSync(temporary).sort()) {
    let path: string;
    do path = join(folder, `part-${number++}${extname(name)}`);
    while (existsSync(path));
    renameSync(join(temporary, name), path);
  }
  rmSync(temporary, { recursive: true });
  flush(folder);
}

/** A copy of the old file with the new rows behind it takes the old one's name. Parts of gzip files make one gzip file. */
function appendFile(path: string, temporary: string): void {
  const whole = wholeName(temporary);
  copyFileSync(path, whole);
  const to = openSync(whole, "a");
  try {
    copyBehind(temporary, to);
    fsyncSync(to);
  } finally {
    closeSync(to);
  }
  renameSync(whole, path);
  rmSync(temporary);
}

/** Puts bytes in front of a written file that has no final name yet. */
export function putInFront(start: Uint8Array, temporary: string): void {
  const whole = wholeName(temporary);
  writeFileSync(whole, start);
  const to = openSync(whole, "a");
  try {
    copyBehind(temporary, to);
  } finally {
    closeSync(to);
  }
  renameSync(whole, temporary);
}

function copyBehind(from: string, to: number): void {
  const source = openSync(from, "r");
  const buffer = Buffer.alloc(1024 * 1024);
  try {
    for (let length = 1; length > 0;) {
      length = readSync(source, buffer);
      for (let written = 0; written < length;) written += writeSync(to, buffer, written, length - written);
    }
  } finally {
    closeSync(source);
  }
}

function makeDurable(path: string): void {
  if (statSync(path).isDirectory()) for (const name of readdirSync(path)) flush(join(path, name));
  flush(path);
}

function flush(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
