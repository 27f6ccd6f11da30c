/** The parts of `scheme://userinfo@host:port/path`; `path` begins with a slash or is empty. */
export interface UriParts {
  readonly scheme: string;
  readonly userinfo: string | null;
  readonly host: string;
  readonly port: string | null;
  readonly path: string;
}

/** Takes a location's URI apart, or answers null for a plain path. Nothing is decoded: package paths are written as they are. */
export function parseUri(text: string): UriParts | null {
  const found = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/]*)(.*)$/s.exec(text);
  if (found === null) return null;
  const [, scheme = "", authority = "", path = ""] = found;
  const at = authority.lastIndexOf("@");
  const address = authority.slice(at + 1);
  const port = /:(\d+)$/.exec(address);
  return {
    scheme,
    userinfo: at < 0 ? null : authority.slice(0, at),
    host: port === null ? address : address.slice(0, port.index),
    port: port?.[1] ?? null,
    path,
  };
}

/** The inverse of parseUri. */
export function formatUri(parts: UriParts): string {
  const userinfo = parts.userinfo === null ? "" : `${parts.userinfo}@`;
  const port = parts.port === null ? "" : `:${parts.port}`;
  return `${parts.scheme}://${userinfo}${parts.host}${port}${parts.path}`;
}

/** True for the schemes whose host is an S3 bucket. */
export function isS3(scheme: string): boolean {
  return /^s3[an]?$/i.test(scheme);
}

/** A dataset's location in full: the exported URI, else one made of its parts. */
export function showLocation(
  type: string,
  location: {
    readonly path: string;
    readonly bucket: string | null;
    readonly host: string | null;
    readonly uri: string | null;
  },
): string {
  if (location.uri !== null && parseUri(location.uri) !== null) return location.uri;
  const path = location.path.startsWith("/") ? location.path : `/${location.path}`;
  return `${type || "file"}://${location.bucket ?? location.host ?? ""}${path}`;
}
