import { z } from "zod";
import type { Client } from "../client/client.js";
import { Conflict } from "../client/errors.js";
import { readMarker } from "./release-marker.js";
import type { ReleaseMarker } from "./release-marker.js";

const remote = z.object({
  id: z.int(),
  notes: z.string().nullish(),
  packageUuid: z.string().nullish(),
  active: z.boolean().nullish(),
  createdAt: z.string(),
});

/** A release of a deployment, as far as promoting needs it. */
export interface ReleaseRecord {
  id: number;
  notes: string;
  marker: ReleaseMarker | undefined;
  packageUuid: string | undefined;
  isActive: boolean;
  /** ISO 8601. */
  createdAt: string;
}

/** All releases of a deployment, oldest first. */
export async function listReleases(client: Client, deploymentId: string): Promise<ReleaseRecord[]> {
  const rows = await client.list("/v4/releases", remote, { deploymentId });
  return rows
    .map((row) => ({
      id: row.id,
      notes: row.notes ?? "",
      marker: readMarker(row.notes ?? ""),
      packageUuid: row.packageUuid ?? undefined,
      isActive: row.active === true,
      createdAt: row.createdAt,
    }))
    .sort((a, b) => a.id - b.id);
}

/** `#2 of 2026-11-21 13:05`, for messages; the time is UTC. */
export function nameRelease(release: ReleaseRecord): string {
  return `#${release.id} of ${release.createdAt.slice(0, 16).replace("T", " ")}`;
}

/** How a description of drift ends; a preview that mends it quotes the description. */
export const OUTSIDE = "outside this program";

/** Throws Conflict when the active release is the work of another program than those in `owners`. */
export function refuseOtherProgram(
  history: readonly ReleaseRecord[],
  owners: readonly (string | undefined)[],
  deploymentId: string,
): void {
  const active = history.find((release) => release.isActive);
  const other = active?.marker?.owner;
  if (active === undefined || other === undefined || owners.includes(other)) return;
  throw new Conflict(
    `the active release #${active.id} of deployment ${deploymentId} belongs to ${other}; two programs on one deployment would undo each other. Give this program a deployment of its own, or set \`adopt: true\` to take over`,
    { status: 0, method: "GET", url: "/v4/releases" },
  );
}
