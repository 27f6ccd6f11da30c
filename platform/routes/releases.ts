import type { FastifyInstance, FastifyReply } from "fastify";
import type { FlowPackage, JsonObject } from "../../flow/model.js";
import { applyRules } from "../../flow/rules.js";
import { RulesError } from "../../flow/rule-problems.js";
import { findDeployment } from "../deployments.js";
import { ValidationFailed } from "../errors.js";
import { importPackage } from "../flows/import.js";
import { readImportRules, toImportRuleChanges, toImportRules, type StoredRules } from "../import-rules.js";
import { answerList, listQuerySchema, parseListOptions, type ListQuery } from "../listing.js";
import { stampNew, stampUpdate, toUpdated } from "../ownership.js";
import { readUpload, readUploadedPackage, type Upload } from "../package-upload.js";
import type { Caller, Platform } from "../platform.js";
import {
  createReleases,
  deactivateReleases,
  deleteReleases,
  findRelease,
  selectReleases,
  toRelease,
} from "../releases.js";
import { registerReading } from "../reading.js";
import { idParamsSchema, readId, type ById } from "../request.js";
import { runAndUndo, type Database } from "../store/database.js";

interface ReleaseBody {
  active?: boolean | null;
  notes?: string | null;
}

const releaseSchema = {
  type: "object",
  properties: {
    active: { type: "boolean", nullable: true, description: "true: activate, and deactivate the other one" },
    notes: { type: "string", nullable: true, maxLength: 10_000 },
  },
  minProperties: 1,
  additionalProperties: false,
} as const;

/** `/v4/releases` and the imports under `/v4/deployments/{id}/releases`. An import makes the new release the active one. */
export function registerReleases(app: FastifyInstance, platform: Platform): void {
  const { database } = platform;
  const collection = createReleases(database);
  registerReading(app, {
    path: "/v4/releases",
    noun: "release",
    collection,
    filters: { deploymentId: { column: "releases.deploymentId", description: "Only of this deployment" } },
    select: (caller, { includeDeleted }) => selectReleases(database, caller, includeDeleted),
    find: (caller, id, query) => findRelease(database, caller, id, query),
  });

  app.patch<ById & { Body: ReleaseBody }>(
    "/v4/releases/:id",
    {
      schema: { params: idParamsSchema, body: releaseSchema },
      config: { summary: "Activate or deactivate a release, or change its notes" },
    },
    (request) => updateRelease(platform, request.caller, readId(request), request.body),
  );

  app.delete<ById>(
    "/v4/releases/:id",
    {
      schema: { params: idParamsSchema },
      config: { summary: "Delete a release and its flows", status: 204 },
    },
    async (request, reply) => {
      await database.transaction().execute(async (transaction) => {
        const { id } = await findRelease(transaction, request.caller, readId(request));
        await deleteReleases(transaction, request.caller, [id]);
      });
      return reply.send();
    },
  );

  app.get<ById>(
    "/v4/releases/:id/package",
    { schema: { params: idParamsSchema }, config: { summary: "The package as it was imported" } },
    async (request, reply) => {
      const release = await findRelease(database, request.caller, readId(request));
      return sendPackage(reply, await platform.blobs.get(release.packageSha256), release.packageFileName);
    },
  );

  app.get<ById & { Querystring: ListQuery }>(
    "/v4/deployments/:id/releases",
    {
      schema: { params: idParamsSchema, querystring: listQuerySchema },
      config: { summary: "List the releases of a deployment, newest first" },
    },
    async (request) => {
      const { id } = await findDeployment(database, request.caller, readId(request));
      const options = parseListOptions(collection, request.query);
      return answerList(
        collection,
        options,
        selectReleases(database, request.caller, options.includeDeleted).where("deploymentId", "=", id),
      );
    },
  );

  app.post<ById>(
    "/v4/deployments/:id/releases",
    {
      schema: { params: idParamsSchema },
      config: { summary: "Import a package as the new active release", status: 201, isUpload: true },
    },
    async (request) => {
      const upload = await readUpload(request);
      const pkg = await readUploadedPackage(upload, platform.settings);
      await findDeployment(database, request.caller, readId(request));
      const packageSha256 = await platform.blobs.put(upload.bytes);
      return database.transaction().execute((transaction) =>
        importRelease(platform, transaction, request.caller, readId(request), {
          pkg,
          upload,
          packageSha256,
        }),
      );
    },
  );

  app.post<ById>(
    "/v4/deployments/:id/releases/dryRun",
    {
      schema: { params: idParamsSchema },
      config: { summary: "Check what an import would do; nothing is kept", isUpload: true },
    },
    async (request) => {
      const upload = await readUpload(request);
      const pkg = await readUploadedPackage(upload, platform.settings);
      return runAndUndo(database, async (transaction) => {
        const { release: _kept, ...answer } = await importRelease(
          platform,
          transaction,
          request.caller,
          readId(request),
          {
            pkg,
            upload,
            packageSha256: "",
          },
        );
        return answer;
      });
    },
  );
}

