import type { FastifyRequest } from "fastify";
import type { FlowPackage } from "../flow/model.js";
import { PackageError } from "../flow/package-error.js";
import { readPackage } from "../flow/read.js";
import { InvalidPackage, PackageVersionNotSupported, UnsupportedMediaTypeException } from "./errors.js";
import type { PlatformSettings } from "./settings.js";

/** A package as it came in a multipart request. */
export interface Upload {
  readonly bytes: Buffer;
  readonly fileName: string;
  /** The other parts of the form, as text. */
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * Reads a multipart request: the first file part, whatever its name, is the package, as clients differ in the name.
 * Throws 415 for another content type, 413 above the size limit, `InvalidPackage` when there is no file.
 */
export async function readUpload(request: FastifyRequest): Promise<Upload> {
  if (!request.isMultipart()) {
    throw new UnsupportedMediaTypeException(
      `A package is sent as multipart/form-data with a file part "data", not as "${request.headers["content-type"] ?? "nothing"}"`,
    );
  }
  let file: { bytes: Buffer; fileName: string } | null = null;
  const fields = new Map<string, string>();
  for await (const part of request.parts()) {
    if (part.type === "field") fields.set(part.fieldname, String(part.value));
    else file = { bytes: await part.toBuffer(), fileName: part.filename };
  }
  if (file === null)
    throw new InvalidPackage('The request has no file part; send the package as part "data"');
  return { ...file, fields };
}

/** Reads and checks an uploaded package. Throws `InvalidPackage` or `PackageVersionNotSupported`. */
export async function readUploadedPackage(upload: Upload, settings: PlatformSettings): Promise<FlowPackage> {
  const pkg = await readBytes(upload);
  checkVersion(pkg, settings);
  return pkg;
}

async function readBytes(upload: Upload): Promise<FlowPackage> {
  try {
    return await readPackage(upload.bytes);
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    throw new InvalidPackage(
      `The uploaded file "${upload.fileName}" is no usable flow package: ${error.message}`,
      {
        code: error.code,
        problems: [...error.problems],
      },
    );
  }
}

function checkVersion(pkg: FlowPackage, settings: PlatformSettings): void {
  const { productVersion } = pkg.metadata;
  const version = parseVersion(productVersion);
  const own = parseVersion(settings.productVersion);
  if (version === null || own === null) return;
  if (compareVersions(version, own) > 0) {
    throw new PackageVersionNotSupported(
      `The package was exported by product version ${productVersion}, and this platform is ${settings.productVersion}; ` +
        `export it from a product that is not newer`,
      { packageVersion: productVersion, platformVersion: settings.productVersion },
    );
  }
  if (settings.refuseBefore68 && compareVersions(version, [6, 8, 0]) < 0) {
    throw new PackageVersionNotSupported(
      `The package was exported by product version ${productVersion}; packages from before 6.8 are not imported here`,
      { packageVersion: productVersion, platformVersion: settings.productVersion },
    );
  }
}

type Version = readonly [number, number, number];

/** Null when the text does not start with a version: such a package is judged by its content alone. */
function parseVersion(text: string): Version | null {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : null;
}

function compareVersions(left: Version, right: Version): number {
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}
