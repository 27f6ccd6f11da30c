import type { FlowPackage, JsonObject, Output } from "../../flow/model.js";
import type { Database } from "../store/database.js";
import type { Row } from "../store/schema.js";
import type { Sealer } from "../store/sealing.js";
import { upstreamDatasets } from "./duckdb/upstream-datasets.js";

/** A connection that a job may use, with its password: it goes to the thread that runs the job and is written nowhere. */
export interface OpenedConnection {
  readonly id: number;
  readonly name: string;
  readonly vendor: string;
  readonly host: string | null;
  readonly port: number | null;
  readonly isEncrypted: boolean;
  readonly params: JsonObject;
  /** Null where the connection has none. */
  readonly username: string | null;
  readonly password: string | null;
}

/** A connection that a job names and may not use; `refusal` says why. */
export interface RefusedConnection {
  readonly id: number;
  readonly refusal: string;
}

/**
 * The connections that one output's tables and everything upstream of it need, opened for the person who asked for the run.
 * The package's text is only taken apart when it names a connection at all.
 */
export async function openConnections(
  database: Database,
  sealer: Sealer,
  group: Pick<Row<"jobGroups">, "environmentId" | "creatorId" | "flowNodeId" | "output"> & {
    readonly content: string;
  },
): Promise<(OpenedConnection | RefusedConnection)[]> {
  if (!/"connectionId":\d/.test(group.content + group.output)) return [];
  const pkg = JSON.parse(group.content) as FlowPackage;
  const output = JSON.parse(group.output) as Output;
  const users = [...upstreamDatasets(pkg, group.flowNodeId), ...output.tables];
  const ids = [...new Set(users.map(({ connectionId }) => connectionId))].filter((id) => id !== null);
  const opened: (OpenedConnection | RefusedConnection)[] = [];
  for (const id of ids) opened.push(await openConnection(database, sealer, group, id));
  return opened;
}

async function openConnection(
  database: Database,
  sealer: Sealer,
  { environmentId, creatorId }: Pick<Row<"jobGroups">, "environmentId" | "creatorId">,
  id: number,
): Promise<OpenedConnection | RefusedConnection> {
  const row = await database
    .selectFrom("connections")
    .selectAll()
    .where("environmentId", "=", environmentId)
    .where("id", "=", id)
    .executeTakeFirst();
  if (row === undefined) return { id, refusal: `the connection ${id} is gone; create it again, and map it` };
  const isOwn = row.creatorId === creatorId || (await isAdmin(database, creatorId));
  const isGiven = row.isGlobal === 1 || (await isSharedWith(database, id, creatorId));
  if (!isOwn && !isGiven) {
    return { id, refusal: `the connection "${row.name}" is not shared with the person who runs the job` };
  }
  if (!isOwn && row.credentialsShared === 0) {
    const refusal = `the connection "${row.name}" is shared without its credentials; share them, or let its owner run the job`;
    return { id, refusal };
  }
  return toOpened(row, sealer);
}

async function isAdmin(database: Database, personId: number): Promise<boolean> {
  const person = await database
    .selectFrom("people")
    .select("isAdmin")
    .where("id", "=", personId)
    .executeTakeFirst();
  return person?.isAdmin === 1;
}

async function isSharedWith(database: Database, connectionId: number, personId: number): Promise<boolean> {
  const found = await database
    .selectFrom("connectionPermissions")
    .select("role")
    .where("connectionId", "=", connectionId)
    .where("personId", "=", personId)
    .executeTakeFirst();
  return found !== undefined;
}

function toOpened(row: Row<"connections">, sealer: Sealer): OpenedConnection | RefusedConnection {
  let first: JsonObject | undefined;
  try {
    first =
      row.credentials === null ? undefined : (JSON.parse(sealer.unseal(row.credentials)) as JsonObject[])[0];
  } catch {
    const refusal = `the credentials of the connection "${row.name}" cannot be opened with this platform's key; set them again`;
    return { id: row.id, refusal };
  }
  return {
    id: row.id,
    name: row.name,
    vendor: row.vendor,
    host: row.host,
    port: row.port,
    isEncrypted: row.ssl === 1,
    params: JSON.parse(row.params) as JsonObject,
    username: textOf(first, "username") ?? textOf(first, "user"),
    password: textOf(first, "password"),
  };
}

function textOf(credential: JsonObject | undefined, member: string): string | null {
  const value = credential?.[member];
  return typeof value === "string" ? value : null;
}
