import type { FastifyInstance } from "fastify";
import { createJobs, findJob, selectJobs } from "../jobs/answers.js";
import type { Platform } from "../platform.js";
import { registerReading } from "../reading.js";
import { idParamsSchema, readId, type ById } from "../request.js";

/** `/v4/jobs`: the parts of job groups. */
export function registerJobs(app: FastifyInstance, { database }: Platform): void {
  registerReading(app, {
    path: "/v4/jobs",
    noun: "job",
    collection: createJobs(database),
    select: (caller) => selectJobs(database, caller),
    find: (caller, id) => findJob(database, caller, id),
  });

  app.get<ById>(
    "/v4/jobs/:id/status",
    { schema: { params: idParamsSchema }, config: { summary: "Status of a job, as a bare JSON string" } },
    async (request, reply) => {
      const { status } = await findJob(database, request.caller, readId(request));
      return reply.type("application/json; charset=utf-8").send(JSON.stringify(status));
    },
  );
}
