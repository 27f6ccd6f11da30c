import { applyRules, contentDigest, rulesFingerprint } from "../../flow/index.js";
import type { FlowPackage } from "../../flow/index.js";
import type { Client } from "../client/client.js";
import { Conflict } from "../client/errors.js";
import type { Context, Existing, ExistingObject, Observed } from "../framework/define-resource.js";
import { isEqual } from "../framework/canonical.js";
import { listDeployments, requireDeployment } from "./deployment-names.js";
import { downloadPackage, isKeptBack } from "./downloaded-package.js";
import { toContents } from "./release-check.js";
import { findActive, listAllReleases, nameRelease } from "./release-history.js";
import type { ReleaseRecord } from "./release-history.js";
import { flowOfMany } from "./release-import.js";
import { shortDigest, withoutMarker } from "./release-marker.js";
import { readRulesOfMany, toImportRules } from "./rules-in-force.js";
import { NO_RULES } from "./rule-set.js";
import type { ReleaseInputs, ReleaseOutputs } from "./release.js";

/** Releases as they come under a program's control: the active one of a deployment, called by the deployment's name. */
export const existingReleases: Existing<ReleaseInputs, ReleaseOutputs> = {
  list: async ({ client }) => listRunning(client),
  read: readRunning,
};

async function listRunning(client: Client): Promise<ExistingObject[]> {
  const active = (await listAllReleases(client)).filter((release) => release.isActive);
  const running = new Set(active.map((release) => release.deploymentId));
  return (await listDeployments(client)).filter(({ id }) => running.has(id));
}

/**
 * The active release of a deployment. `package` stays out, as the platform knows no path of the program's folder; what it
 * holds is worked out of the platform's copy. Its rules are those in force: with which it was imported is not told.
 */
async function readRunning(
  context: Context,
  deploymentId: string,
): Promise<Observed<ReleaseInputs, ReleaseOutputs>> {
  const { client, owner } = context;
  const { name } = await requireDeployment(client, deploymentId);
  const active = await findActive(client, deploymentId);
  if (active === undefined)
    throw new Conflict(
      `deployment "${name}" has no active release to import; activate one at the platform, or let the program deploy a package`,
      { status: 0, method: "GET", url: "/v4/releases" },
    );
  const source = await packageOf(client, active);
  const rules = (await readRulesOfMany(client, deploymentId, NO_RULES)) ?? NO_RULES;
  warnOfOtherRules(context, active, rules);
  const other = active.marker?.owner === owner ? undefined : active.marker?.owner;
  const primary = source.flows.find((flow) => flow.isPrimary)?.name ?? "";
  const flow = active.marker?.flow ?? (await flowOfMany(client, active.id, primary));
  return {
    inputs: {
      deploymentId,
      ...(!isEqual(rules, NO_RULES) && { rules }),
      notes: withoutMarker(active.notes),
      active: true,
      ...(other !== undefined && { formerOwners: [other] }),
      contentDigest: contentDigest(source),
      contents: toContents(applyRules(source, toImportRules(rules))),
      action: `import: release ${nameRelease(active)} as it is`,
    },
    outputs: {
      releaseId: String(active.id),
      packageUuid: active.packageUuid ?? source.metadata.uuid,
      ...(flow !== undefined && { primaryFlowId: String(flow) }),
    },
  };
}

async function packageOf(client: Client, release: ReleaseRecord): Promise<FlowPackage> {
  const path = `/v4/releases/${release.id}/package`;
  try {
    return await downloadPackage(client, path);
  } catch (error) {
    if (!isKeptBack(error)) throw error;
    throw new Conflict(
      `the platform does not give the package of release ${nameRelease(release)}, so what it holds cannot be compared (${error.message}); state the package in the program with \`adopt: true\` instead of importing the release`,
      { status: 0, method: "GET", url: path, cause: error },
    );
  }
}

function warnOfOtherRules({ say }: Context, release: ReleaseRecord, rules: typeof NO_RULES): void {
  if (release.marker === undefined) return;
  if (release.marker.rules === shortDigest(rulesFingerprint(toImportRules(rules)))) return;
  say(
    "warning",
    `release ${nameRelease(release)} was imported under other rules than the deployment has now; they take effect when the next package is imported`,
  );
}
