import { z } from "zod";
import { defineFunction } from "../framework/define-function.js";
import { listReleases } from "../resources/release-history.js";
import { findById, idArgument } from "./find-object.js";
import { deployments } from "./get-deployment.js";
import { listedRelease, toRecord } from "./release-record.js";

const inputs = z.strictObject({ deploymentId: idArgument.describe("Id of the deployment.") });

const outputs = z.object({
  releases: z.array(listedRelease).describe("Every release of the deployment, the newest first."),
  activeReleaseId: z.string().optional().describe("Id of the active one. Left out: none is."),
});

export const getReleases = defineFunction({
  name: "getReleases",
  description:
    "Lists the releases of a deployment: which one is active, what they were made of, and which ones a program can roll back to.",
  inputs,
  outputs,
  example: `const history = sluice.getReleasesOutput({ deploymentId: deployment.id });
export const ways = history.releases.apply((all) => all.filter(({ canRollBack }) => canRollBack));`,
  usesPlatform: true,

  async invoke({ client }, { deploymentId }) {
    const history = await listReleases(client, deploymentId);
    // The list of a deployment that is not there is empty, too.
    if (history.length === 0) await findById(client, deployments, "deploymentId", deploymentId);
    const releases = history.map(toRecord).reverse();
    const active = releases.find((release) => release.active);
    return { releases, ...(active && { activeReleaseId: active.id }) };
  },
});
