import type { FastifyInstance } from "fastify";
import { ValidationFailed } from "../errors.js";
import { findFlow, touchFlow } from "../flows/access.js";
import { toFlowObject, toImportedDatasetObject } from "../flows/answers.js";
import { checkConnectionId } from "../flows/connection-check.js";
import { hasSource, toDefaultName, toSourceColumns, type SourceBody } from "../flows/dataset-source.js";
import { findDataset, selectAccessibleDatasets, type ImportedDataset } from "../flows/datasets.js";
import { createParsingRecipe, putDatasetInFlow } from "../flows/graph.js";
import { removeDatasets } from "../flows/remove.js";
import { groupBy } from "../group-by.js";
import {
  answerCount,
  answerList,
  answerOne,
  listQuerySchema,
  parseListOptions,
  readQuerySchema,
  type Collection,
  type ListQuery,
} from "../listing.js";
import { stampNew, stampUpdate, toUpdated } from "../ownership.js";
import { embedPeople } from "../person-embeds.js";
import type { Caller, Platform } from "../platform.js";
import {
  idParamsSchema,
  idSchema,
  readId,
  referenceSchema,
  toId,
  type ById,
  type IdValue,
} from "../request.js";
import type { Database } from "../store/database.js";

interface DatasetBody extends SourceBody {
  name?: string;
  description?: string | null;
  connectionId?: IdValue | null;
  disableTypeInference?: boolean;
}

const datasetProperties = {
  name: { type: "string", minLength: 1, maxLength: 255 },
  description: { type: "string", maxLength: 4000, nullable: true },
  uri: { type: "string", minLength: 1, maxLength: 4000, description: "File as protocol://place/path" },
  path: {
    type: "string",
    minLength: 1,
    maxLength: 4000,
    description: "Older form of uri, with bucket and type",
  },
  bucket: { type: "string", maxLength: 255, nullable: true },
  type: { type: "string", minLength: 1, maxLength: 100, description: "jdbc for a table or query" },
  size: { type: "integer", minimum: 0, nullable: true, description: "Bytes" },
  jdbcType: { type: "string", enum: ["TABLE", "VIEW"] },
  jdbcPath: { type: "array", maxItems: 20, items: { type: "string", maxLength: 255 } },
  jdbcTable: { type: "string", minLength: 1, maxLength: 255 },
  raw: { type: "string", minLength: 1, maxLength: 100_000, description: "SQL of a query dataset" },
  connectionId: { anyOf: [...idSchema.anyOf, { type: "null" }] },
  disableTypeInference: { type: "boolean" },
  detectStructure: {
    type: "boolean",
    description: "Accepted; a file's structure is not detected yet, so its parsing recipe only loads it",
  },
} as const;

const datasetSchema = { type: "object", properties: datasetProperties, additionalProperties: false } as const;

const datasetListQuerySchema = {
  type: "object",
  properties: {
    ...listQuerySchema.properties,
    ownershipFilter: {
      type: "string",
      enum: ["all", "shared", "owned"],
      description: "owned when not given",
    },
  },
} as const;

const copySchema = {
  type: "object",
  nullable: true,
  properties: { name: datasetProperties.name },
  additionalProperties: false,
} as const;

const addToFlowSchema = {
  type: "object",
  properties: { flow: referenceSchema },
  required: ["flow"],
  additionalProperties: false,
} as const;

