import type { FastifyInstance } from "fastify";
import {
  combineStatus,
  createFlowRuns,
  createJobGroups,
  findFlowRun,
  selectFlowRuns,
  selectJobGroups,
} from "../jobs/answers.js";
import { answerList, listQuerySchema, parseListOptions, type ListQuery } from "../listing.js";
import type { Platform } from "../platform.js";
import { registerReading } from "../reading.js";
import { idParamsSchema, readId, type ById } from "../request.js";

/** `/v4/flowRuns`: runs of several outputs of one flow. */
export function registerFlowRuns(app: FastifyInstance, { database }: Platform): void {
  const groups = createJobGroups(database);
  registerReading(app, {
    path: "/v4/flowRuns",
    noun: "flow run",
    collection: createFlowRuns(database),
    select: (caller) => selectFlowRuns(database, caller),
    find: (caller, id) => findFlowRun(database, caller, id),
  });

  app.get<ById>(
    "/v4/flowRuns/:id/status",
    {
      schema: { params: idParamsSchema },
      config: { summary: "Status of a flow run, as a bare JSON string" },
    },
    async (request, reply) => {
      const { id } = await findFlowRun(database, request.caller, readId(request));
      const rows = await selectJobGroups(database, request.caller)
        .where("jobGroups.flowRunId", "=", id)
        .execute();
      const status = combineStatus(rows.map((row) => row.status));
      return reply.type("application/json; charset=utf-8").send(JSON.stringify(status));
    },
  );

  app.get<ById & { Querystring: ListQuery }>(
    "/v4/flowRuns/:id/jobGroups",
    {
      schema: { params: idParamsSchema, querystring: listQuerySchema },
      config: { summary: "List the job groups of a flow run", embeds: Object.keys(groups.embeds) },
    },
    async (request) => {
      const { id } = await findFlowRun(database, request.caller, readId(request));
      const select = selectJobGroups(database, request.caller).where("jobGroups.flowRunId", "=", id);
      return answerList(groups, parseListOptions(groups, request.query), select);
    },
  );
}
