import { readdirSync, statSync, type Stats } from "node:fs";
import { join } from "node:path";
import { RE2JS } from "re2js";
import { parseUri, showLocation } from "../../flow/location.js";
import type { FileDataset } from "../../flow/model.js";
import { JobFailure } from "./job-failure.js";
import { fillTemplate, joinPieces, type PathPiece, type RunValues } from "./path-parameters.js";
import { resolveLocation, type StoragePlaces } from "./storage.js";

/** A file of a dataset. */
export interface FoundFile {
  readonly uri: string;
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
}

/** The location of a dataset with its parameters' values, as it stands in logs; patterns stand in it as they are written. */
export function describeLocation(dataset: FileDataset, values: RunValues): string {
  const pieces = piecesOf(dataset, values);
  return pieces.map((piece) => ("text" in piece ? piece.text : `{${piece.shown}}`)).join("");
}

/**
 * The files of a dataset, in the order of their names: one, those that a pattern matches, or all of a folder but the
 * hidden ones. Throws JobFailure when there is none.
 */
export function findFiles(dataset: FileDataset, places: StoragePlaces, values: RunValues): FoundFile[] {
  const pieces = piecesOf(dataset, values);
  const uri = joinPieces(pieces);
  const found = uri === null ? findMatching(pieces, places) : findAt(uri, places);
  if (found.length > 0) return found;
  const location = describeLocation(dataset, values);
  const { path } = resolveLocation(places, uri ?? literalFolder(pieces));
  throw new JobFailure(
    `the dataset "${dataset.name}" has no file: there is nothing at ${location} (looked ${uri === null ? "in" : "for"} ${path})`,
  );
}

function piecesOf(dataset: FileDataset, values: RunValues): PathPiece[] {
  const { location, pathTemplate, parameters, type } = dataset;
  const uri = showLocation(type, location);
  if (pathTemplate === null || parameters.length === 0) return [{ text: uri }];
  const path = parseUri(uri)?.path ?? uri;
  const place = uri.slice(0, uri.length - path.length);
  const template = pathTemplate.startsWith("/") || path === "" ? pathTemplate : `/${pathTemplate}`;
  const shift = template.length - pathTemplate.length;
  const moved = parameters.map((parameter) => ({
    ...parameter,
    insertions: parameter.insertions.map(({ index, order }) => ({ index: index + shift, order })),
  }));
  try {
    return [{ text: place }, ...fillTemplate(template, moved, values)];
  } catch (error) {
    throw new JobFailure(`the path of the dataset "${dataset.name}": ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function findAt(uri: string, places: StoragePlaces): FoundFile[] {
  const { path } = resolveLocation(places, uri);
  const stats = statOf(path);
  if (stats === null) return [];
  if (!stats.isDirectory()) return [{ uri, path, bytes: stats.size }];
  const folder = uri.replace(/\/+$/, "");
  return readdirSync(path)
    .filter((name) => !/^[._]/.test(name))
    .sort()
    .flatMap((name) => findFileAt(`${folder}/${name}`, places));
}

function findFileAt(uri: string, places: StoragePlaces): FoundFile[] {
  const { path } = resolveLocation(places, uri);
  const stats = statOf(path);
  return stats?.isFile() === true ? [{ uri, path, bytes: stats.size }] : [];
}

/** The part of the location up to the folder in which the first pattern stands. */
function literalFolder(pieces: readonly PathPiece[]): string {
  const first = pieces.findIndex((piece) => "matches" in piece);
  const text = joinPieces(pieces.slice(0, first)) ?? "";
  return text.slice(0, text.lastIndexOf("/"));
}

function findMatching(pieces: readonly PathPiece[], places: StoragePlaces): FoundFile[] {
  const isWanted = createTest(pieces);
  const folder = literalFolder(pieces);
  return listBelow(resolveLocation(places, folder).path)
    .map((name) => `${folder}/${name}`)
    .filter(isWanted)
    .sort()
    .flatMap((uri) => findFileAt(uri, places));
}

/** What a piece cannot say by its expression alone is asked of the text that it matched. */
function createTest(pieces: readonly PathPiece[]): (uri: string) => boolean {
  const judges = new Map<string, (text: string) => boolean>();
  const expressions = pieces.map((piece, index) => {
    if ("text" in piece) return RE2JS.quote(piece.text);
    const name = `piece${index}`;
    if (piece.accepts !== undefined) judges.set(name, piece.accepts);
    return `(?P<${name}>${piece.matches})`;
  });
  const wanted = RE2JS.compile(expressions.join(""));
  return (uri) => {
    const matcher = wanted.matcher(uri);
    return matcher.matches() && [...judges].every(([name, accepts]) => accepts(matcher.group(name) ?? ""));
  };
}

/** Paths of all files below a folder, relative to it; hidden ones are left out. */
function listBelow(folder: string, prefix = ""): string[] {
  if (statOf(folder)?.isDirectory() !== true) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith("."))
    .flatMap((entry) => {
      const name = `${prefix}${entry.name}`;
      return entry.isDirectory() ? listBelow(join(folder, entry.name), `${name}/`) : [name];
    });
}

function statOf(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}
