import type { Generated } from "kysely";
import type { Flag, JsonText, OwnedColumns } from "./schema.js";

/** Tables of what runs and ran. */
export interface JobTables {
  flowSnapshots: FlowSnapshotRow;
  flowRuns: FlowRunRow;
  jobGroups: JobGroupRow;
  jobs: JobRow;
}

/** `Pending` is not used: a job group waits as `Created` and ends as one of the last three. */
export type JobStatus = "Created" | "InProgress" | "Complete" | "Failed" | "Canceled";

/** A flow as it was when a run was asked for, each content once: later edits do not change a waiting job. */
export interface FlowSnapshotRow {
  id: Generated<number>;
  environmentId: number;
  /** Hex SHA-256 of `content`. */
  sha256: string;
  /** `FlowPackage` of flow/model.ts, without webhooks and with this store's ids. */
  content: JsonText;
  createdAt: string;
}

/** One run of a flow's outputs, by itself or through its deployment. */
export interface FlowRunRow extends OwnedColumns {
  /** The flow may be gone since. */
  flowId: number;
  flowName: string;
  deploymentId: number | null;
  releaseId: number | null;
}

/** The run of one output of one recipe. Ids of flow objects are kept as they were; the objects may be gone since. */
export interface JobGroupRow extends OwnedColumns {
  name: string | null;
  description: string | null;
  ranfrom: string;
  ranfor: string;
  status: JobStatus;
  /** Why it failed; null unless it did. */
  reason: string | null;
  sessionId: string;
  profilingEnabled: Flag;
  flowId: number;
  flowNodeId: number;
  flowRunId: number;
  snapshotId: number;
  /** `Output` of flow/model.ts with the run's overrides. */
  output: JsonText;
  /** Parameter values of the run by name. */
  runParameters: JsonText;
  runParameterReferenceDate: string;
  startedAt: string | null;
  endedAt: string | null;
  /** `JobInput[]` and `JobOutput[]` of jobs/job.ts, as far as the job came. */
  inputs: JsonText;
  outputs: JsonText;
}

/** A part of a job group, as the API lists them: the recipe, then each destination. */
export interface JobRow {
  id: Generated<number>;
  /** That of its group, so that an environment's newest jobs are found without looking at every group. */
  environmentId: number;
  jobGroupId: number;
  jobType: "wrangle" | "filewriter" | "publish";
  status: JobStatus;
  createdAt: string;
  updatedAt: string;
}
