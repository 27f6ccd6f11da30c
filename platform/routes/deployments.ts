import type { FastifyInstance } from "fastify";
import { createDeployments, findDeployment, selectDeployments, toDeployment } from "../deployments.js";
import { ConflictException } from "../errors.js";
import { toStarted } from "../jobs/answers.js";
import { runSchema, type FlowRunBody } from "../jobs/run-body.js";
import { runDeployment } from "../jobs/run-deployment.js";
import { stampNew, stampUpdate, toUpdated } from "../ownership.js";
import type { Caller, Platform } from "../platform.js";
import { registerReading } from "../reading.js";
import { deleteReleases } from "../releases.js";
import { idParamsSchema, readId, type ById } from "../request.js";
import type { Database } from "../store/database.js";

interface DeploymentBody {
  name: string;
}

const deploymentSchema = {
  type: "object",
  properties: { name: { type: "string", minLength: 1, maxLength: 255, pattern: "\\S" } },
  required: ["name"],
  additionalProperties: false,
} as const;

/** `/v4/deployments`. A deleted deployment takes its releases, their flows and its schedules with it. */
export function registerDeployments(app: FastifyInstance, platform: Platform): void {
  const { database } = platform;
  const collection = createDeployments(database);
  registerReading(app, {
    path: "/v4/deployments",
    noun: "deployment",
    collection,
    filters: { deploymentId: { column: "deployments.id", description: "Only this deployment" } },
    select: (caller, { includeDeleted }) => selectDeployments(database, caller, includeDeleted),
    find: (caller, id, query) => findDeployment(database, caller, id, query),
  });

  app.post<{ Body: DeploymentBody }>(
    "/v4/deployments",
    { schema: { body: deploymentSchema }, config: { summary: "Create a deployment", status: 201 } },
    (request) =>
      database.transaction().execute(async (transaction) => {
        await checkName(platform, transaction, request.caller, request.body.name, null);
        const row = await transaction
          .insertInto("deployments")
          .values({ ...stampNew(request.caller), name: request.body.name, deletedAt: null })
          .returningAll()
          .executeTakeFirstOrThrow();
        return { ...toDeployment({ ...row, numReleases: 0 }), latestRelease: null };
      }),
  );

  app.patch<ById & { Body: DeploymentBody }>(
    "/v4/deployments/:id",
    {
      schema: { params: idParamsSchema, body: deploymentSchema },
      config: { summary: "Rename a deployment" },
    },
    (request) =>
      database.transaction().execute(async (transaction) => {
        const { id } = await findDeployment(transaction, request.caller, readId(request));
        await checkName(platform, transaction, request.caller, request.body.name, id);
        const stamp = stampUpdate(request.caller);
        await transaction
          .updateTable("deployments")
          .set({ ...stamp, name: request.body.name })
          .where("id", "=", id)
          .execute();
        return toUpdated(id, stamp);
      }),
  );

  app.delete<ById>(
    "/v4/deployments/:id",
    {
      schema: { params: idParamsSchema },
      config: { summary: "Delete a deployment and its releases", status: 204 },
    },
    async (request, reply) => {
      await database
        .transaction()
        .execute((transaction) => deleteDeployment(transaction, request.caller, readId(request)));
      return reply.send();
    },
  );

  app.post<ById & { Body: FlowRunBody | undefined }>(
    "/v4/deployments/:id/run",
    {
      schema: { params: idParamsSchema, body: runSchema },
      config: { summary: "Run the active release's primary flow", status: 201 },
    },
    async (request) => {
      const deployment = await findDeployment(database, request.caller, readId(request));
      const groups = await runDeployment(platform, request.caller, deployment, request.body ?? {}, "manual");
      return { data: groups.map(toStarted) };
    },
  );
}

async function deleteDeployment(database: Database, caller: Caller, deploymentId: number): Promise<void> {
  const { id } = await findDeployment(database, caller, deploymentId);
  const releases = await database
    .selectFrom("releases")
    .select("id")
    .where("deploymentId", "=", id)
    .where("deletedAt", "is", null)
    .execute();
  await deleteReleases(
    database,
    caller,
    releases.map((release) => release.id),
  );
  await database.deleteFrom("deploymentSchedules").where("deploymentId", "=", id).execute();
  const stamp = stampUpdate(caller);
  await database
    .updateTable("deployments")
    .set({ ...stamp, deletedAt: stamp.updatedAt })
    .where("id", "=", id)
    .execute();
}

async function checkName(
  platform: Platform,
  database: Database,
  caller: Caller,
  name: string,
  ownId: number | null,
): Promise<void> {
  if (!platform.settings.uniqueDeploymentNames) return;
  const same = await selectDeployments(database, caller, false).where("name", "=", name).executeTakeFirst();
  if (!same || same.id === ownId) return;
  throw new ConflictException(`There is already a deployment "${name}" in this environment (id ${same.id})`);
}
