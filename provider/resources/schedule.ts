import { z } from "zod";
import type { Client } from "../client/client.js";
import { Conflict } from "../client/errors.js";
import { isEqual } from "../framework/canonical.js";
import type { CheckFailure, CheckRequest, Context, Observed } from "../framework/define-resource.js";
import { completing, defineResource } from "../framework/define-resource.js";
import { immutable, refersTo, serverDefault, stable } from "../framework/field-rules.js";
import { hasUnknown } from "../framework/unknown.js";
import { listDeployments } from "./deployment-names.js";
import { DEPLOYMENT_SCHEDULES, findOrphanedFlow, FLOW_SCHEDULES, placeSchedules } from "./flow-schedules.js";
import { adopt, alreadyExists, checkName, findOtherStack } from "./ownership.js";
import { offers } from "./platform-features.js";
import { listReleases } from "./release-history.js";
import { primaryFlowOf } from "./release-import.js";
import { findUnknownParameters, parameterNamesOf } from "./schedule-parameters.js";
import { fromRemoteTrigger, remoteTrigger, toRemoteTrigger, trigger } from "./trigger.js";

const inputs = z.strictObject({
  deploymentId: refersTo(
    immutable(
      z
        .string()
        .min(1)
        .describe(
          "Id of the deployment that it runs: of whatever release is active then. Pass the Release's `deploymentId`, so that the schedule is made after the first release.",
        ),
      "a schedule belongs to one deployment",
    ),
    { resource: "Release", output: "deploymentId" },
    { resource: "Deployment", output: "id" },
  ),
  name: z.string().min(1).describe("Name of the schedule."),
  triggers: z.array(trigger).min(1).describe("When it fires; several are alternatives."),
  enabled: serverDefault(
    z
      .boolean()
      .optional()
      .describe(
        "Whether it fires. Left out: as it is, so that an operator's pause survives a deploy; a new one fires.",
      ),
    "pausing is an operator's decision",
  ),
  parameters: z
    .record(z.string(), z.string())
    .default({})
    .describe(
      "Values for the flow's parameters in every run, by name. A name that was not stated before must be a parameter of what the deployment will run: of the program's Release, or else of the active one.",
    ),
  adopt,
});

const outputs = z.object({
  scheduleId: stable(z.string().describe("Id at the platform."), "the platform gives it once"),
  boundTo: stable(
    z
      .enum(["deployment", "flow"])
      .describe("What the platform binds it to; a flow's schedule is moved with every activation."),
    "decided when it is made",
  ),
});

const remote = z.object({
  id: z.int(),
  name: z.string(),
  triggers: z.array(remoteTrigger),
  enabled: z.boolean().optional(),
  deployment: z.object({ id: z.int() }).optional(),
  tasks: z.array(z.object({ runFlow: z.object({ flowId: z.int() }).optional() })).optional(),
  runParameters: z
    .object({
      overrides: z.object({ data: z.array(z.object({ key: z.string(), value: z.string() })) }).optional(),
    })
    .nullish(),
});

type Inputs = z.output<typeof inputs>;
type Remote = z.output<typeof remote>;
type Outputs = z.output<typeof outputs>;
type SchedulePath = typeof DEPLOYMENT_SCHEDULES | typeof FLOW_SCHEDULES;

