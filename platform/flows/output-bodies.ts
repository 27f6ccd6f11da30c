import type { Insertable } from "kysely";
import type { JsonObject, PathParameter } from "../../flow/model.js";
import { dropUndefined, toFlag } from "../columns.js";
import { idSchema, type IdValue } from "../request.js";
import type { PublicationRow, SqlScriptRow, WriteSettingRow } from "../store/flow-schema.js";

/** A parameter in a destination's path or table name, as requests write it. */
export interface RunParameterBody {
  type?: string;
  overrideKey: string;
  value: JsonObject;
  insertionIndices?: { index: number; order?: number }[];
}

/** Members of a file destination in a request. */
export interface WriteSettingBody {
  path: string;
  action: string;
  format: string;
  compression?: string;
  header?: boolean;
  asSingleFile?: boolean;
  delim?: string;
  hasQuotes?: boolean;
  prefix?: string | null;
  suffix?: string | null;
  includeMismatches?: boolean;
  connectionId?: IdValue | null;
  runParameters?: RunParameterBody[];
}

/** Members of a table destination in a request. */
export interface PublicationBody {
  path: string[];
  tableName: string;
  targetType: string;
  action: string;
  connectionId?: IdValue | null;
  parameters?: JsonObject | null;
  runParameters?: RunParameterBody[];
}

/** Members of an SQL script in a request. */
export interface SqlScriptBody {
  sqlScript: string;
  type: string;
  vendor: string;
  connectionId?: IdValue | null;
}

const connectionId = { anyOf: [...idSchema.anyOf, { type: "null" }] } as const;

const runParameters = {
  type: "array",
  maxItems: 100,
  items: {
    type: "object",
    properties: {
      type: { type: "string", maxLength: 50, description: "path when not given" },
      overrideKey: { type: "string", minLength: 1, maxLength: 255 },
      value: { type: "object" },
      insertionIndices: {
        type: "array",
        maxItems: 100,
        items: {
          type: "object",
          properties: { index: { type: "integer", minimum: 0 }, order: { type: "integer", minimum: 0 } },
          required: ["index"],
          additionalProperties: false,
        },
      },
    },
    required: ["overrideKey", "value"],
    additionalProperties: false,
  },
} as const;

const writeSettingProperties = {
  path: { type: "string", minLength: 1, maxLength: 4000, description: "Full URI of the file or folder" },
  action: { type: "string", enum: ["create", "append", "overwrite"] },
  format: { type: "string", enum: ["csv", "json", "avro", "pqt", "hyper"] },
  compression: {
    type: "string",
    enum: ["none", "gzip", "bzip2", "snappy"],
    description: "none when not given",
  },
  header: { type: "boolean", description: "true when not given" },
  asSingleFile: { type: "boolean", description: "true when not given" },
  delim: { type: "string", maxLength: 10, description: "Comma when not given" },
  hasQuotes: { type: "boolean", description: "true when not given" },
  prefix: { type: "string", maxLength: 255, nullable: true },
  suffix: { type: "string", maxLength: 255, nullable: true },
  includeMismatches: { type: "boolean", description: "false when not given" },
  connectionId,
  runParameters,
} as const;

/** Schema of a file destination, but for the output that it belongs to. */
export const writeSettingSchema = {
  type: "object",
  properties: writeSettingProperties,
  required: ["path", "action", "format"],
  additionalProperties: false,
} as const;

const publicationProperties = {
  path: {
    type: "array",
    maxItems: 20,
    items: { type: "string", maxLength: 255 },
    description: "Database and schema",
  },
  tableName: { type: "string", minLength: 1, maxLength: 255 },
  targetType: { type: "string", minLength: 1, maxLength: 100 },
  action: {
    type: "string",
    enum: ["create", "load", "createAndLoad", "truncateAndLoad", "dropAndLoad", "upsert"],
  },
  connectionId,
  parameters: { type: "object", nullable: true },
  runParameters,
} as const;

/** Schema of a table destination, but for the output that it belongs to. */
export const publicationSchema = {
  type: "object",
  properties: publicationProperties,
  required: ["path", "tableName", "targetType", "action"],
  additionalProperties: false,
} as const;

