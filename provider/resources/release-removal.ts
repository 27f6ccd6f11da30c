import { z } from "zod";
import type { Client } from "../client/client.js";
import { NotFound, RouteNotFound } from "../client/errors.js";
import type { Context } from "../framework/define-resource.js";
import { stackOf } from "./ownership.js";
import { listReleases } from "./release-history.js";
import type { ReleaseRecord } from "./release-history.js";

/** Deactivates and removes what this resource imported, newest first; never another stack's releases. */
export async function removeReleases(
  { client, owner }: Context,
  deploymentId: string,
  state: { releaseId: string; formerOwners?: readonly string[] | undefined },
): Promise<void> {
  const owners = [owner, ...(state.formerOwners ?? [])] as const;
  const ours = (await listReleases(client, deploymentId)).filter(
    (release) => isRemovable(release, owners) || String(release.id) === state.releaseId,
  );
  const active = ours.find((release) => release.isActive);
  if (active) await client.patch(`/v4/releases/${active.id}`, { active: false }, z.unknown());
  for (const release of ours.reverse()) await removeRelease(client, release.id);
}

/**
 * Removes this resource's oldest releases beyond `keep`; never those in `spared` (the active one, and the one to roll back
 * to). `owners` are the resource's names, its present one first. Does nothing without a number.
 */
export async function pruneReleases(
  client: Client,
  deploymentId: string,
  keep: number | undefined,
  owners: readonly [string, ...(string | undefined)[]],
  spared: readonly (number | undefined)[],
): Promise<void> {
  if (keep === undefined) return;
  const ours = (await listReleases(client, deploymentId)).filter((release) => isRemovable(release, owners));
  const removable = ours.filter((release) => !release.isActive && !spared.includes(release.id));
  for (const release of removable.slice(0, Math.max(0, ours.length - keep)))
    await removeRelease(client, release.id);
}

/** Imported under a name that the resource has or had; what it took over from another stack is left to that. */
function isRemovable(
  { marker }: ReleaseRecord,
  owners: readonly [string, ...(string | undefined)[]],
): boolean {
  return (
    marker !== undefined && owners.includes(marker.owner) && stackOf(marker.owner) === stackOf(owners[0])
  );
}

async function removeRelease(client: Client, id: number): Promise<void> {
  try {
    await client.delete(`/v4/releases/${id}`);
  } catch (error) {
    // Gone already, or a platform that only deactivates.
    if (!(error instanceof NotFound || error instanceof RouteNotFound)) throw error;
  }
}
