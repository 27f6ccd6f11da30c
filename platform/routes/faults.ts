import type { FastifyInstance } from "fastify";
import { AccessControlException } from "../errors.js";
import { FAULTS_PATH } from "../faults.js";
import { faultRuleSchema, type FaultRule } from "../faults/fault.js";
import type { Caller, Platform } from "../platform.js";
import { idParamsSchema, readId, type ById } from "../request.js";

/** `/v4/faults`, an extension: what shall go wrong in this environment. There only with the setting `faults`. */
export function registerFaults(app: FastifyInstance, platform: Platform): void {
  const { faults } = platform;
  if (faults === null) return;

  app.get(
    FAULTS_PATH,
    {
      config: {
        summary: "Fault rules that strike this environment, with how often each struck",
        isExtension: true,
      },
    },
    async ({ caller }) => {
      refuseOthers(caller);
      return { data: faults.list(caller.environment) };
    },
  );

  app.post<{ Body: FaultRule }>(
    FAULTS_PATH,
    {
      schema: { body: faultRuleSchema },
      config: { summary: "Make requests to this environment go wrong", status: 201, isExtension: true },
    },
    async ({ caller, body }) => {
      refuseOthers(caller);
      return faults.add({ ...body, environment: caller.environment });
    },
  );

  app.delete<ById>(
    `${FAULTS_PATH}/:id`,
    {
      schema: { params: idParamsSchema },
      config: { summary: "End a fault rule", status: 204, isExtension: true },
    },
    async (request, reply) => {
      refuseOthers(request.caller);
      faults.remove(readId(request), request.caller.environment);
      return reply.send();
    },
  );

  app.delete(
    FAULTS_PATH,
    {
      config: {
        summary: "End every fault rule that strikes this environment",
        status: 204,
        isExtension: true,
      },
    },
    async ({ caller }, reply) => {
      refuseOthers(caller);
      faults.clear(caller.environment);
      return reply.send();
    },
  );
}

function refuseOthers({ isAdmin }: Caller): void {
  if (!isAdmin) throw new AccessControlException("Only an administrator may see and change fault rules");
}
