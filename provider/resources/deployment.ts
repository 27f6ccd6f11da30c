import { z } from "zod";
import type { Client } from "../client/client.js";
import { Conflict } from "../client/errors.js";
import type { Context } from "../framework/define-resource.js";
import { defineResource } from "../framework/define-resource.js";
import { stable } from "../framework/field-rules.js";
import { hasUnknown } from "../framework/unknown.js";
import { listDeployments } from "./deployment-names.js";
import { adopt, alreadyExists, checkName, findOtherStack, stackOf } from "./ownership.js";
import { readMarker } from "./release-marker.js";
import { listReleases } from "./release-history.js";

const inputs = z.strictObject({
  name: z.string().min(1).describe("Name of the deployment. Changing it renames in place."),
  // Not localOnly: deleting sees what state holds, so that a change of it has to reach state.
  forceDelete: z
    .boolean()
    .default(false)
    .describe(
      "Delete it even when it holds releases that no program of Sluice, or another one, imported. Run `pulumi up` after setting it.",
    ),
  adopt,
});

const outputs = z.object({
  deploymentId: stable(
    z.string().describe("Id at the platform, also the id of the resource."),
    "the platform gives it once",
  ),
});

const remote = z.object({ id: z.int(), name: z.string() });

type Remote = z.output<typeof remote>;

export const deployment = defineResource({
  name: "Deployment",
  description:
    "A versioned set of releases in a production environment; the platform runs the primary flow of the one that is active.",
  api: "/v4/deployments",
  inputs,
  outputs,
  examples: {
    minimal: `new sluice.Deployment("orders", { name: "orders" });`,
    full: `new sluice.Deployment("orders", { name: "orders", forceDelete: true });`,
  },

  async check(context, request) {
    const { name } = request.inputs;
    if (hasUnknown(name)) return {};
    const failures = await checkName(context, `deployment "${name}"`, request, async () => {
      const twin = await findTwin(context.client, name);
      return twin && nameTaken(context, twin);
    });
    return { failures };
  },

  async create(context, wanted) {
    const { client } = context;
    const twin = await findTwin(client, wanted.name);
    if (twin && !wanted.adopt) throw await nameTaken(context, twin);
    const { id } =
      twin ??
      (await client.create("/v4/deployments", { name: wanted.name }, remote, () =>
        findTwin(client, wanted.name),
      ));
    return { id: String(id), outputs: { deploymentId: String(id) } };
  },

  read: ({ client }, id) => observe(client, id),

  existing: {
    list: ({ client }) => listDeployments(client),
    read: ({ client }, id) => observe(client, id),
  },

  async update({ client }, id, state, wanted) {
    if (wanted.name !== state.name)
      await client.patch(`/v4/deployments/${id}`, { name: wanted.name }, z.unknown());
    return { deploymentId: id };
  },

  async delete(context, id, state) {
    if (!state.forceDelete) await refuseForeignReleases(context, id, state.name);
    await context.client.delete(`/v4/deployments/${id}`);
  },
});

async function observe(client: Client, id: string) {
  const found = await client.getById("/v4/deployments", id, remote);
  return { inputs: { name: found.name }, outputs: { deploymentId: String(found.id) } };
}

async function findTwin(client: Client, name: string): Promise<Remote | undefined> {
  const known = await client.list("/v4/deployments", remote, { filter: name, filterType: "exact" });
  return known.find((row) => row.name === name);
}

async function nameTaken(context: Context, twin: Remote): Promise<Conflict> {
  const id = String(twin.id);
  return alreadyExists(context, {
    what: `a deployment named "${twin.name}"`,
    id,
    path: "/v4/deployments",
    otherOwner: await findOtherStack(context, id),
  });
}

async function refuseForeignReleases({ client, owner }: Context, id: string, name: string): Promise<void> {
  const stack = stackOf(owner);
  const foreign = (await listReleases(client, id)).filter(
    (release) => stackOf(readMarker(release.notes)?.owner ?? "") !== stack,
  );
  if (foreign.length === 0) return;
  throw new Conflict(
    `deployment "${name}" holds ${foreign.length} release(s) that this stack did not import (#${foreign.map((release) => release.id).join(", #")}); remove them first, or set \`forceDelete: true\` and run \`pulumi up\` before destroying`,
    { status: 0, method: "DELETE", url: `/v4/deployments/${id}` },
  );
}
