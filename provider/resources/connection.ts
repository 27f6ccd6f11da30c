import { z } from "zod";
import type { Conflict } from "../client/errors.js";
import { RouteNotFound, Unauthorized } from "../client/errors.js";
import type { Client } from "../client/client.js";
import type { Context } from "../framework/define-resource.js";
import { completing, defineResource } from "../framework/define-resource.js";
import { replaceWhen, serverDefault, stable, unordered, writeOnly } from "../framework/field-rules.js";
import { hasUnknown } from "../framework/unknown.js";
import { secretText } from "../framework/secret-text.js";
import { resolveReferences } from "../framework/secrets.js";
import { FINGERPRINTS } from "../framework/state.js";
import { adopt, alreadyExists, checkName } from "./ownership.js";
import { readEmbedding } from "./platform-features.js";

const inputs = z.strictObject({
  name: z.string().min(1).describe("Name, unique among the connections that the account sees."),
  vendor: z
    .string()
    .min(1)
    .describe("Kind of system, for example `postgres`, `sqlserver`, `snowflake`, `s3`."),
  type: z.enum(["jdbc", "rest", "remotefile"]).default("jdbc").describe("Protocol family of the vendor."),
  host: z.string().min(1).optional().describe("Host name or address, without protocol."),
  port: z.int().min(1).max(65_535).optional().describe("TCP port."),
  params: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe("Vendor-specific parameters, for example `database` or `connectStrOpts`."),
  credentialType: z
    .string()
    .min(1)
    .default("basic")
    .describe(
      "How the platform signs in: `basic`, `oauth2`, `keySecret`, `iamRoleArn`, `noAuth` and others.",
    ),
  credentials: writeOnly(
    z
      .record(z.string(), secretText)
      .optional()
      .describe(
        "What to sign in with, for example `{username, password}`. A value, or a reference `{fromEnv}` or `{fromFile}` that is read when needed. Changing it updates in place.",
      ),
    "the platform never returns credentials",
  ),
  description: z.string().default("").describe("Shown in the platform's connection list."),
  isGlobal: replaceWhen(
    z
      .boolean()
      .default(false)
      .describe("Available to everybody. Setting it back to false replaces the connection."),
    "a global connection cannot be made private again",
    (before, after) => before === true && after === false,
  ),
  sharing: serverDefault(
    unordered(
      z
        .array(
          z
            .strictObject({
              personId: z.int().describe("Id of the person."),
              role: z
                .enum(["readOnly"])
                .default("readOnly")
                .describe("What the person may do: use it. The owner is always who made it."),
            })
            .describe("A person that a connection is shared with."),
        )
        .optional()
        .describe("People that it is shared with. Left out: as it is."),
      "a set of people",
    ),
    "sharing is often done by hand",
  ),
  adopt,
});

const outputs = z.object({
  connectionId: stable(
    z.string().describe("Id at the platform; what import rules point to."),
    "the platform gives it once",
  ),
  uuid: stable(
    z.string().describe("Unique across instances; what packages refer to."),
    "the platform gives it once",
  ),
});

/** A connection as the platform tells of it. */
export const remote = z.object({
  id: z.int(),
  uuid: z.string(),
  name: z.string(),
  vendor: z.string().nullish(),
  type: z.string(),
  host: z.string().nullish(),
  port: z.union([z.int(), z.string()]).nullish(),
  params: z.record(z.string(), z.unknown()).nullish(),
  credentialType: z.string().nullish(),
  description: z.string().nullish(),
  isGlobal: z.boolean().nullish(),
});

const permission = z.object({
  role: z.string().optional(),
  person: z.object({ id: z.int() }).optional(),
  id: z.int().optional(),
  connectionpermission: z.object({ personId: z.int(), role: z.string() }).optional(),
});

const shared = z.object({ permissions: z.object({ data: z.array(permission) }) });
const permissions = z.union([z.array(permission), shared.shape.permissions]);

type Inputs = z.output<typeof inputs>;
type Remote = z.output<typeof remote>;

