import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { applyRules } from "../../flow/rules.js";
import { writePackage } from "../../flow/write.js";
import { findFolder, findOwnFlow } from "../flows/access.js";
import { exportPackage } from "../flows/export.js";
import { createNamePrefix, importPackage } from "../flows/import.js";
import { mapParameters, readConnectionMapping, readParameterMapping } from "../flows/package-mappings.js";
import { readUpload, readUploadedPackage } from "../package-upload.js";
import type { Caller, Platform } from "../platform.js";
import { idParamsSchema, readId, type ById } from "../request.js";
import type { Database } from "../store/database.js";

interface ImportQuery {
  folderId?: string;
}

const importQuerySchema = {
  type: "object",
  properties: {
    folderId: { type: "string", pattern: "^[0-9]{1,15}$", description: "Folder for the imported flows" },
    fromUI: { type: "string", description: "Accepted; an import is never held up, it is refused" },
    overrideJsUdfs: { type: "string", description: "Accepted; packages hold no functions" },
  },
} as const;

const exportQuerySchema = {
  type: "object",
  properties: {
    comment: { type: "string", maxLength: 4000, description: "Shown by the release that imports it" },
  },
} as const;

/** Flow packages outside of deployments: export, and import into the caller's flows. */
export function registerFlowPackages(app: FastifyInstance, platform: Platform): void {
  app.get<ById & { Querystring: { comment?: string } }>(
    "/v4/flows/:id/package",
    {
      schema: { params: idParamsSchema, querystring: exportQuerySchema },
      config: { summary: "The package of a flow, for its owner" },
    },
    async (request, reply) => {
      const flow = await findOwnFlow(platform.database, request.caller, readId(request));
      const pkg = await exportPackage(platform, request.caller, [flow.id], request.query.comment);
      return sendPackage(reply, flow.name, await writePackage(pkg));
    },
  );

  app.get<ById>(
    "/v4/flows/:id/package/dryRun",
    { schema: { params: idParamsSchema }, config: { summary: "Whether the caller may export a flow" } },
    async (request) => {
      const flow = await findOwnFlow(platform.database, request.caller, readId(request));
      await exportPackage(platform, request.caller, [flow.id]);
      return {};
    },
  );

  app.post<{ Querystring: ImportQuery }>(
    "/v4/flows/package",
    {
      schema: { querystring: importQuerySchema },
      config: { summary: "Import a package into the caller's flows", status: 201, isUpload: true },
    },
    async (request) => {
      const prepared = await prepareImport(platform, request);
      return platform.database
        .transaction()
        .execute((transaction) => runImport(transaction, platform, request.caller, prepared));
    },
  );

  app.post<{ Querystring: ImportQuery }>(
    "/v4/flows/package/dryRun",
    {
      schema: { querystring: importQuerySchema },
      config: { summary: "What an import would create; nothing is kept", isUpload: true },
    },
    async (request) => {
      const prepared = await prepareImport(platform, request);
      const transaction = await platform.database.startTransaction().execute();
      try {
        return await runImport(transaction, platform, request.caller, prepared);
      } finally {
        await transaction.rollback().execute();
      }
    },
  );
}

type PreparedImport = Awaited<ReturnType<typeof prepareImport>>;

async function prepareImport(platform: Platform, request: FastifyRequest<{ Querystring: ImportQuery }>) {
  const { database, settings } = platform;
  const { caller } = request;
  const upload = await readUpload(request);
  const pkg = await readUploadedPackage(upload, settings);
  const parameters = readParameterMapping(upload.fields.get("environmentParameterMapping"));
  const connections = await readConnectionMapping(
    database,
    caller.environmentId,
    upload.fields.get("connectionIdMapping"),
  );
  const { folderId } = request.query;
  return {
    ruled: applyRules(mapParameters(pkg, parameters), { connections, values: [] }),
    folderId: folderId === undefined ? null : (await findFolder(database, caller, Number(folderId))).id,
  };
}

async function runImport(
  transaction: Database,
  { sealer }: Platform,
  { environmentId, personId }: Caller,
  { ruled, folderId }: PreparedImport,
) {
  const target = {
    environmentId,
    personId,
    folderId,
    releaseId: null,
    namePrefix: createNamePrefix(),
    sealer,
  };
  const imported = await importPackage(transaction, target, ruled);
  // Import rules belong to deployments; an import outside of one neither has nor replaces anything.
  return { importRuleChanges: { object: [], value: [] }, deletedObjects: {}, ...imported };
}

function sendPackage(reply: FastifyReply, name: string, bytes: Uint8Array): FastifyReply {
  const fileName = `flow_${name.replace(/[^A-Za-z0-9._-]+/g, "_")}.zip`;
  return reply
    .header("content-type", "application/zip")
    .header("content-disposition", `attachment; filename="${fileName}"`)
    .send(Buffer.from(bytes));
}
