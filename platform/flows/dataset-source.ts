import { parseUri } from "../../flow/location.js";
import type { FileLocation } from "../../flow/model.js";
import { ValidationFailed } from "../errors.js";

/** What a request says of where a dataset's rows come from. */
export interface SourceBody {
  uri?: string;
  /** Older clients name the parts of a file's location instead of the URI. */
  path?: string;
  bucket?: string | null;
  type?: string;
  size?: number | null;
  jdbcType?: string;
  jdbcPath?: string[];
  jdbcTable?: string;
  raw?: string;
}

const BUCKET_TYPES: Readonly<Record<string, string>> = { s3: "s3", s3a: "s3", s3n: "s3", gs: "gs" };
const CONTAINER_SCHEMES = new Set(["wasb", "wasbs", "abfs", "abfss"]);

/**
 * The store's columns of a dataset's source: a file by `uri` or `path`, else a table or a query. Throws
 * `ValidationFailed` when the body names none or a location of no known form.
 */
export function toSourceColumns(body: SourceBody) {
  if (body.uri !== undefined) return toFileColumns(parseLocation(body.uri), body.size ?? null);
  if (body.path !== undefined) return toFileColumns(composeLocation(body.path, body), body.size ?? null);
  if (body.jdbcTable !== undefined || body.raw !== undefined) return toTableColumns(body);
  throw new ValidationFailed(
    "Give the dataset's source: uri for a file, jdbcTable or raw (SQL) for a relational one",
  );
}

/** Whether a body speaks of the source at all. */
export function hasSource(body: SourceBody): boolean {
  return [body.uri, body.path, body.jdbcTable, body.raw].some((member) => member !== undefined);
}

/** The name of a dataset when the request gives none: the file's or the table's. */
export function toDefaultName(body: SourceBody): string {
  const name = (body.uri ?? body.path)?.split("/").findLast((part) => part !== "") ?? body.jdbcTable;
  return name ?? "Untitled dataset";
}

function parseLocation(uri: string): { type: string; location: FileLocation } {
  const parts = parseUri(uri);
  if (!parts || parts.path === "" || parts.path === "/") {
    throw new ValidationFailed(`uri: "${uri}" is no location of a file; write it as protocol://place/path`);
  }
  const scheme = parts.scheme.toLowerCase();
  const address = parts.port === null ? parts.host : `${parts.host}:${parts.port}`;
  const bucketType = BUCKET_TYPES[scheme];
  const isContainer = CONTAINER_SCHEMES.has(scheme);
  return {
    type: bucketType ?? scheme,
    location: {
      path: parts.path,
      bucket: bucketType === undefined ? null : address,
      container: isContainer ? parts.userinfo : null,
      host: bucketType === undefined && address !== "" ? address : null,
      userinfo: isContainer ? null : parts.userinfo,
      uri,
    },
  };
}

function composeLocation(path: string, { type = "hdfs", bucket = null }: SourceBody) {
  const rooted = path.startsWith("/") ? path : `/${path}`;
  const uri = `${type}://${bucket ?? ""}${rooted}`;
  return { type, location: { path: rooted, bucket, container: null, host: null, userinfo: null, uri } };
}

function toFileColumns({ type, location }: { type: string; location: FileLocation }, size: number | null) {
  return {
    kind: "file" as const,
    type,
    location: JSON.stringify(location),
    size,
    tablePath: null,
    tableName: null,
    query: null,
    columns: null,
    ...NOT_PARAMETERISED,
  };
}

function toTableColumns({ jdbcPath = [], jdbcTable, raw, type = "jdbc" }: SourceBody) {
  return {
    kind: "table" as const,
    type,
    location: null,
    size: null,
    tablePath: JSON.stringify(jdbcPath),
    tableName: raw === undefined ? (jdbcTable ?? null) : null,
    query: raw ?? null,
    columns: "[]",
    ...NOT_PARAMETERISED,
  };
}

const NOT_PARAMETERISED = {
  parameters: "[]",
  isParameterised: 0,
  pathTemplate: null,
  conversion: null,
  filter: null,
} as const;
