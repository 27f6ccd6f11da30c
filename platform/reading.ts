import type { FastifyInstance } from "fastify";
import type { SelectQueryBuilder } from "kysely";
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
  readonly collection: Collection<Row>;
  /** Whole rows that the caller may see. */
  readonly select: (caller: Caller) => SelectQueryBuilder<Tables, Table, Row>;
  /** The row of an id that the caller may see; throws when there is none. */
  readonly find: (caller: Caller, id: number) => Promise<Row>;
}

/** Registers `GET path`, `GET path/count` and `GET path/:id`. */
export function registerReading<Table extends keyof Tables, Row extends { id: number }>(
  app: FastifyInstance,
  { path, noun, collection, select, find }: Readable<Table, Row>,
): void {
  app.get<{ Querystring: ListQuery }>(
    path,
    { schema: { querystring: listQuerySchema }, config: { summary: `List ${noun}s` } },
    (request) => answerList(collection, parseListOptions(collection, request.query), select(request.caller)),
  );
  app.get<{ Querystring: ListQuery }>(
    `${path}/count`,
    { schema: { querystring: listQuerySchema }, config: { summary: `Count ${noun}s` } },
    (request) => answerCount(parseListOptions(collection, request.query), select(request.caller)),
  );
  app.get<ById & { Querystring: ListQuery }>(
    `${path}/:id`,
    { schema: { params: idParamsSchema, querystring: readQuerySchema }, config: { summary: `One ${noun}` } },
    async (request) => answerOne(collection, request.query, await find(request.caller, readId(request))),
  );
}

/** The 404 of an object in a flow that is not there or not the caller's. */
export function toNotFound(noun: string, id: number): DataNotFoundException {
  return new DataNotFoundException(`There is no ${noun} ${id} in this environment that you may use`);
}