export const connection = defineResource({
  name: "Connection",
  description:
    "A database, warehouse or file store that flows of the environment read and write. Packages never carry hosts or credentials: they name a connection, and import rules map that name to one of these.",
  api: "/v4/connections",
  inputs,
  outputs,
  examples: {
    minimal: `new sluice.Connection("warehouse", { name: "warehouse", vendor: "postgres" });`,
    full: `new sluice.Connection("warehouse", {
  name: "warehouse",
  vendor: "postgres",
  host: "db.example.com",
  port: 5432,
  params: { database: "sales" },
  credentialType: "basic",
  credentials: { username: "loader", password: { fromEnv: "WAREHOUSE_PASSWORD" } },
  description: "Production warehouse",
});`,
  },

  async check(context, request) {
    const { name } = request.inputs;
    if (hasUnknown(name)) return {};
    const failures = await checkName(context, `connection "${name}"`, request, async () => {
      const twin = await findTwin(context.client, name);
      return twin && nameTaken(context, twin);
    });
    return { failures };
  },

  async create(context, wanted) {
    const { client } = context;
    const twin = await findTwin(client, wanted.name);
    if (twin && !wanted.adopt) throw nameTaken(context, twin);
    const made =
      twin ??
      (await client.create("/v4/connections", toRequest(wanted), remote, () =>
        findTwin(client, wanted.name),
      ));
    if (twin) await client.patch(`/v4/connections/${twin.id}`, toRequest(wanted), z.unknown());
    const created = { id: String(made.id), outputs: toOutputs(made) };
    await completing(`connection ${made.id} was made`, created, () =>
      share({ client }, made.id, wanted.sharing),
    );
    return created;
  },

  async read({ client }, id, state) {
    const found = await client.getById("/v4/connections", id, remote);
    const sharing = state.sharing === undefined ? {} : { sharing: await readSharingOfMany({ client }, id) };
    return { inputs: { ...toInputs(found, state), ...sharing }, outputs: toOutputs(found) };
  },

  existing: {
    async list({ client }) {
      const rows = await client.list("/v4/connections", z.object({ id: z.int(), name: z.string() }));
      return rows.map(({ id, name }) => ({ id: String(id), name }));
    },
    /** Credentials never come back: a program that states none leaves them as they are. */
    async read({ client }, id) {
      const found = await client.getById("/v4/connections", id, remote);
      const sharing = await readSharingIfTold({ client }, id);
      return { inputs: { ...toInputs(found, {}), ...sharing }, outputs: toOutputs(found) };
    },
  },

  async update({ client }, id, state, wanted) {
    const change = { ...toRequest(wanted), ...toClearing(wanted, state) };
    await client.patch(`/v4/connections/${id}`, change, z.unknown());
    await share({ client }, Number(id), wanted.sharing);
    return { connectionId: state.connectionId, uuid: state.uuid };
  },

  async delete({ client }, id) {
    await client.delete(`/v4/connections/${id}`);
  },
});

async function findTwin(client: Client, name: string): Promise<Remote | undefined> {
  const known = await client.list("/v4/connections", remote, { filter: name, filterType: "exact" });
  return known.find((row) => row.name === name);
}

function nameTaken(context: Context, twin: Remote): Conflict {
  return alreadyExists(context, {
    what: `a connection named "${twin.name}"`,
    id: String(twin.id),
    path: "/v4/connections",
  });
}

function toRequest(wanted: Inputs): Record<string, unknown> {
  return {
    name: wanted.name,
    vendor: wanted.vendor,
    // The API wants the vendor under both names.
    vendorName: wanted.vendor,
    type: wanted.type,
    host: wanted.host,
    port: wanted.port,
    params: wanted.params,
    credentialType: wanted.credentialType,
    ...(wanted.credentials && { credentials: [resolveReferences(wanted.credentials)] }),
    description: wanted.description,
    isGlobal: wanted.isGlobal,
  };
}

