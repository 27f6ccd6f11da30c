import type { JsonObject, JsonValue } from "../../flow/model.js";
import { DataNotFoundException } from "../errors.js";
import { toFlowNodeObject } from "../flows/answers.js";
import { selectNodes } from "../flows/graph.js";
import { groupBy } from "../group-by.js";
import type { Collection } from "../listing.js";
import { toOwnership } from "../ownership.js";
import { embedPeople } from "../person-embeds.js";
import type { Caller } from "../platform.js";
import type { Database } from "../store/database.js";
import type { JobStatus } from "../store/job-schema.js";
import type { Row } from "../store/schema.js";
import type { StartedGroup } from "./start-run.js";

/** A job with what it takes over from its group. */
export type Job = Row<"jobs"> & Pick<Row<"jobGroups">, "creatorId" | "updaterId" | "reason">;

/** The API's object of a job group. The members from `failureReason` on are this platform's own. */
export function toJobGroup(row: Row<"jobGroups">): JsonObject {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    ranfrom: row.ranfrom,
    ranfor: row.ranfor,
    status: row.status,
    profilingEnabled: row.profilingEnabled === 1,
    runParameterReferenceDate: row.runParameterReferenceDate,
    ...toOwnership(row),
    workspace: { id: row.environmentId },
    snapshot: { id: row.snapshotId },
    wrangledDataset: { id: row.flowNodeId },
    flowrun: { id: row.flowRunId },
    failureReason: row.reason,
    startedAt: row.startedAt,
    endedAt: row.endedAt,
  };
}

/** The API's object of a job. */
export function toJob(row: Job): JsonObject {
  return {
    id: row.id,
    status: row.status,
    jobType: row.jobType,
    sampleSize: 100,
    percentComplete: row.status === "Complete" ? 100 : 0,
    lastHeartbeatAt: row.updatedAt,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    creator: { id: row.creatorId },
    jobGroup: { id: row.jobGroupId },
    errorMessage: row.reason === null ? null : { data: row.reason },
  };
}

/** The API's object of a run of a flow; what came of it is asked for separately. */
export function toFlowRun(row: Row<"flowRuns">): JsonObject {
  return {
    id: row.id,
    flow: { id: row.flowId },
    ...toOwnership(row),
    deployment: row.deploymentId === null ? null : { id: row.deploymentId },
    release: row.releaseId === null ? null : { id: row.releaseId },
  };
}

/** What a run answers of each job group that waits now. */
export function toStarted({ id, sessionId, jobIds }: StartedGroup): JsonObject {
  const [first, ...others] = jobIds;
  const edges = others.map((target): JsonValue => ({ source: first ?? 0, target }));
  return {
    reason: "JobStarted",
    sessionId,
    id,
    jobs: { data: jobIds.map((jobId) => ({ id: jobId })) },
    jobGraph: { vertices: [...jobIds], edges },
  };
}

/** How job groups are listed and answered. */
export function createJobGroups(database: Database): Collection<Row<"jobGroups">> {
  return {
    name: "jobGroups",
    columns: columnsOf("jobGroups", [
      "id",
      "name",
      "description",
      "status",
      "ranfrom",
      "createdAt",
      "updatedAt",
    ]),
    embeds: {
      ...embedPeople<Row<"jobGroups">>(database),
      jobs: { kind: "many", load: (rows) => loadJobs(database, rows) },
      wrangledDataset: { kind: "one", load: (rows) => loadNodes(database, rows) },
    },
    toObject: toJobGroup,
  };
}

/** How jobs are listed and answered. */
export function createJobs(database: Database): Collection<Job> {
  return {
    name: "jobs",
    columns: columnsOf("jobs", ["id", "status", "jobType", "createdAt", "updatedAt"]),
    defaultFilterField: "jobType",
    embeds: embedPeople<Job>(database),
    toObject: toJob,
  };
}

/** How runs of flows are listed and answered. */
export function createFlowRuns(database: Database): Collection<Row<"flowRuns">> {
  return {
    name: "flowRuns",
    columns: columnsOf("flowRuns", ["id", "flowId", "flowName", "createdAt", "updatedAt"]),
    defaultFilterField: "flowName",
    embeds: embedPeople<Row<"flowRuns">>(database),
    toObject: toFlowRun,
  };
}