/** `/v4/importedDatasets`: files, tables and queries that flows read. */
export function registerImportedDatasets(app: FastifyInstance, platform: Platform): void {
  const { database } = platform;
  const collection = createDatasetCollection(database);
  const listing = { schema: { querystring: datasetListQuerySchema } };

  app.get<{ Querystring: ListQuery }>(
    "/v4/importedDatasets",
    { ...listing, config: { summary: "List imported datasets" } },
    (request) =>
      answerList(
        collection,
        parseListOptions(collection, request.query),
        selectDatasets(database, request.caller, request.query),
      ),
  );

  app.get<{ Querystring: ListQuery }>(
    "/v4/importedDatasets/count",
    { ...listing, config: { summary: "Count imported datasets" } },
    (request) =>
      answerCount(
        parseListOptions(collection, request.query),
        selectDatasets(database, request.caller, request.query),
      ),
  );

  app.get<ById & { Querystring: ListQuery }>(
    "/v4/importedDatasets/:id",
    {
      schema: { params: idParamsSchema, querystring: readQuerySchema },
      config: { summary: "One imported dataset" },
    },
    async (request) =>
      answerOne(collection, request.query, await findDataset(database, request.caller, readId(request))),
  );

  app.post<{ Body: DatasetBody }>(
    "/v4/importedDatasets",
    { schema: { body: datasetSchema }, config: { summary: "Import a dataset", status: 201 } },
    async (request) => toImportedDatasetObject(await createDataset(platform, request.caller, request.body)),
  );

  for (const method of ["PATCH", "PUT"] as const) {
    const summary = method === "PUT" ? "Replace a dataset's source and names" : "Change a dataset";
    app.route<ById & { Body: DatasetBody }>({
      method,
      url: "/v4/importedDatasets/:id",
      schema: { params: idParamsSchema, body: datasetSchema },
      config: { summary },
      handler: (request) => {
        if (method === "PUT" && !hasSource(request.body)) toSourceColumns(request.body);
        return changeDataset(platform, request.caller, readId(request), request.body);
      },
    });
  }

  app.delete<ById>(
    "/v4/importedDatasets/:id",
    {
      schema: { params: idParamsSchema },
      config: { summary: "Delete a dataset; recipes that read it lose their input", status: 204 },
    },
    async (request, reply) => {
      const dataset = await findDataset(database, request.caller, readId(request));
      await database.transaction().execute((transaction) => removeDatasets(transaction, [dataset.id]));
      return reply.send();
    },
  );

  app.post<ById & { Body: { name?: string } | undefined }>(
    "/v4/importedDatasets/:id/copy",
    {
      schema: { params: idParamsSchema, body: copySchema },
      config: { summary: "Copy a dataset", status: 201 },
    },
    async (request) => {
      const original = await findDataset(database, request.caller, readId(request));
      const name = request.body?.name ?? `${original.name} (copy)`;
      const copy = await database
        .transaction()
        .execute((transaction) => copyDataset(transaction, request.caller, original, name));
      return toImportedDatasetObject(copy);
    },
  );

  app.post<ById & { Body: { flow: { id: IdValue } } }>(
    "/v4/importedDatasets/:id/addToFlow",
    {
      schema: { params: idParamsSchema, body: addToFlowSchema },
      config: { summary: "Put a dataset into a flow", status: 201 },
    },
    (request) =>
      database.transaction().execute(async (transaction) => {
        const dataset = await findDataset(transaction, request.caller, readId(request));
        const flow = await findFlow(transaction, request.caller, toId(request.body.flow.id));
        await putDatasetInFlow(transaction, request.caller, flow.id, dataset);
        await touchFlow(transaction, flow.id, stampUpdate(request.caller));
        return toImportedDatasetObject(await findDataset(transaction, request.caller, dataset.id));
      }),
  );
}

function createDatasetCollection(database: Database): Collection<ImportedDataset> {
  return {
    name: "importedDatasets",
    columns: Object.fromEntries(
      ["id", "name", "description", "type", "createdAt", "updatedAt"].map((field) => [
        field,
        `datasets.${field}`,
      ]),
    ),
    toObject: toImportedDatasetObject,
    embeds: {
      ...embedPeople<ImportedDataset>(database),
      connection: { kind: "one", load: (datasets) => loadConnections(database, datasets) },
      flows: { kind: "many", load: (datasets) => loadFlows(database, datasets) },
    },
  };
}

function selectDatasets(database: Database, caller: Caller, query: ListQuery) {
  const accessible = selectAccessibleDatasets(database, caller);
  const scope = query["ownershipFilter"] ?? "owned";
  if (scope === "all") return accessible;
  return accessible.where("datasets.creatorId", scope === "owned" ? "=" : "!=", caller.personId);
}