export const schedule = defineResource({
  name: "Schedule",
  description:
    "Runs a deployment at fixed times. It follows the deployment, never one release: what is active when it fires is what runs.",
  api: "/v4/deploymentSchedules, or /v4/schedules where the platform has no schedules of deployments",
  inputs,
  outputs,
  examples: {
    minimal: `new sluice.Schedule("nightly", {
  deploymentId: release.deploymentId,
  name: "nightly",
  triggers: [{ daily: { hourOfDay: 2, minuteOfHour: 0 } }],
});`,
    full: `new sluice.Schedule("nightly", {
  deploymentId: release.deploymentId,
  name: "nightly",
  triggers: [{ cron: "0 30 2 ? * MON-FRI", timezone: "Europe/Berlin" }],
  enabled: true,
  parameters: { region: "02" },
});`,
  },

  async check(context, request) {
    const { client } = context;
    const { inputs: wanted, previous } = request;
    const { name, deploymentId } = wanted;
    const failures = hasUnknown([name, deploymentId])
      ? []
      : await checkName(context, `schedule "${name}" of deployment ${deploymentId}`, request, async () => {
          const path = pathOf(await bindingOf(client));
          const twin = await findTwin(client, path, wanted);
          return twin && nameTaken(context, twin, path, deploymentId);
        });
    failures.push(
      ...findPast(wanted.triggers, previous?.triggers),
      ...(await checkParameters(context, request)),
    );
    return { failures };
  },

  async create(context, wanted) {
    const { client } = context;
    const boundTo = await bindingOf(client);
    const path = pathOf(boundTo);
    const twin = await findTwin(client, path, wanted);
    if (twin && !wanted.adopt) throw await nameTaken(context, twin, path, wanted.deploymentId);
    const body = await toRequest(client, wanted, boundTo);
    const made = twin ?? (await client.create(path, body, remote, () => findTwin(client, path, wanted)));
    if (twin) await client.put(`${path}/${twin.id}`, body, z.unknown());
    const created = { id: String(made.id), outputs: { scheduleId: String(made.id), boundTo } };
    await completing(`schedule ${made.id} was made`, created, () =>
      setEnabled(client, path, made, wanted.enabled),
    );
    return created;
  },

  async read({ client }, id, { boundTo }) {
    const found = await client.getById(pathOf(boundTo), id, remote);
    const { inputs, outputs } = toObserved(found, boundTo);
    const gone = boundTo === "flow" ? await findOrphanedFlow(client, found) : undefined;
    return {
      inputs: { ...inputs, ...(gone !== undefined && { deploymentId: `flow ${gone} of no release` }) },
      outputs,
    };
  },

  existing: {
    async list({ client }) {
      const path = pathOf(await bindingOf(client));
      const rows = await client.list(path, remote.pick({ id: true, name: true, ...BINDING }));
      if (rows.length === 0) return [];
      const names = new Map((await listDeployments(client)).map(({ id, name }) => [id, name]));
      const deploymentOf = await placeSchedules(client, rows);
      return rows.flatMap((row) => {
        const deployment = deploymentOf(row);
        // A flow of no release is scheduled in a development environment: no deployment runs it.
        if (deployment === undefined) return [];
        return [
          {
            id: String(row.id),
            name: row.name,
            place: `of deployment "${names.get(deployment) ?? deployment}"`,
          },
        ];
      });
    },
    async read({ client }, id) {
      const boundTo = await bindingOf(client);
      const found = await client.getById(pathOf(boundTo), id, remote);
      const deploymentId = (await placeSchedules(client, [found]))(found);
      if (deploymentId === undefined)
        throw new Conflict(
          `schedule ${id} ("${found.name}") runs a flow of no release that this account sees; Sluice schedules deployments`,
          { status: 0, method: "GET", url: `${pathOf(boundTo)}/${id}` },
        );
      const { inputs, outputs } = toObserved(found, boundTo);
      return { inputs: { deploymentId, ...inputs }, outputs };
    },
  },

  async update({ client }, id, state, wanted) {
    const path = pathOf(state.boundTo);
    await client.put(`${path}/${id}`, await toRequest(client, wanted, state.boundTo), z.unknown());
    if (wanted.enabled !== undefined)
      await setEnabled(client, path, await client.get(`${path}/${id}`, remote), wanted.enabled);
    return { scheduleId: state.scheduleId, boundTo: state.boundTo };
  },

  async delete({ client }, id, state) {
    await client.delete(`${pathOf(state.boundTo)}/${id}`);
  },
});

/** What tells a schedule's deployment. */
const BINDING = { deployment: true, tasks: true } as const;

function toObserved(found: Remote, boundTo: Outputs["boundTo"]): Observed<Inputs, Outputs> {
  const parameters = found.runParameters?.overrides?.data.map(({ key, value }) => [key, value] as const);
  return {
    inputs: {
      name: found.name,
      triggers: found.triggers.map(fromRemoteTrigger),
      ...(found.enabled !== undefined && { enabled: found.enabled }),
      ...(boundTo === "deployment" && { parameters: Object.fromEntries(parameters ?? []) }),
    },
    outputs: { scheduleId: String(found.id), boundTo },
  };
}

