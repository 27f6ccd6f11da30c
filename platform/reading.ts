import type { FastifyInstance } from "fastify";
import { sql, type SelectQueryBuilder } from "kysely";
import { DataNotFoundException } from "./errors.js";
import {
  answerCount,
  answerList,
  answerOne,
  listQuerySchema,
  parseListOptions,
  readQuerySchema,
  type Collection,
  type ListQuery,
} from "./listing.js";
import type { Caller } from "./platform.js";
import { idParamsSchema, readId, type ById } from "./request.js";
import type { Tables } from "./store/schema.js";

/** What the three reading routes of a resource need. */
export interface Readable<Table extends keyof Tables, Row extends { id: number }> {
  /** For example `/v4/outputObjects`. */
  readonly path: string;
  /** One of them in words, for messages and the OpenAPI document: `output object`. */
  readonly noun: string;
  /** When it is not the noun with an s. */
  readonly plural?: string;
  readonly collection: Collection<Row>;
  /** Whole rows that the caller may see. */
  readonly select: (caller: Caller, query: ReadQuery) => SelectQueryBuilder<Tables, Table, Row>;
  /** The row of an id that the caller may see; throws when there is none. */
  readonly find: (caller: Caller, id: number, query: ReadQuery) => Promise<Row>;
  /** Query parameters of list and count that pick rows by an id. */
  readonly filters?: Readonly<Record<string, { readonly column: string; readonly description: string }>>;
  /** True: marked in the OpenAPI document as not part of the product's API. */
  readonly isExtension?: boolean;
}

/** What a query says of the rows that a caller wants to see. */
export interface ReadQuery {
  readonly includeDeleted: boolean;
}

/** Registers `GET path`, `GET path/count` and `GET path/:id`. */
export function registerReading<Table extends keyof Tables, Row extends { id: number }>(
  app: FastifyInstance,
  {
    path,
    noun,
    plural = `${noun}s`,
    collection,
    select,
    find,
    filters = {},
    isExtension = false,
  }: Readable<Table, Row>,
): void {
  const querystring = toQuerySchema(filters);
  const embeds = Object.keys(collection.embeds);
  const pick = (caller: Caller, query: ListQuery) =>
    Object.entries(filters).reduce(
      (rows, [parameter, { column }]) =>
        query[parameter] === undefined
          ? rows
          : rows.where(sql<boolean>`${sql.ref(column)} = ${Number(query[parameter])}`),
      select(caller, toReadQuery(query)),
    );
  app.get<{ Querystring: ListQuery }>(
    path,
    { schema: { querystring }, config: { summary: `List ${plural}`, isExtension, embeds } },
    (request) =>
      answerList(
        collection,
        parseListOptions(collection, request.query),
        pick(request.caller, request.query),
      ),
  );
  app.get<{ Querystring: ListQuery }>(
    `${path}/count`,
    { schema: { querystring }, config: { summary: `Count ${plural}`, isExtension } },
    (request) =>
      answerCount(parseListOptions(collection, request.query), pick(request.caller, request.query)),
  );
  app.get<ById & { Querystring: ListQuery }>(
    `${path}/:id`,
    {
      schema: { params: idParamsSchema, querystring: readQuerySchema },
      config: { summary: `One ${noun}`, isExtension, embeds },
    },
    async (request) =>
      answerOne(
        collection,
        request.query,
        await find(request.caller, readId(request), toReadQuery(request.query)),
      ),
  );
}

function toReadQuery(query: ListQuery): ReadQuery {
  return { includeDeleted: query["includeDeleted"] === "true" };
}

function toQuerySchema(filters: NonNullable<Readable<keyof Tables, { id: number }>["filters"]>) {
  const properties = Object.entries(filters).map(([parameter, { description }]) => [
    parameter,
    { ...idParamsSchema.properties.id, description },
  ]);
  return {
    type: "object",
    properties: { ...listQuerySchema.properties, ...(Object.fromEntries(properties) as object) },
  };
}

/** The 404 of an object in a flow that is not there or not the caller's. */
export function toNotFound(noun: string, id: number): DataNotFoundException {
  return new DataNotFoundException(`There is no ${noun} ${id} in this environment that you may use`);
}
