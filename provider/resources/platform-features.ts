import { z } from "zod";
import type { Client } from "../client/client.js";
import { PlatformError, Unavailable } from "../client/errors.js";

const known = new WeakMap<Client, Promise<ReadonlySet<string>>>();

/** Whether the platform lists a path in its own API description; asked once per operation. */
export async function offers(client: Client, path: string): Promise<boolean> {
  let paths = known.get(client);
  if (paths === undefined) {
    paths = readPaths(client);
    known.set(client, paths);
    paths.catch(() => known.delete(client));
  }
  return (await paths).has(path);
}

async function readPaths(client: Client): Promise<ReadonlySet<string>> {
  try {
    const spec = await client.get(
      "/v4/open-api-spec",
      z.object({ paths: z.record(z.string(), z.unknown()) }),
    );
    return new Set(Object.keys(spec.paths));
  } catch (error) {
    // A platform without a description, or one that keeps it from this account, has no extensions for us.
    if (error instanceof PlatformError && !(error instanceof Unavailable)) return new Set();
    throw error;
  }
}