function pathOf(boundTo: Outputs["boundTo"]): SchedulePath {
  return boundTo === "deployment" ? DEPLOYMENT_SCHEDULES : FLOW_SCHEDULES;
}

async function bindingOf(client: Client): Promise<Outputs["boundTo"]> {
  return (await offers(client, DEPLOYMENT_SCHEDULES)) ? "deployment" : "flow";
}

/** The schedule of this name that the deployment has: bound to it, or to a flow of one of its releases. */
async function findTwin(client: Client, path: string, wanted: Inputs): Promise<Remote | undefined> {
  const named = (await client.list(path, remote)).filter((row) => row.name === wanted.name);
  if (named.length === 0) return undefined;
  const flows = (await listReleases(client, wanted.deploymentId)).map((release) => release.marker?.flow);
  return named.find((row) =>
    row.deployment === undefined
      ? row.tasks?.some((task) => task.runFlow && flows.includes(task.runFlow.flowId))
      : String(row.deployment.id) === wanted.deploymentId,
  );
}

/** A new trigger that lies in the past would never fire; one that fired since it was set has done its work. */
function findPast(wanted: Inputs["triggers"], before: Inputs["triggers"] = []): CheckFailure[] {
  if (hasUnknown(wanted)) return [];
  const isPast = ({ oneTime }: Inputs["triggers"][number]) =>
    oneTime !== undefined && Date.parse(oneTime) <= Date.now();
  return wanted.flatMap((trigger, index) =>
    isPast(trigger) && !before.some((known) => isEqual(known, trigger))
      ? [{ property: `triggers[${index}].oneTime`, reason: "lies in the past: it never fires" }]
      : [],
  );
}

async function checkParameters(
  context: Context,
  { inputs: wanted, previous }: CheckRequest<Inputs>,
): Promise<CheckFailure[]> {
  const { client } = context;
  if (parameterNamesOf(wanted).length === 0) return [];
  if ((await bindingOf(client)) === "deployment") return findUnknownParameters(context, wanted, previous);
  return [
    {
      property: "parameters",
      reason: `${client.endpoint} schedules flows, not deployments, and those schedules take no parameters; set them as overrides of the flow instead`,
    },
  ];
}

async function nameTaken(
  context: Context,
  twin: Remote,
  path: string,
  deploymentId: string,
): Promise<Conflict> {
  return alreadyExists(context, {
    what: `a schedule named "${twin.name}" of this deployment`,
    id: String(twin.id),
    path,
    otherOwner: await findOtherStack(context, deploymentId),
  });
}

async function toRequest(
  client: Client,
  wanted: Inputs,
  boundTo: Outputs["boundTo"],
): Promise<Record<string, unknown>> {
  const base = { name: wanted.name, triggers: wanted.triggers.map(toRemoteTrigger) };
  if (boundTo === "deployment") {
    const parameters = Object.entries(wanted.parameters).map(([key, value]) => ({ key, value }));
    return {
      ...base,
      deployment: { id: Number(wanted.deploymentId) },
      runParameters: { overrides: { data: parameters } },
    };
  }
  return { ...base, tasks: [{ runFlow: { flowId: await activeFlow(client, wanted.deploymentId) } }] };
}

async function activeFlow(client: Client, deploymentId: string): Promise<number> {
  const active = (await listReleases(client, deploymentId)).find((release) => release.isActive);
  const flow = active && (await primaryFlowOf(client, active));
  if (flow !== undefined) return flow;
  throw new Conflict(
    `deployment ${deploymentId} has no active release whose flow is known, and this platform schedules flows only; pass the Release's \`deploymentId\`, so that the schedule is made after it`,
    { status: 0, method: "GET", url: "/v4/releases" },
  );
}

async function setEnabled(
  client: Client,
  path: SchedulePath,
  present: Remote,
  wanted: boolean | undefined,
): Promise<void> {
  if (wanted === undefined || present.enabled === wanted) return;
  await client.post(`${path}/${present.id}/${wanted ? "enable" : "disable"}`, {}, z.unknown());
}
