import { z } from "zod";
import type { Client } from "../client/client.js";
import { RouteNotFound } from "../client/errors.js";
import { offers, offersEmbeds } from "./platform-features.js";
import { listAllReleases } from "./release-history.js";
import type { ReleaseRecord } from "./release-history.js";
import { remoteTrigger } from "./trigger.js";

/** Path of the schedules that follow a deployment by themselves, where the platform has them. */
export const DEPLOYMENT_SCHEDULES = "/v4/deploymentSchedules";

/** Path of the schedules of every platform: bound to a flow. */
export const FLOW_SCHEDULES = "/v4/schedules";

/** A schedule of a flow, as far as moving it needs. */
const flowSchedule = z.object({
  id: z.int(),
  name: z.string(),
  enabled: z.boolean().optional(),
  triggers: z.array(remoteTrigger),
  tasks: z.array(z.object({ runFlow: z.object({ flowId: z.int() }).optional() })),
});

/**
 * Moves the schedules that run another release's flow to the flow of the release that is active now: on a
 * platform without deployment schedules they would silently keep running the old one.
 */
export async function moveFlowSchedules(
  client: Client,
  history: readonly ReleaseRecord[],
  activeFlow: number | undefined,
): Promise<void> {
  const flows = new Set(history.flatMap((release) => release.marker?.flow ?? []));
  flows.delete(activeFlow ?? -1);
  if (activeFlow === undefined || flows.size === 0 || (await offers(client, DEPLOYMENT_SCHEDULES))) return;
  for (const schedule of await listFlowSchedules(client)) {
    const isOrphan = schedule.tasks.some((task) => task.runFlow && flows.has(task.runFlow.flowId));
    if (!isOrphan) continue;
    await client.put(
      `${FLOW_SCHEDULES}/${schedule.id}`,
      { name: schedule.name, triggers: schedule.triggers, tasks: [{ runFlow: { flowId: activeFlow } }] },
      z.unknown(),
    );
  }
}

/** Tells of schedules which deployment each runs: its own, or the one whose release holds the flow that it runs. */
export async function placeSchedules(
  client: Client,
  schedules: readonly ScheduleBinding[],
): Promise<(schedule: ScheduleBinding) => string | undefined> {
  const isAllBound = schedules.every(({ deployment }) => deployment !== undefined);
  const deployments = isAllBound ? new Map<number, string>() : await deploymentsOfFlows(client);
  return ({ deployment, tasks = [] }) =>
    deployment === undefined
      ? tasks
          .map((task) => task.runFlow && deployments.get(task.runFlow.flowId))
          .find((id) => id !== undefined)
      : String(deployment.id);
}

/**
 * The flow that the schedule is bound to, when no release holds it any more: somebody deleted the release, and the schedule
 * never runs again. Undefined where the platform does not tell the flows of releases.
 */
export async function findOrphanedFlow(
  client: Client,
  schedule: ScheduleBinding,
): Promise<number | undefined> {
  const flow = schedule.tasks?.find((task) => task.runFlow)?.runFlow?.flowId;
  if (flow === undefined || !(await offersEmbeds(client, "/v4/releases", ["flows"]))) return undefined;
  const deploymentOf = await placeSchedules(client, [schedule]);
  return deploymentOf(schedule) === undefined ? flow : undefined;
}

interface ScheduleBinding {
  readonly deployment?: { readonly id: number } | undefined;
  readonly tasks?: readonly { readonly runFlow?: { readonly flowId: number } | undefined }[] | undefined;
}

/** The deployment of each release's flow: as markers tell, or as the platform does where it embeds flows. */
async function deploymentsOfFlows(client: Client): Promise<Map<number, string>> {
  const path = "/v4/releases";
  const marked = (await listAllReleases(client)).flatMap(({ deploymentId, marker }) =>
    deploymentId === undefined || marker?.flow === undefined ? [] : [[marker.flow, deploymentId] as const],
  );
  if (!(await offersEmbeds(client, path, ["flows"]))) return new Map(marked);
  const shape = z.object({
    deployment: z.object({ id: z.int() }),
    flows: z.object({ data: z.array(z.object({ id: z.int() })) }),
  });
  const rows = await client.list(path, shape, { embed: "flows" });
  const told = rows.flatMap(({ deployment, flows }) =>
    flows.data.map(({ id }) => [id, String(deployment.id)] as const),
  );
  return new Map([...marked, ...told]);
}

async function listFlowSchedules(client: Client): Promise<z.output<typeof flowSchedule>[]> {
  try {
    return await client.list(FLOW_SCHEDULES, flowSchedule);
  } catch (error) {
    // Older self-managed platforms keep schedules out of the API; then there is none of ours to move.
    if (error instanceof RouteNotFound) return [];
    throw error;
  }
}
