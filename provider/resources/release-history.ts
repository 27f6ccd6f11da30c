import { z } from "zod";
import { rulesFingerprint } from "../../flow/index.js";
import type { Client } from "../client/client.js";
import { Conflict } from "../client/errors.js";
import { readMarker, shortDigest, withMarker } from "./release-marker.js";
import type { ReleaseMarker } from "./release-marker.js";
import { toImportRules } from "./rules-in-force.js";
import { NO_RULES } from "./rule-set.js";
import type { RuleSet } from "./rule-set.js";

const remote = z.object({
  id: z.int(),
  notes: z.string().nullish(),
  packageUuid: z.string().nullish(),
  active: z.boolean().nullish(),
  createdAt: z.string(),
  deployment: z.object({ id: z.int() }).nullish(),
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
  /** Absent where the platform does not tell. */
  deploymentId?: string;
  /** True: the marker is known from state, and the platform has none yet. */
  isUnmarked?: boolean;
}

/** All releases of a deployment, oldest first. */
export async function listReleases(client: Client, deploymentId: string): Promise<ReleaseRecord[]> {
  return toRecords(await client.list("/v4/releases", remote, { deploymentId }));
}

/** All releases of all deployments that the account sees, oldest first. */
export async function listAllReleases(client: Client): Promise<ReleaseRecord[]> {
  return toRecords(await client.list("/v4/releases", remote));
}

/** The release with this id, one of many. Throws NotFound. */
export async function readRelease(client: Client, id: string): Promise<ReleaseRecord> {
  return toRecord(await client.getById("/v4/releases", id, remote));
}

/** The active release of a deployment, one of many: beyond a few the releases of all are read at once. */
export async function findActive(client: Client, deploymentId: string): Promise<ReleaseRecord | undefined> {
  const isAlone = client.readsAlone();
  const releases = isAlone ? await listReleases(client, deploymentId) : await listAllReleases(client);
  return releases.find((release) => release.isActive && (isAlone || release.deploymentId === deploymentId));
}

function toRecords(rows: readonly z.output<typeof remote>[]): ReleaseRecord[] {
  return rows.map(toRecord).sort((a, b) => a.id - b.id);
}

function toRecord(row: z.output<typeof remote>): ReleaseRecord {
  return {
    id: row.id,
    notes: row.notes ?? "",
    marker: readMarker(row.notes ?? ""),
    packageUuid: row.packageUuid ?? undefined,
    isActive: row.active === true,
    createdAt: row.createdAt,
    ...(row.deployment && { deploymentId: String(row.deployment.id) }),
  };
}

/**
 * The history with a marker at the release that state knows, where the platform has none: it came by an import into state,
 * or its update broke off before the notes were written. What state says of it is what the marker would say.
 */
export function withKnown(
  history: readonly ReleaseRecord[],
  state: KnownRelease | undefined,
  owner: string,
): ReleaseRecord[] {
  const content = state?.contentDigest;
  if (state === undefined || content === undefined) return [...history];
  const rules = rulesFingerprint(toImportRules(state.rules ?? NO_RULES));
  const marker: ReleaseMarker = {
    content: shortDigest(content),
    rules: shortDigest(rules),
    flow: state.primaryFlowId === undefined ? undefined : Number(state.primaryFlowId),
    owner,
  };
  return history.map((release) =>
    String(release.id) === state.releaseId && release.marker === undefined
      ? { ...release, marker, isUnmarked: true }
      : release,
  );
}

/**
 * Writes the marker of {@link withKnown} to the platform, so that a later run without this state finds the release. Not of
 * `spared`, whose notes the caller writes anyway.
 */
export async function markKnown(
  client: Client,
  history: readonly ReleaseRecord[],
  spared: number | undefined,
): Promise<void> {
  for (const { id, notes, marker, isUnmarked } of history) {
    if (!isUnmarked || marker === undefined || id === spared) continue;
    await client.patch(`/v4/releases/${id}`, { notes: withMarker(notes, marker) }, z.unknown());
  }
}

/** State of a Release, as far as it identifies one at the platform. */
export interface KnownRelease {
  readonly releaseId: string;
  readonly primaryFlowId?: string | undefined;
  readonly contentDigest?: string | undefined;
  readonly rules?: RuleSet | undefined;
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
