import { z } from "zod";
import { validateRules } from "../../flow/index.js";
import type { Client } from "../client/client.js";
import { Conflict } from "../client/errors.js";
import { isEqual } from "../framework/canonical.js";
import type { CheckFailure, Context } from "../framework/define-resource.js";
import { defineResource, NotReadyError } from "../framework/define-resource.js";
import { immutable, refersTo } from "../framework/field-rules.js";
import { hasUnknown, UNKNOWN } from "../framework/unknown.js";
import { listDeployments, requireDeployment } from "./deployment-names.js";
import { adopt, claimObject, findOtherStack } from "./ownership.js";
import { neutralise, readRules, readRulesOfMany, toImportRules, writeRules } from "./rules-in-force.js";
import { NO_RULES, ruleSet } from "./rule-set.js";

const inputs = z.strictObject({
  deploymentId: refersTo(
    immutable(
      z.string().min(1).describe("Id of the deployment. Changing it replaces."),
      "rules belong to one deployment",
    ),
    { resource: "Deployment", output: "id" },
  ),
  ...ruleSet.shape,
  adopt,
});

const outputs = z.object({
  kept: z
    .array(z.string())
    .describe(
      "Rules of earlier versions that the platform does not let go; they do no harm and are listed for honesty.",
    ),
});

type Inputs = z.output<typeof inputs>;

export const importRules = defineResource({
  name: "ImportRules",
  description:
    "The ordered mapping rules of one deployment. The platform applies them only to later imports, in order, each on the result of the one before; a Release that is given these rules is imported again when they change.",
  api: "/v4/deployments/{id}/objectImportRules and /valueImportRules",
  inputs,
  outputs,
  examples: {
    minimal: `new sluice.ImportRules("orders", { deploymentId: deployment.id });`,
    full: `new sluice.ImportRules("orders", {
  deploymentId: deployment.id,
  connections: [{ on: { uuid: "d75255f0-a245-11e7-8618-adc1dbb4bed0" }, with: warehouse.id }],
  values: [
    { type: "s3Bucket", on: "acme-dev", with: "acme-prod" },
    { type: "fileLocation", on: "/\\\\/dev\\\\//", with: "/prod/" },
  ],
});`,
  },

  async check(context, { inputs: wanted, previous }) {
    const { client } = context;
    const { connections, values } = wanted;
    const known = {
      connections: hasUnknown(connections) ? [] : connections,
      values: hasUnknown(values) ? [] : values,
    };
    const failures: CheckFailure[] = validateRules(toImportRules(known)).map(({ path, message }) => ({
      property: path,
      reason: message,
    }));
    // Any part may be unknown in a preview, the whole list too.
    if (Array.isArray(connections)) failures.push(...(await checkTargets(client, connections)));
    if (!hasUnknown(wanted.deploymentId))
      failures.push(
        ...claimObject(
          context,
          "deploymentId",
          `the list of import rules of deployment ${wanted.deploymentId}`,
        ),
      );
    if (previous?.deploymentId !== wanted.deploymentId && !hasUnknown(wanted))
      await refuseForeignRules(context, wanted);
    return { failures };
  },

  async create(context, wanted) {
    await refuseForeignRules(context, wanted);
    return { id: wanted.deploymentId, outputs: await put(context, wanted) };
  },

  async read({ client }, id, state) {
    const present = await readRulesOfMany(client, id, state, state.kept);
    return { inputs: present === undefined ? {} : present, outputs: { kept: state.kept } };
  },

  existing: {
    // One for each deployment: whether it has rules shows only when each is asked.
    list: ({ client }) => listDeployments(client),
    async read({ client }, id) {
      const deployment = await requireDeployment(client, id);
      const present = await readRulesOfMany(client, id, NO_RULES);
      if (present === undefined)
        throw new Conflict(
          `${client.endpoint} does not tell which import rules deployment "${deployment.name}" has, so they cannot be imported; state them in the program with \`adopt: true\` instead, which sets them`,
          { status: 0, method: "GET", url: `/v4/deployments/${id}/valueImportRules` },
        );
      return { inputs: { deploymentId: id, ...present }, outputs: { kept: [] } };
    },
  },

  async update(context, _id, _state, wanted) {
    return put(context, wanted);
  },

  async delete({ client }, id) {
    await writeRules(client, id, NO_RULES);
    await neutralise(client, id, NO_RULES);
  },
});