/** Job groups that the caller may see: their own, or all for an administrator. */
export function selectJobGroups(database: Database, caller: Caller) {
  const all = database
    .selectFrom("jobGroups")
    .selectAll("jobGroups")
    .where("jobGroups.environmentId", "=", caller.environmentId);
  return caller.isAdmin ? all : all.where("jobGroups.creatorId", "=", caller.personId);
}

/** Jobs of the job groups that the caller may see. */
export function selectJobs(database: Database, caller: Caller) {
  const all = database
    .selectFrom("jobs")
    .innerJoin("jobGroups", "jobGroups.id", "jobs.jobGroupId")
    .selectAll("jobs")
    .select(["jobGroups.creatorId", "jobGroups.updaterId", "jobGroups.reason"])
    .where("jobs.environmentId", "=", caller.environmentId);
  return caller.isAdmin ? all : all.where("jobGroups.creatorId", "=", caller.personId);
}

/** Runs of flows that the caller may see. */
export function selectFlowRuns(database: Database, caller: Caller) {
  const all = database
    .selectFrom("flowRuns")
    .selectAll("flowRuns")
    .where("flowRuns.environmentId", "=", caller.environmentId);
  return caller.isAdmin ? all : all.where("flowRuns.creatorId", "=", caller.personId);
}

/** A job group that the caller may see, or 404. */
export async function findJobGroup(
  database: Database,
  caller: Caller,
  id: number,
): Promise<Row<"jobGroups">> {
  const row = await selectJobGroups(database, caller).where("jobGroups.id", "=", id).executeTakeFirst();
  return row ?? notFound("job group", id);
}

/** A job that the caller may see, or 404. */
export async function findJob(database: Database, caller: Caller, id: number): Promise<Job> {
  const row = await selectJobs(database, caller).where("jobs.id", "=", id).executeTakeFirst();
  return row ?? notFound("job", id);
}

/** A run of a flow that the caller may see, or 404. */
export async function findFlowRun(database: Database, caller: Caller, id: number): Promise<Row<"flowRuns">> {
  const row = await selectFlowRuns(database, caller).where("flowRuns.id", "=", id).executeTakeFirst();
  return row ?? notFound("flow run", id);
}

/** What several job groups come to: the worst that happened, once all have ended. */
export function combineStatus(statuses: readonly JobStatus[]): JobStatus {
  const isWaiting = statuses.every((status) => status === "Created");
  if (isWaiting && statuses.length > 0) return "Created";
  if (statuses.some((status) => status === "Created" || status === "InProgress")) return "InProgress";
  if (statuses.includes("Failed")) return "Failed";
  return statuses.includes("Canceled") ? "Canceled" : "Complete";
}

function notFound(noun: string, id: number): never {
  throw new DataNotFoundException(`There is no ${noun} ${id} in this environment that you may see`);
}

function columnsOf(table: string, fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field, `${table}.${field}`]));
}

async function loadJobs(database: Database, groups: readonly Row<"jobGroups">[]) {
  const jobs = await database
    .selectFrom("jobs")
    .innerJoin("jobGroups", "jobGroups.id", "jobs.jobGroupId")
    .selectAll("jobs")
    .select(["jobGroups.creatorId", "jobGroups.updaterId", "jobGroups.reason"])
    .where(
      "jobs.jobGroupId",
      "in",
      groups.map((group) => group.id),
    )
    .orderBy("jobs.id")
    .execute();
  const byGroup = groupBy(jobs, (job) => job.jobGroupId);
  return new Map([...byGroup].map(([id, some]) => [id, some.map(toJob)]));
}

/** Null where the recipe is gone since. */
async function loadNodes(database: Database, groups: readonly Row<"jobGroups">[]) {
  const nodes = await selectNodes(database)
    .where("flowNodes.id", "in", [...new Set(groups.map((group) => group.flowNodeId))])
    .execute();
  const byId = new Map(nodes.map((node) => [node.id, toFlowNodeObject(node)]));
  return new Map(groups.map((group) => [group.id, byId.get(group.flowNodeId) ?? null]));
}
