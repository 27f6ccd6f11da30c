import { createHash, randomUUID } from "node:crypto";
import type { Flow, FlowPackage, Output } from "../../flow/model.js";
import { exportPackage } from "../flows/export.js";
import { stampNew } from "../ownership.js";
import type { Caller, Platform } from "../platform.js";
import type { Database } from "../store/database.js";

/** What a caller wants to run. */
export interface RunRequest {
  readonly flow: { readonly id: number; readonly name: string };
  /** The outputs to write, chosen from those of the flow as it is now, with the caller's overrides. */
  readonly chooseOutputs: (outputs: readonly Output[], flow: Flow) => readonly Output[];
  readonly parameters: Readonly<Record<string, string>>;
  /** ISO time. */
  readonly referenceDate: string;
  readonly ranfrom: string;
  readonly release?: { readonly id: number; readonly deploymentId: number };
}

/** A job group that waits for its turn. */
export interface StartedGroup {
  readonly id: number;
  readonly sessionId: string;
  readonly jobIds: readonly number[];
}

/** Puts a job group for each chosen output into the queue. */
export async function startRun(
  platform: Platform,
  caller: Caller,
  request: RunRequest,
): Promise<{ readonly flowRunId: number; readonly groups: readonly StartedGroup[] }> {
  const pkg = await exportPackage(platform, caller, [request.flow.id]);
  const flow = pkg.flows.find(({ id }) => id === request.flow.id);
  const outputs = flow === undefined ? [] : request.chooseOutputs(flow.outputs, flow);
  const started = await platform.database.transaction().execute(async (database) => {
    const snapshotId = await keepSnapshot(database, caller, pkg);
    const flowRun = await database
      .insertInto("flowRuns")
      .values({
        ...stampNew(caller),
        flowId: request.flow.id,
        flowName: request.flow.name,
        deploymentId: request.release?.deploymentId ?? null,
        releaseId: request.release?.id ?? null,
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    const groups: StartedGroup[] = [];
    for (const output of outputs) {
      groups.push(
        await insertGroup(database, caller, { ...request, output, snapshotId, flowRunId: flowRun.id }),
      );
    }
    return { flowRunId: flowRun.id, groups };
  });
  platform.jobs.wake();
  return started;
}

/** Without what differs in every export, so that equal flows make one snapshot, and without webhooks: they hold secrets. */
async function keepSnapshot(database: Database, caller: Caller, pkg: FlowPackage): Promise<number> {
  const content = JSON.stringify({
    ...pkg,
    metadata: { ...pkg.metadata, uuid: "", exportedAt: null, exportedBy: null },
    flows: pkg.flows.map((flow) => ({ ...flow, webhooks: [] })),
  } satisfies FlowPackage);
  const sha256 = createHash("sha256").update(content).digest("hex");
  const { environmentId } = caller;
  await database
    .insertInto("flowSnapshots")
    .values({ environmentId, sha256, content, createdAt: new Date().toISOString() })
    .onConflict((conflict) => conflict.columns(["environmentId", "sha256"]).doNothing())
    .execute();
  const { id } = await database
    .selectFrom("flowSnapshots")
    .select("id")
    .where("environmentId", "=", environmentId)
    .where("sha256", "=", sha256)
    .executeTakeFirstOrThrow();
  return id;
}

async function insertGroup(
  database: Database,
  caller: Caller,
  group: RunRequest & { readonly output: Output; readonly snapshotId: number; readonly flowRunId: number },
): Promise<StartedGroup> {
  const { output, flow, parameters, referenceDate, ranfrom, snapshotId, flowRunId } = group;
  const stamp = stampNew(caller);
  const sessionId = randomUUID();
  const { id } = await database
    .insertInto("jobGroups")
    .values({
      ...stamp,
      name: null,
      description: null,
      ranfrom,
      ranfor: "recipe",
      status: "Created",
      reason: null,
      sessionId,
      profilingEnabled: output.hasProfile ? 1 : 0,
      flowId: flow.id,
      flowNodeId: output.nodeId,
      flowRunId,
      snapshotId,
      output: JSON.stringify(output),
      runParameters: JSON.stringify(parameters),
      runParameterReferenceDate: referenceDate,
      startedAt: null,
      endedAt: null,
      inputs: "[]",
      outputs: "[]",
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const types = [
    "wrangle" as const,
    ...output.files.map(() => "filewriter" as const),
    ...output.tables.map(() => "publish" as const),
  ];
  const jobs = await database
    .insertInto("jobs")
    .values(
      types.map((jobType) => ({
        environmentId: caller.environmentId,
        jobGroupId: id,
        jobType,
        status: "Created" as const,
        createdAt: stamp.createdAt,
        updatedAt: stamp.updatedAt,
      })),
    )
    .returning("id")
    .execute();
  return { id, sessionId, jobIds: jobs.map((job) => job.id) };
}
