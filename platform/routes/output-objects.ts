import type { FastifyInstance } from "fastify";
import type { Selectable } from "kysely";
import type { JsonObject } from "../../flow/model.js";
import { ConflictException } from "../errors.js";
import { findFlowNode, findOutput, selectAccessibleOutputs } from "../flows/access.js";
import { toFlowNodeObject, toOutputObject } from "../flows/answers.js";
import { checkConnectionId } from "../flows/connection-check.js";
import { selectNodes } from "../flows/graph.js";
import {
  publicationSchema,
  sqlScriptSchema,
  toNewPublication,
  toNewSqlScript,
  toNewWriteSetting,
  writeSettingSchema,
  type PublicationBody,
  type SqlScriptBody,
  type WriteSettingBody,
} from "../flows/output-bodies.js";
import {
  loadPublications,
  loadSqlScripts,
  loadWriteSettings,
  touchFlowOfNode,
} from "../flows/output-parts.js";
import type { Collection } from "../listing.js";
import { stampNew, stampUpdate, toUpdated } from "../ownership.js";
import { embedPeople } from "../person-embeds.js";
import type { Caller, Platform } from "../platform.js";
import { registerReading } from "../reading.js";
import { idParamsSchema, idSchema, readId, toId, type ById, type IdValue } from "../request.js";
import type { Database } from "../store/database.js";
import type { OutputObjectRow } from "../store/flow-schema.js";

type Output = Selectable<OutputObjectRow>;

interface OutputChange {
  execution?: string;
  profiler?: boolean;
  isAdhoc?: boolean;
  ignoreRecipeErrors?: boolean;
}

interface NewOutput extends OutputChange {
  execution: string;
  profiler: boolean;
  flowNodeId: IdValue;
  writeSettings?: WriteSettingBody[];
  publications?: PublicationBody[];
  sqlScripts?: SqlScriptBody[];
}

const changeProperties = {
  execution: {
    type: "string",
    enum: ["photon", "spark", "emrSpark", "databricksSpark", "dataflow", "amp", "xml-amp"],
    description: "Engine that runs the recipe",
  },
  profiler: { type: "boolean", description: "Whether a run profiles its result" },
  isAdhoc: { type: "boolean", description: "true (when not given): manual runs; false: scheduled runs" },
  ignoreRecipeErrors: { type: "boolean" },
} as const;

const newOutputSchema = {
  type: "object",
  properties: {
    ...changeProperties,
    flowNodeId: { ...idSchema, description: "Recipe whose result is written" },
    writeSettings: { type: "array", maxItems: 100, items: writeSettingSchema },
    publications: { type: "array", maxItems: 100, items: publicationSchema },
    sqlScripts: { type: "array", maxItems: 100, items: sqlScriptSchema },
  },
  required: ["execution", "profiler", "flowNodeId"],
  additionalProperties: false,
} as const;

const changedOutputSchema = {
  type: "object",
  properties: changeProperties,
  minProperties: 1,
  additionalProperties: false,
} as const;

/** `/v4/outputObjects`: what recipes write, one for manual and one for scheduled runs. */
export function registerOutputObjects(app: FastifyInstance, platform: Platform): void {
  const { database } = platform;

  registerReading(app, {
    path: "/v4/outputObjects",
    noun: "output object",
    collection: createOutputCollection(database),
    select: (caller) => selectAccessibleOutputs(database, caller),
    find: (caller, id) => findOutput(database, caller, id),
  });

  app.post<{ Body: NewOutput }>(
    "/v4/outputObjects",
    { schema: { body: newOutputSchema }, config: { summary: "Add an output to a recipe", status: 201 } },
    (request) => createOutput(platform, request.caller, request.body),
  );

  app.patch<ById & { Body: OutputChange }>(
    "/v4/outputObjects/:id",
    {
      schema: { params: idParamsSchema, body: changedOutputSchema },
      config: { summary: "Change an output; members not given stay" },
    },
    (request) =>
      database
        .transaction()
        .execute((transaction) => changeOutput(transaction, request.caller, readId(request), request.body)),
  );

  app.delete<ById>(
    "/v4/outputObjects/:id",
    {
      schema: { params: idParamsSchema },
      config: { summary: "Delete an output with its destinations", status: 204 },
    },
    async (request, reply) => {
      await database.transaction().execute(async (transaction) => {
        const output = await findOutput(transaction, request.caller, readId(request));
        await transaction.deleteFrom("outputObjects").where("id", "=", output.id).execute();
        await touchFlowOfNode(transaction, request.caller, output.flowNodeId);
      });
      return reply.send();
    },
  );
}

