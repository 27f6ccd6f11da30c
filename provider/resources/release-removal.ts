import { z } from "zod";
import type { Client } from "../client/client.js";
import { NotFound, RouteNotFound } from "../client/errors.js";
import type { Context } from "../framework/define-resource.js";
import { listReleases } from "./release-history.js";

/** Deactivates and removes what this resource imported, newest first; never another program's releases. */
export async function removeReleases(
  { client, owner }: Context,
  deploymentId: string,
  state: { releaseId: string },
): Promise<void> {
  const ours = (await listReleases(client, deploymentId)).filter(
    (release) => release.marker?.owner === owner || String(release.id) === state.releaseId,
  );
  const active = ours.find((release) => release.isActive);
  if (active) await client.patch(`/v4/releases/${active.id}`, { active: false }, z.unknown());
  for (const release of ours.reverse()) await removeRelease(client, release.id);
}

/**
 * Removes this resource's oldest releases beyond `keep`; never those in `spared` (the active one, and the
 * one to roll back to). Does nothing without a number.
 */
export async function pruneReleases(
  client: Client,
  deploymentId: string,
  keep: number | undefined,
  owner: string,
  spared: readonly (number | undefined)[],
): Promise<void> {
  if (keep === undefined) return;
  const ours = (await listReleases(client, deploymentId)).filter(
    (release) => release.marker?.owner === owner,
  );
  const removable = ours.filter((release) => !release.isActive && !spared.includes(release.id));
  for (const release of removable.slice(0, Math.max(0, ours.length - keep)))
    await removeRelease(client, release.id);
}

async function removeRelease(client: Client, id: number): Promise<void> {
  try {
    await client.delete(`/v4/releases/${id}`);
  } catch (error) {
    // Gone already, or a platform that only deactivates.
    if (!(error instanceof NotFound || error instanceof RouteNotFound)) throw error;
  }
}
