import type { Selectable } from "kysely";
import type { JsonObject } from "../flow/model.js";
import { DataDeletedException, DataNotFoundException } from "./errors.js";
import { removeFlows } from "./flows/remove.js";
import { groupBy } from "./group-by.js";
import type { Collection } from "./listing.js";
import { stampUpdate, toOwnership } from "./ownership.js";
import { embedPeople } from "./person-embeds.js";
import type { Caller } from "./platform.js";
import type { Database } from "./store/database.js";
import type { ReleaseRow } from "./store/schema.js";

/** A stored release. */
export type Release = Selectable<ReleaseRow>;

/** The API's object of a release; `active` is true or null, never false. */
export function toRelease(row: Release): JsonObject {
  return {
    id: row.id,
    notes: row.notes,
    packageUuid: row.packageUuid,
    active: row.active === 1 ? true : null,
    deployment: { id: row.deploymentId },
    ...toOwnership(row),
    ...(row.deletedAt === null ? {} : { deletedAt: row.deletedAt }),
  };
}

/** How releases are listed and answered. */
export function createReleases(database: Database): Collection<Release> {
  return {
    name: "releases",
    columns: Object.fromEntries(
      ["id", "notes", "packageUuid", "createdAt", "updatedAt"].map((field) => [field, `releases.${field}`]),
    ),
    defaultFilterField: "notes",
    embeds: {
      ...embedPeople<Release>(database),
      deployment: { kind: "one", load: (rows) => loadDeployments(database, rows) },
      flows: { kind: "many", load: (rows) => loadFlows(database, rows) },
    },
    toObject: toRelease,
  };
}

/** Releases of an environment, also deleted ones when asked for. */
export function selectReleases(database: Database, caller: Caller, includeDeleted: boolean) {
  const all = database.selectFrom("releases").selectAll().where("environmentId", "=", caller.environmentId);
  return includeDeleted ? all : all.where("deletedAt", "is", null);
}

/** A release of the environment; 404 when there was none, 410 when it was deleted. */
export async function findRelease(
  database: Database,
  caller: Caller,
  id: number,
  { includeDeleted = false } = {},
): Promise<Release> {
  const release = await selectReleases(database, caller, true).where("id", "=", id).executeTakeFirst();
  if (!release) throw new DataNotFoundException(`There is no release ${id} in this environment`);
  if (release.deletedAt !== null && !includeDeleted) {
    throw new DataDeletedException(`Release ${id} was deleted at ${release.deletedAt}`);
  }
  return release;
}

/** Leaves no release of a deployment active. */
export async function deactivateReleases(
  database: Database,
  caller: Caller,
  deploymentId: number,
): Promise<void> {
  await database
    .updateTable("releases")
    .set({ ...stampUpdate(caller), active: null })
    .where("deploymentId", "=", deploymentId)
    .where("active", "=", 1)
    .execute();
}

/**
 * Deletes releases softly and their flows for good. An active one may go, too: the deployment then has none active.
 * Call it inside a transaction.
 */
export async function deleteReleases(
  database: Database,
  caller: Caller,
  releaseIds: readonly number[],
): Promise<void> {
  if (releaseIds.length === 0) return;
  const stamp = stampUpdate(caller);
  await database
    .updateTable("releases")
    .set({ ...stamp, active: null, deletedAt: stamp.updatedAt })
    .where("id", "in", releaseIds)
    .execute();
  const flows = await database
    .selectFrom("flows")
    .select("id")
    .where("releaseId", "in", releaseIds)
    .execute();
  await removeFlows(
    database,
    flows.map((flow) => flow.id),
  );
}

async function loadDeployments(database: Database, rows: readonly Release[]) {
  const deployments = await database
    .selectFrom("deployments")
    .select(["id", "name"])
    .where("id", "in", [...new Set(rows.map((row) => row.deploymentId))])
    .execute();
  const byId = new Map(deployments.map((deployment) => [deployment.id, { ...deployment }]));
  return new Map(rows.map((row) => [row.id, byId.get(row.deploymentId) ?? null]));
}

async function loadFlows(database: Database, rows: readonly Release[]) {
  const flows = await database
    .selectFrom("flows")
    .select(["id", "name", "isPrimary", "releaseId"])
    .where(
      "releaseId",
      "in",
      rows.map((row) => row.id),
    )
    .orderBy("id")
    .execute();
  const groups = groupBy(flows, (flow) => flow.releaseId ?? 0);
  const toObject = ({ id, name, isPrimary }: (typeof flows)[number]) => ({
    id,
    name,
    isPrimary: isPrimary === 1,
  });
  return new Map([...groups].map(([id, group]) => [id, group.map(toObject)]));
}