/** What the program no longer states: the platform keeps what a change leaves out. */
function toClearing(wanted: Inputs, state: Inputs): Record<string, unknown> {
  const { credentials } = ((state as Record<string, unknown>)[FINGERPRINTS] ?? {}) as Record<string, unknown>;
  return {
    ...(state.host !== undefined && wanted.host === undefined && { host: null }),
    ...(state.port !== undefined && wanted.port === undefined && { port: null }),
    ...(credentials !== undefined && wanted.credentials === undefined && { credentials: [] }),
  };
}

function toInputs(found: Remote, state: Partial<Inputs>): Partial<Inputs> {
  return {
    name: found.name,
    ...(found.vendor != null && { vendor: found.vendor }),
    type: found.type as Inputs["type"],
    ...(state.host !== undefined || found.host ? { host: found.host ?? "" } : {}),
    ...(state.port !== undefined || found.port ? { port: Number(found.port ?? 0) } : {}),
    ...(found.params != null && { params: withoutNulls(found.params) }),
    ...(found.credentialType != null && { credentialType: found.credentialType }),
    description: found.description ?? "",
    isGlobal: found.isGlobal ?? false,
  };
}

/** A parameter that is null at the platform is one that is not set; a program cannot state it. */
function withoutNulls(params: Record<string, unknown>): Inputs["params"] {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null)) as Inputs["params"];
}

function toOutputs(found: Remote): z.output<typeof outputs> {
  return { connectionId: String(found.id), uuid: found.uuid };
}

async function readSharing({ client }: Pick<Context, "client">, id: string): Promise<Inputs["sharing"]> {
  const answer = await client.get(`/v4/connections/${id}/permissions`, permissions);
  return toSharing(Array.isArray(answer) ? answer : answer.data);
}

/** The same for one of many connections: at a platform that embeds permissions it costs pages, and no request for each. */
async function readSharingOfMany(
  { client }: Pick<Context, "client">,
  id: string,
): Promise<Inputs["sharing"]> {
  const embedding = await readEmbedding(client, "/v4/connections", id, ["permissions"], shared);
  return embedding ? toSharing(embedding.permissions.data) : readSharing({ client }, id);
}

function toSharing(rows: readonly z.output<typeof permission>[]): Inputs["sharing"] {
  return rows.flatMap((row) => {
    const personId = row.person?.id ?? row.connectionpermission?.personId ?? row.id;
    const role = row.role ?? row.connectionpermission?.role;
    // The maker's own row is not sharing.
    return personId === undefined || role === "owner" ? [] : [{ personId, role: "readOnly" as const }];
  });
}

/** With whom a connection is shared that no program knows yet; nothing when nobody, or when only its owner is told. */
async function readSharingIfTold(
  { client }: Pick<Context, "client">,
  id: string,
): Promise<Pick<Inputs, "sharing">> {
  try {
    const sharing = (await readSharingOfMany({ client }, id)) ?? [];
    return sharing.length > 0 ? { sharing } : {};
  } catch (error) {
    if (error instanceof RouteNotFound || error instanceof Unauthorized) return {};
    throw error;
  }
}

/** Brings sharing to what is wanted; nothing is asked when the program leaves it out. */
async function share(
  { client }: Pick<Context, "client">,
  id: number,
  wanted: Inputs["sharing"],
): Promise<void> {
  if (wanted === undefined) return;
  const present = (await readSharing({ client }, String(id))) ?? [];
  const added = wanted.filter((person) => !present.some((known) => known.personId === person.personId));
  const removed = present.filter((known) => !wanted.some((person) => person.personId === known.personId));
  if (added.length > 0) {
    const body = {
      data: added.map(({ personId, role }) => ({
        person: { id: personId },
        role,
        policyTag: "connection_viewer",
      })),
    };
    await client.post(`/v4/connections/${id}/permissions`, body, z.unknown());
  }
  for (const { personId } of removed) {
    try {
      await client.delete(`/v4/connections/${id}/permissions/${personId}`);
    } catch (error) {
      if (error instanceof RouteNotFound)
        error.message += `; this platform cannot take sharing back: remove person ${personId} by hand`;
      throw error;
    }
  }
}
