/** Tables of runs as of migration 2. `owned` is the text of the columns that every owned row has. */
export const JOB_TABLES = (owned: string): readonly string[] => [
  `create table "flowSnapshots" (
    id integer primary key autoincrement,
    "environmentId" integer not null references environments(id),
    sha256 text not null, content text not null, "createdAt" text not null,
    unique ("environmentId", sha256))`,
  `create table "flowRuns" (${owned},
    "flowId" integer not null, "flowName" text not null, "deploymentId" integer, "releaseId" integer)`,
  `create table "jobGroups" (${owned},
    name text, description text, ranfrom text not null, ranfor text not null,
    status text not null, reason text, "sessionId" text not null, "profilingEnabled" integer not null,
    "flowId" integer not null, "flowNodeId" integer not null,
    "flowRunId" integer not null references "flowRuns"(id),
    "snapshotId" integer not null references "flowSnapshots"(id),
    output text not null, "runParameters" text not null, "runParameterReferenceDate" text not null,
    "startedAt" text, "endedAt" text, inputs text not null, outputs text not null)`,
  `create index "unfinishedJobGroups" on "jobGroups" (status, id) where status in ('Created', 'InProgress')`,
  `create index "jobGroupsOfEnvironment" on "jobGroups" ("environmentId", id)`,
  `create index "jobGroupsOfRun" on "jobGroups" ("flowRunId")`,
  `create index "jobGroupsOfNode" on "jobGroups" ("flowNodeId")`,
  `create table jobs (
    id integer primary key autoincrement,
    "jobGroupId" integer not null references "jobGroups"(id) on delete cascade,
    "jobType" text not null, status text not null, "createdAt" text not null, "updatedAt" text not null)`,
  `create index "jobsOfGroup" on jobs ("jobGroupId")`,
];

/** What schedules know of their moments since migration 3. */
export const SCHEDULE_COLUMNS: readonly string[] = ["schedules", "deploymentSchedules"].flatMap((table) => [
  `alter table "${table}" add column "nextMoment" text`,
  `alter table "${table}" add column "lastRun" text`,
  `create index "${table}ThatFire" on "${table}" (enabled, "nextMoment")`,
]);

/** What lists and the removal of old runs look for, since migration 5. */
export const JOB_INDEXES: readonly string[] = [
  `alter table jobs add column "environmentId" integer references environments(id)`,
  `update jobs set "environmentId" =
    (select "environmentId" from "jobGroups" where "jobGroups".id = jobs."jobGroupId")`,
  `create index "jobsOfEnvironment" on jobs ("environmentId", id)`,
  `create index "jobGroupsOfFlow" on "jobGroups" ("environmentId", "flowId", id)`,
  `create index "jobGroupsOfSnapshot" on "jobGroups" ("snapshotId")`,
  `create index "endedJobGroups" on "jobGroups" (id, status) where status not in ('Created', 'InProgress')`,
  `create index "flowRunsOfEnvironment" on "flowRuns" ("environmentId", id)`,
];
