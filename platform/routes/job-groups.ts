import { readFile } from "node:fs/promises";
import type { FastifyInstance } from "fastify";
import type { JsonObject, JsonValue, Output } from "../../flow/model.js";
import { ConflictException, NoManualOutput } from "../errors.js";
import { findFlow, findFlowNode } from "../flows/access.js";
import {
  createJobGroups,
  createJobs,
  findJobGroup,
  selectJobGroups,
  selectJobs,
  toJobGroup,
  toStarted,
} from "../jobs/answers.js";
import type { JobInput, JobOutput } from "../jobs/job.js";
import {
  jobGroupSchema,
  overrideOutput,
  readParameters,
  readReferenceDate,
  type RecipeRunBody,
} from "../jobs/run-body.js";
import { startRun } from "../jobs/start-run.js";
import { answerList, listQuerySchema, parseListOptions, type ListQuery } from "../listing.js";
import type { Platform } from "../platform.js";
import { registerReading } from "../reading.js";
import { idParamsSchema, readId, toId, type ById, type IdValue } from "../request.js";

type JobGroupBody = RecipeRunBody & { wrangledDataset: { id: IdValue } };

/** `/v4/jobGroups`: runs of one output each. */
export function registerJobGroups(app: FastifyInstance, platform: Platform): void {
  const { database } = platform;
  registerReading(app, {
    path: "/v4/jobGroups",
    noun: "job group",
    collection: createJobGroups(database),
    select: (caller) => selectJobGroups(database, caller),
    find: (caller, id) => findJobGroup(database, caller, id),
    filters: {
      flowNodeId: { column: "jobGroups.flowNodeId", description: "Only runs of this recipe" },
      flowId: { column: "jobGroups.flowId", description: "Only runs of this flow's recipes" },
    },
  });

  app.post<{ Body: JobGroupBody }>(
    "/v4/jobGroups",
    { schema: { body: jobGroupSchema }, config: { summary: "Run a recipe", status: 201 } },
    async (request) => {
      const { caller, body } = request;
      const node = await findFlowNode(database, caller, toId(body.wrangledDataset.id));
      const flow = await findFlow(database, caller, node.flowId);
      const { groups } = await startRun(platform, caller, {
        flow,
        chooseOutputs: (outputs) => [
          overrideOutput(chooseOutput(outputs, node.id, body), body, body.overrides),
        ],
        parameters: readParameters(body),
        referenceDate: readReferenceDate(body),
        ranfrom: body.ranfrom ?? "api",
      });
      return groups.map(toStarted)[0];
    },
  );

  app.post<ById>(
    "/v4/jobGroups/:id/cancel",
    { schema: { params: idParamsSchema }, config: { summary: "Cancel a job group" } },
    async (request) => {
      const { id, status } = await findJobGroup(database, request.caller, readId(request));
      if (status !== "Created" && status !== "InProgress") {
        throw new ConflictException(`Job group ${id} cannot be canceled: it has ended as ${status}`);
      }
      await platform.jobs.cancel(id);
      return toJobGroup(await findJobGroup(database, request.caller, id));
    },
  );

  registerParts(app, platform);
}

/** The manual output of a recipe. A run that says what to write needs none. */
function chooseOutput(outputs: readonly Output[], nodeId: number, { overrides }: RecipeRunBody): Output {
  const found = outputs.find((output) => output.nodeId === nodeId && output.isManual);
  if (found !== undefined) return found;
  if (overrides?.writesettings === undefined) {
    throw new NoManualOutput(
      `Recipe ${nodeId} has no output for manual runs; add one, or say in overrides.writesettings what to write`,
    );
  }
  const { execution = "photon" } = overrides;
  return {
    id: 0,
    nodeId,
    isManual: true,
    engine: execution,
    hasProfile: false,
    files: [],
    tables: [],
    sqlScripts: [],
  };
}

