import { PackageError, readPackage } from "../../flow/index.js";
import type { FlowPackage } from "../../flow/index.js";
import type { Client } from "../client/client.js";
import type { PlatformError } from "../client/errors.js";
import { InvalidRequest, NotFound, RouteNotFound, Unauthorized, UnexpectedAnswer } from "../client/errors.js";

/** A package as the platform gives it. Throws what the client throws, and UnexpectedAnswer for what is no whole package. */
export async function downloadPackage(client: Client, path: string): Promise<FlowPackage> {
  const bytes = await client.download(path);
  try {
    return await readPackage(bytes);
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    const url = client.endpoint + path;
    throw new UnexpectedAnswer(
      `GET ${url} answered 200 with ${bytes.byteLength} bytes that cannot be read as a package; run it again, and when it stays so, check what is between here and the platform (${error.message})`,
      { status: 200, method: "GET", url, cause: error },
    );
  }
}

/** Whether a download failed because the platform does not offer it, or keeps it from this account: exporting is for owners. */
export function isKeptBack(error: unknown): error is PlatformError {
  return (
    error instanceof RouteNotFound ||
    error instanceof NotFound ||
    error instanceof Unauthorized ||
    error instanceof InvalidRequest
  );
}
