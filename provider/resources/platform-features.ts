import { z } from "zod";
import type { Client } from "../client/client.js";
import { PlatformError, Unavailable } from "../client/errors.js";

/** What a platform tells of itself; a platform without a description offers nothing beyond the v4 API. */
interface PlatformDescription {
  /** False: there is none, this account may not see it, or something else answered in its place. */
  isTold: boolean;
  /** Lists that were asked for because nothing is told. */
  asked: Map<string, Promise<boolean>>;
  paths: ReadonlySet<string>;
  /** What GET of a path can embed, as far as the description says. */
  embeds: ReadonlyMap<string, readonly string[]>;
  version: string | undefined;
}

const described = new WeakMap<Client, Promise<PlatformDescription>>();

/**
 * Whether the platform offers a list under this path: by its own API description, or where that is not to be had by asking
 * for the list. Asked once per operation.
 */
export async function offers(client: Client, path: string): Promise<boolean> {
  const description = await describePlatform(client);
  if (description.isTold) return description.paths.has(path);
  let isThere = description.asked.get(path);
  if (isThere === undefined) {
    isThere = answersList(client, path);
    description.asked.set(path, isThere);
    isThere.catch(() => description.asked.delete(path));
  }
  return isThere;
}

async function answersList(client: Client, path: string): Promise<boolean> {
  try {
    await client.get(path, z.object({ data: z.array(z.unknown()) }), { limit: 1 });
    return true;
  } catch (error) {
    if (isAnswer(error)) return false;
    throw error;
  }
}

/** An answer that would be the same the next time; not one to whose asker the platform is closed. */
function isAnswer(error: unknown): boolean {
  const isTold = error instanceof PlatformError && error.status !== 0 && error.status !== 401;
  return isTold && !(error instanceof Unavailable);
}

/** Whether the platform says that GET of this path embeds all of `names`. */
export async function offersEmbeds(client: Client, path: string, names: readonly string[]): Promise<boolean> {
  const offered = (await describePlatform(client)).embeds.get(path) ?? [];
  return names.every((name) => offered.includes(name));
}

/**
 * One of many objects with what it embeds, for less than a request each. Undefined while there are few, and where the
 * platform does not embed all of that: then what is embedded has to be asked for by itself.
 */
export async function readEmbedding<T>(
  client: Client,
  path: string,
  id: string,
  names: readonly string[],
  row: z.ZodType<T>,
): Promise<T | undefined> {
  if (client.readsAlone() || !(await offersEmbeds(client, path, names))) return undefined;
  return client.getById(path, id, row, { embed: names.join(",") });
}

/**
 * The platform's product version, when the one that the package was exported by is newer: such a package is
 * not imported. Undefined when it is not, or when the two cannot be compared.
 */
export async function findOlderProduct(client: Client, exportedBy: string): Promise<string | undefined> {
  const { version = "" } = await describePlatform(client);
  const [own, other] = [parseVersion(version), parseVersion(exportedBy)];
  return own && other && isOlder(own, other) ? version : undefined;
}

/**
 * Whether the platform is of 6.8 or later and the package of a product before that, which the product does not import
 * (its pages on importing flows). The embedded platform does, so it is a warning.
 */
export async function isBeforeObjectModel(client: Client, exportedBy: string): Promise<boolean> {
  const exporter = parseVersion(exportedBy);
  if (exporter === undefined || !isOlder(exporter, OBJECT_MODEL)) return false;
  const own = parseVersion((await describePlatform(client)).version ?? "");
  return own !== undefined && !isOlder(own, OBJECT_MODEL);
}

/** The product version that changed how packages hold flows. */
const OBJECT_MODEL = [6, 8] as const;

function isOlder(
  [major, minor]: readonly [number, number],
  [otherMajor, otherMinor]: readonly [number, number],
): boolean {
  return (major - otherMajor || minor - otherMinor) < 0;
}

function describePlatform(client: Client): Promise<PlatformDescription> {
  let description = described.get(client);
  if (description === undefined) {
    description = readDescription(client);
    described.set(client, description);
    description.catch(() => described.delete(client));
  }
  return description;
}

async function readDescription(client: Client): Promise<PlatformDescription> {
  const shape = z.object({
    paths: z.record(z.string(), z.unknown()),
    info: z.object({ version: z.string().optional() }).optional(),
  });
  try {
    const { paths, info } = await client.get("/v4/open-api-spec", shape);
    return {
      isTold: true,
      asked: new Map(),
      paths: new Set(Object.keys(paths)),
      embeds: toEmbeds(paths),
      version: info?.version,
    };
  } catch (error) {
    if (!isAnswer(error)) throw error;
    return { isTold: false, asked: new Map(), paths: new Set(), embeds: new Map(), version: undefined };
  }
}

const reading = z.object({ get: z.object({ "x-sluice-embeds": z.array(z.string()) }) });

function toEmbeds(paths: Record<string, unknown>): Map<string, readonly string[]> {
  return new Map(
    Object.entries(paths).flatMap(([path, methods]) => {
      const { data } = reading.safeParse(methods);
      return data ? [[path, data.get["x-sluice-embeds"]] as const] : [];
    }),
  );
}

/** Major and minor of a product version; undefined for the cloud's versions, which count years (`v2025.23.2`). */
function parseVersion(text: string): [number, number] | undefined {
  const [, major, minor] = /^(\d{1,3})\.(\d+)/.exec(text) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}
