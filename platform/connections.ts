import type { Insertable, Selectable } from "kysely";
import type { JsonObject } from "../flow/model.js";
import { dropUndefined, toFlag } from "./columns.js";
import { loadPermissions } from "./connection-permissions.js";
import type { Collection } from "./listing.js";
import { toOwnership } from "./ownership.js";
import type { Database } from "./store/database.js";
import type { ConnectionRow } from "./store/schema.js";
import type { Sealer } from "./store/sealing.js";

/** A stored connection. */
export type Connection = Selectable<ConnectionRow>;

/** Body of a create request; PATCH takes any part of it but `uuid`. */
export interface ConnectionBody {
  uuid?: string;
  name: string;
  description?: string | null;
  vendor: string;
  vendorName: string;
  type: string;
  host?: string | null;
  port?: number | string | null;
  bucket?: string | null;
  ssl?: boolean | null;
  isGlobal?: boolean;
  credentialType: string;
  advancedCredentialType?: string | null;
  credentialsShared?: boolean;
  disableTypeInference?: boolean;
  params: JsonObject;
  connectParams?: JsonObject;
  endpoints?: JsonObject[] | null;
  credentials?: JsonObject[];
  advancedCredentials?: JsonObject[];
}

const CREDENTIAL_TYPES = [
  "accessToken",
  "apiKey",
  "apiKeyWithToken",
  "awsKeySecret",
  "basic",
  "basicApp",
  "basicWithAppToken",
  "conf",
  "convergedConnectorAuth",
  "httpHeaderBasedAuth",
  "httpQueryBasedAuth",
  "iamDbUser",
  "iamRoleArn",
  "keySecret",
  "noAuth",
  "oauth2",
  "password",
  "personalAccessToken",
  "personalAccessTokenNameSecret",
  "privateApp",
  "securityToken",
  "tokenAuth",
  "transactionKey",
  "userWithApiToken",
];

const text = (maxLength: number) => ({ type: "string", maxLength }) as const;
const credentialsSchema = { type: "array", maxItems: 20, items: { type: "object" } } as const;

const properties = {
  name: { type: "string", minLength: 1, maxLength: 255 },
  description: { ...text(4000), nullable: true },
  vendor: { type: "string", minLength: 1, maxLength: 100 },
  vendorName: { type: "string", minLength: 1, maxLength: 100 },
  type: { type: "string", enum: ["jdbc", "rest", "remotefile"] },
  host: { ...text(1000), nullable: true },
  port: {
    anyOf: [
      { type: "integer", minimum: 1, maximum: 65535 },
      { type: "string", pattern: "^[0-9]{1,5}$" },
      { type: "null" },
    ],
  },
  bucket: { ...text(1000), nullable: true },
  ssl: { type: "boolean", nullable: true },
  isGlobal: { type: "boolean", description: "true cannot be undone" },
  credentialType: { type: "string", enum: CREDENTIAL_TYPES },
  advancedCredentialType: { ...text(100), nullable: true },
  credentialsShared: { type: "boolean" },
  disableTypeInference: { type: "boolean" },
  params: { type: "object" },
  connectParams: { type: "object", description: "An older echo of the other members; taken and not used" },
  endpoints: { type: "array", nullable: true, items: { type: "object" } },
  credentials: {
    ...credentialsSchema,
    description: "Never answered again, but for the user name of basic ones",
  },
  advancedCredentials: credentialsSchema,
} as const;

/** Schema of POST /v4/connections. `uuid` is an extension, for a twin of another environment's connection. */
export const newConnectionSchema = {
  type: "object",
  properties: {
    ...properties,
    uuid: {
      type: "string",
      pattern: "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
      description: "Extension: the uuid to give the connection, so that packages find it without a rule",
    },
  },
  required: ["vendor", "vendorName", "type", "credentialType", "name", "params"],
  additionalProperties: false,
} as const;

/** Schema of PATCH /v4/connections/{id}. */
export const updateConnectionSchema = {
  type: "object",
  properties,
  minProperties: 1,
  additionalProperties: false,
} as const;

