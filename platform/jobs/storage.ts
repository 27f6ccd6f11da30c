import { realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { isS3, parseUri } from "../../flow/location.js";
import { JobFailure } from "./job-failure.js";

/** Where an environment's files lie. */
export interface StoragePlaces {
  /** Folder for every location that no mapping names: `<root>/<scheme>/<bucket>/<path>`. */
  readonly root: string;
  /** Absolute folders by the beginning of locations, for example `s3://acme-prod`. */
  readonly mappings: Readonly<Record<string, string>>;
}

/** A location as a place on this machine. */
export interface StoredPlace {
  readonly uri: string;
  /** Absolute. */
  readonly path: string;
  /** The folder that the path must not leave. */
  readonly base: string;
}

/**
 * The place of a location, whether something is there or not. Throws JobFailure when it leaves its folder: by `..`, or by
 * a symbolic link on the way.
 */
export function resolveLocation(places: StoragePlaces, uri: string): StoredPlace {
  const { base, rest } = findBase(places, normalise(uri));
  const parts = rest.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..") || rest.includes("\0")) {
    throw new JobFailure(`the location ${uri} leaves its storage: write it without ".."`);
  }
  const path = join(base, ...parts);
  checkInside(base, path, uri);
  return { uri, path, base };
}

/** The folders that a job may read and write: each mapped one and the root. */
export function storageFolders({ root, mappings }: StoragePlaces): string[] {
  return [root, ...Object.values(mappings)];
}

/** One spelling for each place: schemes in lower case, no port, S3's other schemes as s3. A bare path is a file. */
function normalise(uri: string): string {
  const parts = parseUri(uri);
  if (parts === null) return `file:///${uri.replace(/^\/+/, "")}`;
  const scheme = isS3(parts.scheme) ? "s3" : parts.scheme.toLowerCase();
  // A container stands before the @; a password must not become a folder's name.
  const container = parts.userinfo === null || parts.userinfo.includes(":") ? "" : `${parts.userinfo}@`;
  return `${scheme}://${container}${parts.host}${parts.path}`;
}

function findBase({ root, mappings }: StoragePlaces, uri: string): { base: string; rest: string } {
  const found = Object.entries(mappings)
    .map(([prefix, base]) => ({ prefix: trimSlash(normalise(prefix)), base }))
    .filter(({ prefix }) => uri === prefix || uri.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`))
    .sort((a, b) => b.prefix.length - a.prefix.length)[0];
  if (found !== undefined) return { base: found.base, rest: uri.slice(found.prefix.length) };
  const [scheme = "file", rest = ""] = splitOnce(uri, "://");
  return { base: root, rest: `${scheme}/${rest}` };
}

/** Without slashes at the end, but for those of the scheme: `s3://` stands for every bucket. */
function trimSlash(prefix: string): string {
  return prefix.endsWith("://") ? prefix : prefix.replace(/(?<=[^/:])\/+$/, "");
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function checkInside(base: string, path: string, uri: string): void {
  const realBase = realpathOfExisting(base);
  const way = relative(realBase, realpathOfExisting(path));
  if (way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way)) {
    throw new JobFailure(`the location ${uri} leaves its storage folder ${base} over a symbolic link`);
  }
}

/** The path with its links followed, as far as it exists. */
function realpathOfExisting(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const parent = dirname(path);
    if (code !== "ENOENT" || parent === path) throw error;
    return join(realpathOfExisting(parent), path.slice(parent.length));
  }
}