const sqlScriptProperties = {
  sqlScript: { type: "string", minLength: 1, maxLength: 100_000 },
  type: { type: "string", enum: ["pre", "post"], description: "Before or after the output is written" },
  vendor: { type: "string", minLength: 1, maxLength: 100 },
  connectionId,
} as const;

/** Schema of an SQL script, but for the output that it belongs to. */
export const sqlScriptSchema = {
  type: "object",
  properties: sqlScriptProperties,
  required: ["sqlScript", "type", "vendor"],
  additionalProperties: false,
} as const;

type Owned =
  "id" | "environmentId" | "createdAt" | "updatedAt" | "creatorId" | "updaterId" | "outputObjectId";
type Columns<Row extends { connectionId: number | null }> = Omit<Insertable<Row>, Owned | "connectionId">;

// The API's documentation names no defaults: these are the values that most exported packages hold.
const WRITE_SETTING_DEFAULTS = {
  compression: "none",
  header: 1,
  asSingleFile: 1,
  delim: ",",
  hasQuotes: 1,
  prefix: null,
  suffix: null,
  includeMismatches: 0,
  parameters: "[]",
} as const;

/** The store's columns of a new file destination, but for owner and connection. */
export function toNewWriteSetting(body: WriteSettingBody): Columns<WriteSettingRow> {
  const { path, action, format } = body;
  return { ...WRITE_SETTING_DEFAULTS, ...toGivenWriteSetting(body), path, action, format };
}

/** The columns of the members that a body gives, and of no other. */
export function toGivenWriteSetting(body: Partial<WriteSettingBody>): Partial<Columns<WriteSettingRow>> {
  return dropUndefined({
    path: body.path,
    action: body.action,
    format: body.format,
    compression: body.compression,
    header: toFlag(body.header),
    asSingleFile: toFlag(body.asSingleFile),
    delim: body.delim,
    hasQuotes: toFlag(body.hasQuotes),
    prefix: body.prefix,
    suffix: body.suffix,
    includeMismatches: toFlag(body.includeMismatches),
    parameters: body.runParameters && toPathParameters(body.runParameters),
  });
}

/** The store's columns of a new table destination, but for owner and connection. */
export function toNewPublication(body: PublicationBody): Columns<PublicationRow> {
  const { tableName, targetType, action } = body;
  const path = JSON.stringify(body.path);
  return {
    options: null,
    parameters: "[]",
    ...toGivenPublication(body),
    path,
    tableName,
    targetType,
    action,
  };
}

/** The columns of the members that a body gives, and of no other. */
export function toGivenPublication(body: Partial<PublicationBody>): Partial<Columns<PublicationRow>> {
  return dropUndefined({
    path: body.path && JSON.stringify(body.path),
    tableName: body.tableName,
    targetType: body.targetType,
    action: body.action,
    options: body.parameters && JSON.stringify(body.parameters),
    parameters: body.runParameters && toPathParameters(body.runParameters),
  });
}

/** The store's columns of an SQL script, but for owner and connection. */
export function toNewSqlScript({ sqlScript, type, vendor }: SqlScriptBody): Columns<SqlScriptRow> {
  return { sqlScript, type, vendor };
}

/** The columns of the members that a body gives, and of no other. */
export function toGivenSqlScript(body: Partial<SqlScriptBody>): Partial<Columns<SqlScriptRow>> {
  return dropUndefined({ sqlScript: body.sqlScript, type: body.type, vendor: body.vendor });
}

function toPathParameters(parameters: readonly RunParameterBody[]): string {
  const rows = parameters.map(
    ({ type = "path", overrideKey, value, insertionIndices = [] }, position): PathParameter => ({
      // Parameters are found by their place here; ids only keep them apart in a package.
      id: position + 1,
      type,
      name: overrideKey,
      value,
      insertions: insertionIndices
        .map(({ index, order = 0 }) => ({ index, order }))
        .sort((left, right) => left.index - right.index || left.order - right.order),
    }),
  );
  return JSON.stringify(rows);
}