/** How connections are listed and answered. */
export function createConnections(database: Database): Collection<Connection> {
  return {
    name: "connections",
    columns: Object.fromEntries(
      ["id", "uuid", "name", "vendor", "type", "host", "createdAt", "updatedAt"].map((field) => [
        field,
        `connections.${field}`,
      ]),
    ),
    // An extension, for whoever reads the permissions of many.
    embeds: { permissions: { kind: "many", load: (rows) => loadPermissions(database, rows) } },
    toObject: toConnection,
  };
}

/** The API's object of a connection: no password, and of basic credentials the user name only. */
export function toConnection(row: Connection): JsonObject {
  const params = JSON.parse(row.params) as JsonObject;
  return {
    id: row.id,
    uuid: row.uuid,
    name: row.name,
    description: row.description,
    vendor: row.vendor,
    vendorName: row.vendorName,
    type: row.type,
    host: row.host,
    port: row.port,
    bucket: row.bucket,
    ssl: row.ssl === null ? null : row.ssl === 1,
    isGlobal: row.isGlobal === 1,
    credentialType: row.credentialType,
    advancedCredentialType: row.advancedCredentialType,
    credentialsShared: row.credentialsShared === 1,
    disableTypeInference: row.disableTypeInference === 1,
    params,
    connectParams: {
      ...params,
      vendor: row.vendor,
      vendorName: row.vendorName,
      host: row.host,
      port: row.port === null ? null : String(row.port),
    },
    endpoints: row.endpoints === null ? null : (JSON.parse(row.endpoints) as JsonObject[]),
    credentials: (JSON.parse(row.usernames) as string[]).map((username) => ({ username })),
    ...toOwnership(row),
    workspace: { id: row.environmentId },
  };
}

type Columns = Omit<
  Insertable<ConnectionRow>,
  "id" | "environmentId" | "uuid" | "createdAt" | "updatedAt" | "creatorId" | "updaterId"
>;

/** The columns of a create request, with defaults for what it may leave out. */
export function toNewColumns(sealer: Sealer, body: ConnectionBody): Columns {
  return {
    ...DEFAULT_COLUMNS,
    ...toGivenColumns(sealer, body),
    name: body.name,
    vendor: body.vendor,
    vendorName: body.vendorName,
    type: body.type,
    credentialType: body.credentialType,
    params: JSON.stringify(body.params),
  };
}

/** The columns of the members that a body gives, and of no other. */
export function toGivenColumns(sealer: Sealer, body: Partial<ConnectionBody>): Partial<Columns> {
  return dropUndefined({
    name: body.name,
    description: body.description,
    vendor: body.vendor,
    vendorName: body.vendorName,
    type: body.type,
    host: body.host,
    port: body.port === undefined || body.port === null ? body.port : Number(body.port),
    bucket: body.bucket,
    ssl: toFlag(body.ssl),
    isGlobal: toFlag(body.isGlobal),
    credentialType: body.credentialType,
    advancedCredentialType: body.advancedCredentialType,
    credentialsShared: toFlag(body.credentialsShared),
    disableTypeInference: toFlag(body.disableTypeInference),
    params: body.params && JSON.stringify(body.params),
    endpoints: body.endpoints && JSON.stringify(body.endpoints),
    credentials: body.credentials && sealList(sealer, body.credentials),
    usernames: body.credentials && JSON.stringify(toUsernames(body.credentials)),
    advancedCredentials: body.advancedCredentials && sealList(sealer, body.advancedCredentials),
  });
}

const DEFAULT_COLUMNS = {
  description: null,
  host: null,
  port: null,
  bucket: null,
  ssl: null,
  isGlobal: 0,
  advancedCredentialType: null,
  credentialsShared: 0,
  disableTypeInference: 0,
  endpoints: null,
  credentials: null,
  advancedCredentials: null,
  usernames: "[]",
} as const;

function sealList(sealer: Sealer, credentials: JsonObject[]): string | null {
  return credentials.length === 0 ? null : sealer.seal(JSON.stringify(credentials));
}

function toUsernames(credentials: readonly JsonObject[]): string[] {
  return credentials.map((credential) => credential["username"]).filter((name) => typeof name === "string");
}
