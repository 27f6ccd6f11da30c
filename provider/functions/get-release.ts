import { z } from "zod";
import type { Client } from "../client/client.js";
import { NotFound } from "../client/errors.js";
import { defineFunction, InputRefused } from "../framework/define-function.js";
import { listReleases } from "../resources/release-history.js";
import type { ReleaseRecord } from "../resources/release-history.js";
import { findById, idArgument } from "./find-object.js";
import { deployments } from "./get-deployment.js";
import { releaseRecord, toRecord } from "./release-record.js";

const inputs = z.strictObject({
  id: idArgument.optional().describe("Id of the release. Give this or the deployment's."),
  deploymentId: idArgument.optional().describe("Id of a deployment, for the release that is active in it."),
});

const outputs = z.object({
  ...releaseRecord.shape,
  deploymentId: z.string().describe("Id of the deployment that it belongs to."),
});

export const getRelease = defineFunction({
  name: "getRelease",
  description: "Looks a release up: by its id, or the one that is active in a deployment.",
  inputs,
  outputs,
  example: `const active = sluice.getReleaseOutput({ deploymentId: deployment.id });
export const running = active.content;`,
  usesPlatform: true,

  async invoke({ client }, { id, deploymentId }) {
    if ((id === undefined) === (deploymentId === undefined)) {
      const reason = "needs exactly one of id and deploymentId, to say which release it is";
      throw new InputRefused([{ property: "", reason }]);
    }
    const place = deploymentId ?? (await deploymentOf(client, id ?? ""));
    const history = await listReleases(client, place);
    const found = history.find((release) =>
      id === undefined ? release.isActive : String(release.id) === id,
    );
    if (found === undefined) throw await missing(client, place, id, history);
    return { ...toRecord(found), deploymentId: place };
  },
});

async function deploymentOf(client: Client, id: string): Promise<string> {
  const shape = z.object({ deployment: z.object({ id: z.int() }) });
  try {
    const { deployment } = await client.get(`/v4/releases/${id}`, shape);
    return String(deployment.id);
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    const reason = `there is no release ${id} in this environment (${error.message})`;
    throw new InputRefused([{ property: "id", reason }], { cause: error });
  }
}

/** Why there is no release to answer; a deployment that is not there is the first thing to tell. */
async function missing(
  client: Client,
  deploymentId: string,
  id: string | undefined,
  history: readonly ReleaseRecord[],
): Promise<InputRefused> {
  const { name } = await findById(client, deployments, "deploymentId", deploymentId);
  if (id !== undefined)
    return new InputRefused([{ property: "id", reason: `release ${id} of deployment "${name}" is gone` }]);
  const reason =
    history.length === 0
      ? `deployment "${name}" has no release yet`
      : `deployment "${name}" has ${history.length} releases, and none of them is active; give the id of one`;
  return new InputRefused([{ property: "deploymentId", reason }]);
}