async function refuseForeignRules(context: Context, wanted: Inputs): Promise<void> {
  const { client } = context;
  if (wanted.adopt) return;
  const present = await readRules(client, wanted.deploymentId, wanted);
  // A part of our own rules is what an earlier attempt got done.
  const isOurs =
    present === undefined ||
    (isPartOf(present.connections, wanted.connections) && isPartOf(present.values, wanted.values));
  const { connections = [], values = [] } = present ?? {};
  const isEmpty = connections.length + values.length === 0;
  const other = await findOtherStack(context, wanted.deploymentId);
  if (other === undefined && (isOurs || isEmpty)) return;
  const deployment = `deployment ${wanted.deploymentId}`;
  const inTurns = `its active release was imported by ${other ?? ""}: two stacks would set the rules in turns`;
  const held = `${deployment} already has import rules (${connections.length} for connections, ${values.length} for values)`;
  const maker = other === undefined ? "that this program did not make" : `and ${inTurns}`;
  const byImport =
    context.importCommand === undefined
      ? ""
      : `, run \`${context.importCommand(wanted.deploymentId)}\` to take them into this stack as they are`;
  const problem = isEmpty
    ? `${deployment} is not this stack's, as ${inTurns}; set \`adopt: true\` to set them`
    : `${held} ${maker}; set \`adopt: true\` to replace them${byImport}`;
  throw new Conflict(`${problem}, or manage the deployment in one program only`, {
    status: 0,
    method: "GET",
    url: `/v4/deployments/${wanted.deploymentId}/valueImportRules`,
  });
}

function isPartOf(some: readonly unknown[], all: readonly unknown[]): boolean {
  return some.every((rule) => all.some((other) => isEqual(other, rule)));
}

async function put({ client, say }: Context, wanted: Inputs): Promise<z.output<typeof outputs>> {
  const rules = { connections: wanted.connections, values: wanted.values };
  await writeRules(client, wanted.deploymentId, rules);
  const kept = await neutralise(client, wanted.deploymentId, rules);
  const present = await readRules(client, wanted.deploymentId, rules, kept);
  if (present !== undefined && !isEqual(present, rules))
    throw new NotReadyError(
      `the platform holds other rules, or another order, than were sent to deployment ${wanted.deploymentId}; rules are applied in order, so this would map differently than previewed. Remove the deployment's rules by hand and run \`pulumi up\` again`,
      wanted.deploymentId,
      { kept },
    );
  if (kept.length > 0)
    say(
      "warning",
      `the platform keeps ${kept.length} connection rule(s) that this program no longer states: ${kept.join("; ")}. They still map connections of later imports; remove them by hand, or state a rule for the same connection`,
    );
  return { kept };
}

const connectionRow = z.object({ id: z.int() });

async function checkTargets(client: Client, rules: Inputs["connections"]): Promise<CheckFailure[]> {
  const targets = rules.map((rule) => ((rule as unknown) === UNKNOWN ? UNKNOWN : rule.with));
  if (targets.every((target) => target === UNKNOWN)) return [];
  const known = await client.list("/v4/connections", connectionRow);
  return targets.flatMap((target, index) =>
    target === UNKNOWN || known.some((row) => String(row.id) === target)
      ? []
      : [
          {
            property: `connections[${index}].with`,
            reason: `there is no connection ${target} at ${client.endpoint} that this account can see; if it was deleted by hand, run \`pulumi refresh\` first`,
          },
        ],
  );
}
