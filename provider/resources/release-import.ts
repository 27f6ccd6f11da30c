import { z } from "zod";
import { applyRules, isSameContent, readPackage } from "../../flow/index.js";
import type { FlowPackage, ImportRules } from "../../flow/index.js";
import type { Client } from "../client/client.js";
import { InvalidRequest, NotFound, RouteNotFound, Unauthorized } from "../client/errors.js";
import { downloadPackage } from "./downloaded-package.js";
import { offersEmbeds, readEmbedding } from "./platform-features.js";
import { listReleases } from "./release-history.js";
import type { ReleaseRecord } from "./release-history.js";

const imported = z.object({
  primaryFlowIds: z.array(z.int()).optional(),
  release: z
    .object({ id: z.int(), packageUuid: z.string().nullish(), notes: z.string().nullish() })
    .optional(),
});

/** A release that the platform has made, before its notes say whose it is. */
export interface ImportedRelease {
  id: number;
  flowId: number | undefined;
}

/**
 * Imports the package as it is on disk: its checksum cannot be made anew, so rules act on the platform.
 * The platform activates what it imports.
 */
export async function importRelease(
  client: Client,
  deploymentId: string,
  fileName: string,
  bytes: Uint8Array,
  history: readonly ReleaseRecord[],
): Promise<ImportedRelease> {
  const answer = await client.upload(`/v4/deployments/${deploymentId}/releases`, fileName, bytes, imported);
  const flowId = answer.primaryFlowIds?.[0];
  if (answer.release) return { id: answer.release.id, flowId };
  // Older platforms answer without the release; it is the one that was not there before.
  const known = new Set(history.map((release) => release.id));
  const made = (await listReleases(client, deploymentId)).filter((release) => !known.has(release.id)).at(-1);
  if (made === undefined)
    throw new NotFound(
      `the platform accepted the package but shows no new release in deployment ${deploymentId}`,
      {
        status: 200,
        method: "GET",
        url: "/v4/releases",
      },
    );
  return { id: made.id, flowId };
}

/**
 * The candidate that really is this package under these rules: its answer was lost before its notes could
 * be written. Asked of the platform by exporting it; where that is not offered, none is trusted.
 */
export async function findLostImport(
  client: Client,
  candidates: readonly ReleaseRecord[],
  bytes: Uint8Array,
  rules: ImportRules,
): Promise<ImportedRelease | undefined> {
  if (candidates.length === 0) return undefined;
  const ruled = applyRules(await readPackage(bytes), rules);
  const primary = ruled.package.flows.find((flow) => flow.isPrimary);
  for (const { id } of [...candidates].reverse()) {
    const flowId = await flowOf(client, id, primary?.name ?? "");
    if (flowId === undefined) continue;
    const exported = await exportFlow(client, flowId);
    if (exported && isSameContent(ruled, exported)) return { id, flowId };
  }
  return undefined;
}

async function exportFlow(client: Client, flowId: number): Promise<FlowPackage | undefined> {
  try {
    return await downloadPackage(client, `/v4/flows/${flowId}/package`);
  } catch (error) {
    // A flow that is gone, or that this account may not export, cannot be compared: it is not trusted.
    if (error instanceof NotFound || error instanceof RouteNotFound || error instanceof Unauthorized)
      return undefined;
    throw error;
  }
}

const flow = z.object({ id: z.int(), name: z.string(), isPrimary: z.boolean().optional() });
const withFlows = z.object({
  flows: z.object({ data: z.array(flow) }).optional(),
});

/** The same for one of many releases: at a platform that says what it embeds it costs pages, and no request for each. */
export async function flowOfMany(
  client: Client,
  releaseId: number,
  name: string,
): Promise<number | undefined> {
  const found = await readEmbedding(client, "/v4/releases", String(releaseId), ["flows"], withFlows);
  return found ? findFlow(found, name) : flowOf(client, releaseId, name);
}

/** The local id of a release's primary flow: as its marker says, or the platform where it embeds flows. */
export async function primaryFlowOf(client: Client, release: ReleaseRecord): Promise<number | undefined> {
  const path = `/v4/releases/${release.id}`;
  if (release.marker?.flow !== undefined) return release.marker.flow;
  if (!(await offersEmbeds(client, "/v4/releases", ["flows"]))) return undefined;
  const { flows } = await client.get(path, withFlows, { embed: "flows" });
  const primary =
    flows?.data.find((flow) => flow.isPrimary) ?? (flows?.data.length === 1 ? flows.data[0] : undefined);
  return primary?.id;
}

function findFlow({ flows }: z.output<typeof withFlows>, name: string): number | undefined {
  return flows?.data.find((flow) => flow.name === name)?.id;
}

/** The local id of a release's flow with this name, where the platform tells. */
async function flowOf(client: Client, releaseId: number, name: string): Promise<number | undefined> {
  try {
    const found = await client.get(`/v4/releases/${releaseId}`, withFlows, { embed: "flows" });
    return findFlow(found, name);
  } catch (error) {
    // Not every platform knows this embedding.
    if (error instanceof InvalidRequest || error instanceof RouteNotFound) return undefined;
    throw error;
  }
}
