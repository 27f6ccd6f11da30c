import { z } from "zod";
import type { Client } from "../client/client.js";
import { NotFound } from "../client/errors.js";
import { defineResource } from "../framework/define-resource.js";
import { absentAs, derived, immutable, localOnly, refersTo } from "../framework/field-rules.js";
import { requireDeployment } from "./deployment-names.js";
import { adopt } from "./ownership.js";
import { checkRelease, packageInput } from "./release-check.js";
import { existingReleases } from "./release-existing.js";
import { severities } from "./release-findings.js";
import { findActive, nameRelease, OUTSIDE, readRelease } from "./release-history.js";
import type { ReleaseRecord } from "./release-history.js";
import { withoutMarker } from "./release-marker.js";
import { promote, toOutputs } from "./release-promote.js";
import { removeReleases } from "./release-removal.js";
import { verify } from "./release-verify.js";
import { viewContents } from "./release-views.js";
import { NO_RULES, ruleSet } from "./rule-set.js";

const inputs = z.strictObject({
  deploymentId: refersTo(
    immutable(
      z.string().min(1).describe("Id of the deployment. Changing it replaces the release."),
      "a release belongs to one deployment",
    ),
    { resource: "Deployment", output: "id" },
  ),
  package: localOnly(
    packageInput.describe(
      "The exported package: a path (relative to the program's folder) or a file asset. A package with other content is an update; the same content under another name is no change.",
    ),
    "the content digest decides",
  ),
  rules: refersTo(
    absentAs(
      ruleSet
        .optional()
        .describe(
          "The import rules in force: pass the ImportRules resource, so that a changed rule imports the package again.",
        ),
      "a deployment without rules has empty ones",
      NO_RULES,
    ),
    { resource: "ImportRules" },
  ),
  notes: z
    .string()
    .default("")
    .describe("Shown in the platform's list of releases. Changing it updates in place."),
  active: z
    .boolean()
    .default(true)
    .describe(
      "Whether the platform runs this release. false imports it and leaves the release before it running.",
    ),
  keepReleases: localOnly(
    z
      .int()
      .min(2)
      .optional()
      .describe(
        "After an import, remove this program's oldest releases beyond this number; never the active one or the one before it. Left out: keep all.",
      ),
    "looked at after an import only",
  ),
  verify,
  editedInPlace: localOnly(
    z
      .enum(["warn", "refuse", "ignore"])
      .default("warn")
      .describe(
        "What to do when somebody edited the live flow of the release that a change would put out of use: those edits are lost.",
      ),
    "looked at before a change only",
  ),
  severities: localOnly(
    severities
      .default({})
      .describe("Other severities for findings, by code: `error` refuses the change, `ignore` silences it."),
    "looked at before a change only",
  ),
  adopt,
  contentDigest: derived(
    z
      .string()
      .optional()
      .describe("SHA-256 of what the package means, without ids, dates and order that carry no meaning."),
    "worked out of the package",
  ),
  contents: derived(
    localOnly(
      z
        .record(z.string(), z.any())
        .optional()
        .describe(
          "What the release holds after the rules: flows, recipes step by step, inputs, outputs, connections.",
        ),
      "follows the package and the rules",
    ),
    "worked out of the package and the rules",
  ),
  findings: derived(
    localOnly(
      z.array(z.string()).optional().describe("Warnings about the package under these rules."),
      "follows the package",
    ),
    "worked out of the package and the rules",
  ),
  formerOwners: derived(
    localOnly(
      z
        .array(z.string())
        .optional()
        .describe(
          "Other names (`project/stack/name`) under which releases of this resource were imported: its own before it was renamed, or that of the program which it was taken over from.",
        ),
      "the next import goes under the resource's own name",
    ),
    "told by the marker of the release, and by a change of the resource's name",
  ),
  action: derived(
    localOnly(
      z
        .string()
        .optional()
        .describe(
          "What the last change did, or the next one will do: deploy, rollback, roll-forward or re-import.",
        ),
      "a name for the change",
    ),
    "worked out of the deployment's releases",
  ),
});

const outputs = z.object({
  releaseId: z
    .string()
    .describe("Id of the release at the platform; another one after a deploy or a rollback."),
  packageUuid: z.string().describe("UUID of the export that the release was made of."),
  primaryFlowId: z.string().optional().describe("Local id of the release's primary flow."),
  verified: z
    .string()
    .optional()
    .describe(
      "What the run wrote with which this release passed its verification; `pending` until it has. Left out when it was activated without one.",
    ),
});

export type ReleaseInputs = z.output<typeof inputs>;
export type ReleaseOutputs = z.output<typeof outputs>;
export const release = defineResource({
  name: "Release",
  description:
    "The package that should be active in a deployment. A new package version is an update: it is imported and activated, and the release before it stays. A package that was imported here before, under the same rules, is activated again: a rollback or roll-forward without an import.",
  api: "/v4/deployments/{id}/releases and /v4/releases",
  inputs,
  outputs,
  examples: {
    minimal: `new sluice.Release("orders", { deploymentId: deployment.id, package: "orders-1.0.0.zip" });`,
    full: `new sluice.Release("orders", {
  deploymentId: deployment.id,
  package: "orders-1.1.0.zip",
  rules,
  notes: "orders 1.1.0",
  keepReleases: 5,
  verify: { timeoutSeconds: 600, outputs: { "daily-revenue.csv": { minRows: 1, columns: ["day", "revenue"] } } },
});`,
  },

  check: checkRelease,

  async create(context, wanted) {
    const outputs = await promote(context, wanted, undefined);
    return { id: wanted.deploymentId, outputs };
  },

  async read({ client }, id, state) {
    const ours = await requireRelease(client, state.releaseId, id);
    const isDrift = ours.isActive !== state.active;
    const active = isDrift ? await findActive(client, id) : undefined;
    return {
      inputs: {
        active: ours.isActive,
        notes: withoutMarker(ours.notes),
        ...(isDrift && {
          action: active
            ? `release ${nameRelease(active)} was activated ${OUTSIDE}`
            : `the release was deactivated ${OUTSIDE}`,
        }),
      },
      outputs: toOutputs(ours.id, ours.packageUuid ?? state.packageUuid, ours.marker?.flow),
    };
  },

  existing: existingReleases,

  refreshBeforeUpdate:
    "which release is active decides between an import, a rollback and nothing, and people change that by hand",

  async update(context, _id, state, wanted) {
    return promote(context, wanted, state);
  },

  async delete(context, id, state) {
    await removeReleases(context, id, state);
  },

  views: ({ contents }) => viewContents(contents),
});

/** Throws NotFound when the release is gone, and what the platform says when the account may not see its deployment. */
async function requireRelease(client: Client, id: string, deploymentId: string): Promise<ReleaseRecord> {
  try {
    return await readRelease(client, id);
  } catch (error) {
    if (error instanceof NotFound) await requireDeployment(client, deploymentId);
    throw error;
  }
}
