import { sql, type Selectable } from "kysely";
import type { JsonObject } from "../flow/model.js";
import { DataDeletedException, DataNotFoundException } from "./errors.js";
import { groupBy } from "./group-by.js";
import { embedImportRules } from "./import-rules.js";
import type { Collection } from "./listing.js";
import { toOwnership } from "./ownership.js";
import { embedPeople } from "./person-embeds.js";
import type { Caller } from "./platform.js";
import { toRelease } from "./releases.js";
import type { Database } from "./store/database.js";
import type { DeploymentRow } from "./store/schema.js";

/** A stored deployment with the number of its releases. */
export type Deployment = Selectable<DeploymentRow> & { readonly numReleases: number };

/** The API's object of a deployment, without `latestRelease`. */
export function toDeployment(row: Deployment): JsonObject {
  return {
    id: row.id,
    name: row.name,
    ...toOwnership(row),
    numReleases: row.numReleases,
    ...(row.deletedAt === null ? {} : { deletedAt: row.deletedAt }),
  };
}

/** How deployments are listed and answered. */
export function createDeployments(database: Database): Collection<Deployment> {
  return {
    name: "deployments",
    columns: Object.fromEntries(
      ["id", "name", "createdAt", "updatedAt"].map((field) => [field, `deployments.${field}`]),
    ),
    embeds: {
      ...embedPeople<Deployment>(database),
      releases: { kind: "many", load: (rows) => loadReleases(database, rows) },
      latestRelease: { kind: "one", load: (rows) => loadLatestReleases(database, rows) },
      ...embedImportRules(database),
    },
    always: ["latestRelease"],
    toObject: toDeployment,
  };
}

/** Deployments of an environment, also deleted ones when asked for. */
export function selectDeployments(database: Database, caller: Caller, includeDeleted: boolean) {
  const all = database
    .selectFrom("deployments")
    .selectAll()
    .select(
      sql<number>`(select count(*) from releases
        where releases."deploymentId" = deployments.id and releases."deletedAt" is null)`.as("numReleases"),
    )
    .where("environmentId", "=", caller.environmentId);
  return includeDeleted ? all : all.where("deletedAt", "is", null);
}

/** A deployment of the environment; 404 when there was none, 410 when it was deleted. */
export async function findDeployment(
  database: Database,
  caller: Caller,
  id: number,
  { includeDeleted = false } = {},
): Promise<Deployment> {
  const deployment = await selectDeployments(database, caller, true).where("id", "=", id).executeTakeFirst();
  if (!deployment) throw new DataNotFoundException(`There is no deployment ${id} in this environment`);
  if (deployment.deletedAt !== null && !includeDeleted) {
    throw new DataDeletedException(
      `Deployment ${id} ("${deployment.name}") was deleted at ${deployment.deletedAt}`,
    );
  }
  return deployment;
}

async function loadReleases(database: Database, rows: readonly Deployment[]) {
  const releases = await database
    .selectFrom("releases")
    .selectAll()
    .where(
      "deploymentId",
      "in",
      rows.map((row) => row.id),
    )
    .where("deletedAt", "is", null)
    .orderBy("id", "desc")
    .execute();
  const groups = groupBy(releases, (release) => release.deploymentId);
  return new Map([...groups].map(([id, group]) => [id, group.map(toRelease)]));
}

/** The newest release of each deployment, active or not. */
async function loadLatestReleases(database: Database, rows: readonly Deployment[]) {
  const releases = await database
    .selectFrom("releases")
    .selectAll()
    .where("id", "in", (newest) =>
      newest
        .selectFrom("releases as newest")
        .select((expression) => expression.fn.max("newest.id").as("id"))
        .where(
          "newest.deploymentId",
          "in",
          rows.map((row) => row.id),
        )
        .where("newest.deletedAt", "is", null)
        .groupBy("newest.deploymentId"),
    )
    .execute();
  return new Map(releases.map((release) => [release.deploymentId, toRelease(release)]));
}