interface ReadyPackage {
  readonly pkg: FlowPackage;
  readonly upload: Upload;
  readonly packageSha256: string;
}

async function importRelease(
  platform: Platform,
  database: Database,
  caller: Caller,
  deploymentId: number,
  { pkg, upload, packageSha256 }: ReadyPackage,
) {
  const { id } = await findDeployment(database, caller, deploymentId);
  const rules = await readImportRules(database, id);
  const ruled = applyStoredRules(pkg, rules);
  await deactivateReleases(database, caller, id);
  const release = await database
    .insertInto("releases")
    .values({
      ...stampNew(caller),
      deploymentId: id,
      notes: toNotes(pkg),
      packageUuid: pkg.metadata.uuid,
      packageSha256,
      packageFileName: upload.fileName,
      productVersion: pkg.metadata.productVersion,
      active: 1,
      deletedAt: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const imported = await importPackage(
    database,
    {
      environmentId: caller.environmentId,
      personId: caller.personId,
      folderId: null,
      releaseId: release.id,
      namePrefix: null,
      sealer: platform.sealer,
    },
    ruled,
  );
  return {
    importRuleChanges: toImportRuleChanges(rules, ruled.uses),
    deletedObjects: {},
    ...imported,
    release: toRelease(release),
  };
}

/** Stored rules were checked when they were set, but a rule that feeds on another's result can still run away. */
function applyStoredRules(pkg: FlowPackage, rules: StoredRules) {
  try {
    return applyRules(pkg, toImportRules(rules));
  } catch (error) {
    if (!(error instanceof RulesError)) throw error;
    throw new ValidationFailed(
      error.problems.map(({ path, message }) => `${path}: ${message}`),
      "The deployment's import rules cannot be applied to this package",
    );
  }
}

/** The exporter's comment, which the product shows as the release's notes; else the primary flow's name. */
function toNotes(pkg: FlowPackage): string | null {
  return pkg.metadata.comment || (pkg.flows.find((flow) => flow.isPrimary)?.name ?? null);
}

async function updateRelease(
  platform: Platform,
  caller: Caller,
  releaseId: number,
  { active, notes }: ReleaseBody,
): Promise<JsonObject> {
  return platform.database.transaction().execute(async (transaction) => {
    const { id, deploymentId } = await findRelease(transaction, caller, releaseId);
    if (active === true) await deactivateReleases(transaction, caller, deploymentId);
    const stamp = stampUpdate(caller);
    await transaction
      .updateTable("releases")
      .set({
        ...stamp,
        ...(active === undefined ? {} : { active: active ? (1 as const) : null }),
        ...(notes === undefined ? {} : { notes }),
      })
      .where("id", "=", id)
      .execute();
    return toUpdated(id, stamp);
  });
}

function sendPackage(reply: FastifyReply, bytes: Buffer, fileName: string): FastifyReply {
  return reply
    .type("application/zip")
    .header("content-disposition", `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}`)
    .send(bytes);
}