function createOutputCollection(database: Database): Collection<Output> {
  return {
    name: "outputObjects",
    columns: Object.fromEntries(
      ["id", "execution", "flowNodeId", "createdAt", "updatedAt"].map((field) => [
        field,
        `outputObjects.${field}`,
      ]),
    ),
    defaultFilterField: "execution",
    toObject: toOutputObject,
    embeds: {
      ...embedPeople<Output>(database),
      flowNode: { kind: "one", load: (outputs) => loadNodes(database, outputs) },
      writeSettings: { kind: "many", load: (outputs) => loadWriteSettings(database, outputs) },
      publications: { kind: "many", load: (outputs) => loadPublications(database, outputs) },
      sqlScripts: { kind: "many", load: (outputs) => loadSqlScripts(database, outputs) },
    },
  };
}

async function createOutput(platform: Platform, caller: Caller, body: NewOutput): Promise<JsonObject> {
  const { writeSettings = [], publications = [], sqlScripts = [] } = body;
  const connections = new Map<object, number | null>();
  for (const part of [...writeSettings, ...publications, ...sqlScripts]) {
    connections.set(part, await checkConnectionId(platform, caller, part.connectionId));
  }
  return platform.database.transaction().execute(async (database) => {
    const node = await findFlowNode(database, caller, toId(body.flowNodeId));
    const isAdhoc = body.isAdhoc ?? true;
    await refuseSecond(database, node.id, isAdhoc);
    const output = await database
      .insertInto("outputObjects")
      .values({
        ...stampNew(caller),
        flowNodeId: node.id,
        execution: body.execution,
        profiler: body.profiler ? 1 : 0,
        isAdhoc: isAdhoc ? 1 : 0,
        options: toOptions(null, body.ignoreRecipeErrors),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const owned = (part: object) => ({
      ...stampNew(caller),
      outputObjectId: output.id,
      connectionId: connections.get(part) ?? null,
    });
    for (const part of writeSettings) {
      await database
        .insertInto("writeSettings")
        .values({ ...toNewWriteSetting(part), ...owned(part) })
        .execute();
    }
    for (const part of publications) {
      await database
        .insertInto("publications")
        .values({ ...toNewPublication(part), ...owned(part) })
        .execute();
    }
    for (const part of sqlScripts) {
      await database
        .insertInto("sqlScripts")
        .values({ ...toNewSqlScript(part), ...owned(part) })
        .execute();
    }
    await touchFlowOfNode(database, caller, node.id);
    return toOutputObject(output);
  });
}

async function changeOutput(database: Database, caller: Caller, id: number, body: OutputChange) {
  const output = await findOutput(database, caller, id);
  const { execution, profiler, isAdhoc, ignoreRecipeErrors } = body;
  if (isAdhoc !== undefined && isAdhoc !== (output.isAdhoc === 1)) {
    await refuseSecond(database, output.flowNodeId, isAdhoc);
  }
  const stamp = stampUpdate(caller);
  await database
    .updateTable("outputObjects")
    .set({
      ...stamp,
      execution,
      profiler: profiler === undefined ? undefined : profiler ? 1 : 0,
      isAdhoc: isAdhoc === undefined ? undefined : isAdhoc ? 1 : 0,
      options: toOptions(output.options, ignoreRecipeErrors),
    })
    .where("id", "=", id)
    .execute();
  await touchFlowOfNode(database, caller, output.flowNodeId);
  return toUpdated(id, stamp);
}

/** A recipe has one output per kind of run. */
async function refuseSecond(database: Database, flowNodeId: number, isAdhoc: boolean): Promise<void> {
  const other = await database
    .selectFrom("outputObjects")
    .select("id")
    .where("flowNodeId", "=", flowNodeId)
    .where("isAdhoc", "=", isAdhoc ? 1 : 0)
    .executeTakeFirst();
  if (!other) return;
  throw new ConflictException(
    `Recipe ${flowNodeId} already has an output for ${isAdhoc ? "manual" : "scheduled"} runs, output object ` +
      `${other.id}; change or delete that one`,
  );
}

function toOptions(stored: string | null, ignoreRecipeErrors: boolean | undefined): string | null {
  if (ignoreRecipeErrors === undefined) return stored;
  const options = stored === null ? {} : (JSON.parse(stored) as JsonObject);
  return JSON.stringify({ ...options, ignoreRecipeErrors });
}

async function loadNodes(database: Database, outputs: readonly Output[]) {
  const nodes = await selectNodes(database)
    .where("flowNodes.id", "in", [...new Set(outputs.map((output) => output.flowNodeId))])
    .execute();
  const byId = new Map(nodes.map((node) => [node.id, toFlowNodeObject(node)]));
  return new Map(outputs.map((output) => [output.id, byId.get(output.flowNodeId) ?? null]));
}
