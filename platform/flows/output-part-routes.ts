import type { FastifyInstance } from "fastify";
import type { JsonObject } from "../../flow/model.js";
import { DataNotFoundException } from "../errors.js";
import type { Collection } from "../listing.js";
import { stampUpdate, toUpdated } from "../ownership.js";
import type { Caller, Platform } from "../platform.js";
import { registerReading, type Readable } from "../reading.js";
import { idParamsSchema, idSchema, readId, toId, type ById, type IdValue } from "../request.js";
import type { Database } from "../store/database.js";
import { findOutput } from "./access.js";
import { checkConnectionId } from "./connection-check.js";
import { touchFlowOfOutput } from "./output-parts.js";

/** Tables whose rows are parts of an output object. */
export type PartTable = "writeSettings" | "publications" | "sqlScripts";

interface PartRow {
  id: number;
  outputObjectId: number;
}

interface PartBody {
  connectionId?: IdValue | null;
}

/** What the parts of one kind are: everything but the routes, which are the same for all. */
export interface PartDefinition<Table extends PartTable, Row extends PartRow, Body extends PartBody> {
  readonly table: Table;
  /** One of them in words: `write setting`. */
  readonly noun: string;
  /** Schema of a new one but for its owner; PATCH takes any part of it. */
  readonly schema: { readonly properties: object; readonly required: readonly string[] };
  readonly collection: Collection<Row>;
  /** Rows of the parts in the caller's flows. */
  readonly select: Readable<Table, Row>["select"];
  readonly find: (caller: Caller, id: number) => Promise<Row | undefined>;
  readonly insert: (
    database: Database,
    caller: Caller,
    part: { outputObjectId: number; connectionId: number | null; body: Body },
  ) => Promise<Row>;
  /** `connectionId` is undefined when the request does not name it. */
  readonly update: (
    database: Database,
    id: number,
    change: {
      stamp: { updatedAt: string; updaterId: number };
      connectionId: number | null | undefined;
      body: Partial<Body>;
    },
  ) => Promise<unknown>;
  readonly remove: (database: Database, id: number) => Promise<unknown>;
}

/** Registers list, count, read, create, change and delete of one kind of parts under `/v4/<table>`. */
export function registerOutputParts<Table extends PartTable, Row extends PartRow, Body extends PartBody>(
  app: FastifyInstance,
  platform: Platform,
  definition: PartDefinition<Table, Row, Body>,
): void {
  const { database } = platform;
  const { table, noun, collection, select } = definition;
  const path = `/v4/${table}`;
  const find = async (caller: Caller, id: number): Promise<Row> => {
    const row = await definition.find(caller, id);
    if (row) return row;
    throw new DataNotFoundException(`There is no ${noun} ${id} in your flows`);
  };
  registerReading(app, { path, noun, collection, select, find });

  app.post(
    path,
    {
      schema: { body: toNewSchema(definition.schema) },
      config: { summary: `Add a ${noun} to an output`, status: 201 },
    },
    async (request): Promise<JsonObject> => {
      const { caller } = request;
      const body = request.body as Body & { outputObjectId: IdValue };
      const connectionId = await checkConnectionId(platform, caller, body.connectionId);
      return database.transaction().execute(async (transaction) => {
        const { id: outputObjectId } = await findOutput(transaction, caller, toId(body.outputObjectId));
        const row = await definition.insert(transaction, caller, { outputObjectId, connectionId, body });
        await touchFlowOfOutput(transaction, caller, outputObjectId);
        return collection.toObject(row);
      });
    },
  );

  app.patch<ById>(
    `${path}/:id`,
    {
      schema: { params: idParamsSchema, body: toChangeSchema(definition.schema) },
      config: { summary: `Change a ${noun}; members not given stay` },
    },
    async (request) => {
      const { caller } = request;
      const body = request.body as Partial<Body>;
      const { id, outputObjectId } = await find(caller, readId(request));
      const connectionId =
        body.connectionId === undefined
          ? undefined
          : await checkConnectionId(platform, caller, body.connectionId);
      const stamp = stampUpdate(caller);
      await database.transaction().execute(async (transaction) => {
        await definition.update(transaction, id, { stamp, connectionId, body });
        await touchFlowOfOutput(transaction, caller, outputObjectId);
      });
      return toUpdated(id, stamp);
    },
  );

  app.delete<ById>(
    `${path}/:id`,
    { schema: { params: idParamsSchema }, config: { summary: `Delete a ${noun}`, status: 204 } },
    async (request, reply) => {
      const { id, outputObjectId } = await find(request.caller, readId(request));
      await database.transaction().execute(async (transaction) => {
        await definition.remove(transaction, id);
        await touchFlowOfOutput(transaction, request.caller, outputObjectId);
      });
      return reply.send();
    },
  );
}

function toNewSchema({ properties, required }: PartDefinition<PartTable, PartRow, PartBody>["schema"]) {
  return {
    type: "object",
    properties: { ...properties, outputObjectId: idSchema },
    required: [...required, "outputObjectId"],
    additionalProperties: false,
  };
}

function toChangeSchema({ properties }: PartDefinition<PartTable, PartRow, PartBody>["schema"]) {
  return { type: "object", properties, minProperties: 1, additionalProperties: false };
}