async function createDataset(
  platform: Platform,
  caller: Caller,
  body: DatasetBody,
): Promise<ImportedDataset> {
  const source = toSourceColumns(body);
  const connectionId = await checkConnectionId(platform, caller, body.connectionId);
  if (source.kind === "table" && connectionId === null) {
    throw new ValidationFailed(
      "connectionId: a relational dataset needs the connection that it is read through",
    );
  }
  return platform.database.transaction().execute(async (transaction) => {
    const { id, name, kind } = await transaction
      .insertInto("datasets")
      .values({
        ...stampNew(caller),
        ...source,
        name: body.name ?? toDefaultName(body),
        description: body.description ?? null,
        parsingRecipeId: null,
        connectionId,
        hasTypeInference: body.disableTypeInference ? 0 : 1,
        project: null,
      })
      .returning(["id", "name", "kind"])
      .executeTakeFirstOrThrow();
    await createParsingRecipe(transaction, caller, { id, name, kind });
    return findDataset(transaction, caller, id);
  });
}

async function changeDataset(platform: Platform, caller: Caller, id: number, body: DatasetBody) {
  const dataset = await findDataset(platform.database, caller, id);
  const source = hasSource(body) ? toSourceColumns(body) : null;
  if (source && source.kind !== dataset.kind) {
    throw new ValidationFailed(
      `Dataset ${id} is a ${dataset.kind} and cannot become a ${source.kind}; import another one`,
    );
  }
  const connectionId = await checkConnectionId(platform, caller, body.connectionId);
  const stamp = stampUpdate(caller);
  await platform.database.transaction().execute(async (transaction) => {
    await transaction
      .updateTable("datasets")
      .set({
        ...stamp,
        ...source,
        ...(body.name === undefined ? {} : { name: body.name }),
        ...(body.description === undefined ? {} : { description: body.description }),
        ...(body.connectionId === undefined ? {} : { connectionId }),
        ...(body.disableTypeInference === undefined
          ? {}
          : { hasTypeInference: body.disableTypeInference ? (0 as const) : (1 as const) }),
      })
      .where("id", "=", dataset.id)
      .execute();
    // A package knows a dataset's name only as that of its parsing recipe.
    if (body.name !== undefined && dataset.parsingRecipeId !== null) {
      await transaction
        .updateTable("recipes")
        .set({ ...stamp, name: body.name })
        .where("id", "=", dataset.parsingRecipeId)
        .execute();
    }
  });
  return toUpdated(id, stamp);
}

async function copyDataset(
  database: Database,
  caller: Caller,
  original: ImportedDataset,
  name: string,
): Promise<ImportedDataset> {
  const { id: _id, ...columns } = original;
  const { id } = await database
    .insertInto("datasets")
    .values({ ...columns, ...stampNew(caller), name, parsingRecipeId: null })
    .returning("id")
    .executeTakeFirstOrThrow();
  await createParsingRecipe(database, caller, { id, name, kind: original.kind }, original.parsingRecipeId);
  return findDataset(database, caller, id);
}

async function loadConnections(database: Database, datasets: readonly ImportedDataset[]) {
  const ids = datasets.map((dataset) => dataset.connectionId).filter((id) => id !== null);
  const connections =
    ids.length === 0
      ? []
      : await database
          .selectFrom("connections")
          .select(["id", "uuid", "name", "vendor", "type"])
          .where("id", "in", ids)
          .execute();
  const byId = new Map(connections.map((connection) => [connection.id, { ...connection }]));
  return new Map(datasets.map((dataset) => [dataset.id, byId.get(dataset.connectionId ?? 0) ?? null]));
}

async function loadFlows(database: Database, datasets: readonly ImportedDataset[]) {
  const rows = await database
    .selectFrom("flows")
    .innerJoin("flowDatasets", "flowDatasets.flowId", "flows.id")
    .selectAll("flows")
    .select("flowDatasets.datasetId")
    .where(
      "flowDatasets.datasetId",
      "in",
      datasets.map((dataset) => dataset.id),
    )
    .where("flows.deletedAt", "is", null)
    .orderBy("flows.id")
    .execute();
  const groups = groupBy(rows, (row) => row.datasetId);
  return new Map([...groups].map(([datasetId, flows]) => [datasetId, flows.map(toFlowObject)]));
}