/** What is below one job group. */
function registerParts(app: FastifyInstance, platform: Platform): void {
  const { database } = platform;
  const jobs = createJobs(database);

  app.get<ById>(
    "/v4/jobGroups/:id/status",
    {
      schema: { params: idParamsSchema },
      config: { summary: "Status of a job group, as a bare JSON string" },
    },
    async (request, reply) => {
      const { status } = await findJobGroup(database, request.caller, readId(request));
      return reply.type("application/json; charset=utf-8").send(JSON.stringify(status));
    },
  );

  app.get<ById & { Querystring: ListQuery }>(
    "/v4/jobGroups/:id/jobs",
    {
      schema: { params: idParamsSchema, querystring: listQuerySchema },
      config: { summary: "List the jobs of a job group", embeds: Object.keys(jobs.embeds) },
    },
    async (request) => {
      const { id } = await findJobGroup(database, request.caller, readId(request));
      const select = selectJobs(database, request.caller).where("jobs.jobGroupId", "=", id);
      return answerList(jobs, parseListOptions(jobs, { sort: "id", ...request.query }), select);
    },
  );

  app.get<ById>(
    "/v4/jobGroups/:id/inputs",
    { schema: { params: idParamsSchema }, config: { summary: "What a job group read" } },
    async (request) => {
      const { inputs } = await findJobGroup(database, request.caller, readId(request));
      return { data: (JSON.parse(inputs) as JobInput[]).map(toInput) };
    },
  );

  app.get<ById>(
    "/v4/jobGroups/:id/outputs",
    { schema: { params: idParamsSchema }, config: { summary: "What a job group wrote" } },
    async (request) => {
      const { outputs } = await findJobGroup(database, request.caller, readId(request));
      const all = JSON.parse(outputs) as JobOutput[];
      return {
        files: all.filter(({ table }) => table === undefined).map(toOutput),
        tables: all.flatMap(toTable),
      };
    },
  );

  app.get<ById>(
    "/v4/jobGroups/:id/publications",
    { schema: { params: idParamsSchema }, config: { summary: "The tables that a job group wrote" } },
    async (request) => {
      const { id, outputs } = await findJobGroup(database, request.caller, readId(request));
      return { data: (JSON.parse(outputs) as JobOutput[]).flatMap((output) => toPublication(output, id)) };
    },
  );

  app.get<ById>(
    "/v4/jobGroups/:id/logs",
    {
      schema: { params: idParamsSchema },
      config: { summary: "Log of a job group, as text", isExtension: true },
    },
    async (request, reply) => {
      const { id } = await findJobGroup(database, request.caller, readId(request));
      return reply.type("text/plain; charset=utf-8").send(await readLog(platform.jobs.logFile(id)));
    },
  );
}

function toInput({ name, uri, files }: JobInput): JsonValue {
  return { name, uri, inputs: files.map((file) => ({ ...file })) };
}

/** The members from `format` on are this platform's own. */
function toOutput({ uri, format, action, rows, bytes, columns }: JobOutput, index: number): JsonValue {
  return {
    fileType: "FILE",
    uri,
    isPrimaryOutput: index === 0,
    format,
    action,
    rowCount: rows,
    bytes,
    ...(columns && { columns: [...columns] }),
  };
}

function toTable({ uri, format, action, rows, columns, table }: JobOutput): JsonValue[] {
  if (table === undefined) return [];
  const { path, name, connectionId } = table;
  return [
    {
      uri,
      path: [...path],
      tableName: name,
      targetType: format,
      action,
      rowCount: rows,
      columns: [...(columns ?? [])],
      connection: { id: connectionId },
    },
  ];
}

/** `rowCount` is this platform's own; `tableName` has its parameters and, for "create", its number filled in. */
function toPublication(output: JobOutput, jobGroupId: number): JsonValue[] {
  return toTable(output).map((table) => ({
    id: output.table?.publicationId ?? null,
    ...(table as JsonObject),
    jobGroup: { id: jobGroupId },
  }));
}

/** Empty while the job waits. */
async function readLog(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
