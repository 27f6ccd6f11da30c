import { FLOW_TABLES } from "./flow-migrations.js";
import { JOB_INDEXES, JOB_TABLES, SCHEDULE_COLUMNS } from "./job-migrations.js";

/** One step of the store's schema. Numbers rise by one; a step that was ever released is never edited. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly statements: readonly string[];
}

const OWNED = `id integer primary key autoincrement,
  "environmentId" integer not null references environments(id),
  "createdAt" text not null, "updatedAt" text not null,
  "creatorId" integer not null references people(id), "updaterId" integer not null references people(id)`;

const PLATFORM_TABLES = [
  `create table environments (
    id integer primary key autoincrement, name text not null unique, "createdAt" text not null)`,
  `create table people (
    id integer primary key autoincrement,
    "environmentId" integer not null references environments(id),
    email text not null, name text not null, "isAdmin" integer not null, "isDisabled" integer not null,
    "passwordHash" text, "lastLoginTime" text, "createdAt" text not null, "updatedAt" text not null,
    unique ("environmentId", email))`,
  `create table "apiAccessTokens" (
    "tokenId" text primary key,
    "environmentId" integer not null references environments(id),
    "personId" integer not null references people(id),
    "tokenHash" text not null, description text not null, "isStartToken" integer not null,
    "expiredAt" text, "lastUsed" text, "createdAt" text not null,
    unique ("environmentId", "tokenHash"))`,
  `create table connections (${OWNED},
    uuid text not null, name text not null, description text,
    vendor text not null, "vendorName" text not null, type text not null,
    host text, port integer, bucket text, ssl integer,
    "isGlobal" integer not null, "credentialType" text not null, "advancedCredentialType" text,
    "credentialsShared" integer not null, "disableTypeInference" integer not null,
    params text not null, endpoints text, credentials text, "advancedCredentials" text, usernames text not null,
    unique ("environmentId", uuid))`,
  `create table "connectionPermissions" (
    id integer primary key autoincrement,
    "connectionId" integer not null references connections(id) on delete cascade,
    "personId" integer not null references people(id),
    role text not null, "policyTag" text, "createdAt" text not null, "updatedAt" text not null,
    unique ("connectionId", "personId"))`,
  `create table deployments (${OWNED}, name text not null, "deletedAt" text)`,
  `create index "deploymentsOfEnvironment" on deployments ("environmentId", name)`,
  `create table "objectImportRules" (
    id integer primary key autoincrement,
    "deploymentId" integer not null references deployments(id) on delete cascade,
    position integer not null, "tableName" text not null,
    "onCondition" text not null, "withCondition" text not null,
    unique ("deploymentId", position))`,
  `create table "valueImportRules" (
    id integer primary key autoincrement,
    "deploymentId" integer not null references deployments(id) on delete cascade,
    position integer not null, type text not null, "on" text not null, "with" text not null,
    unique ("deploymentId", position))`,
  `create table releases (${OWNED},
    "deploymentId" integer not null references deployments(id),
    notes text, "packageUuid" text not null, "packageSha256" text not null, "packageFileName" text not null,
    "productVersion" text not null, active integer check (active = 1), "deletedAt" text)`,
  `create index "releasesOfDeployment" on releases ("deploymentId")`,
  `create unique index "oneActiveReleasePerDeployment" on releases ("deploymentId") where active = 1`,
  `create table schedules (${OWNED},
    name text not null, triggers text not null, tasks text not null, enabled integer not null)`,
  `create table "deploymentSchedules" (${OWNED},
    "deploymentId" integer not null references deployments(id),
    name text not null, triggers text not null, "runParameters" text, enabled integer not null)`,
  `create index "deploymentSchedulesOfDeployment" on "deploymentSchedules" ("deploymentId")`,
];

/** Roles since migration 4. Everybody could deploy before. */
const ROLE_COLUMNS = [
  `alter table people add column "isReadOnly" integer not null default 0`,
  `alter table people add column "isDeployer" integer not null default 1`,
];

/** What lists of many rows look for, since migration 5. */
const LIST_INDEXES = [
  `create index "releasesOfEnvironment" on releases ("environmentId", id) where "deletedAt" is null`,
  `create index "presentReleasesOfDeployment" on releases ("deploymentId", id) where "deletedAt" is null`,
  `create index "deploymentsByAge" on deployments ("environmentId", id) where "deletedAt" is null`,
];

/** THE list of schema steps, in order. Append only. */
export const MIGRATIONS: readonly Migration[] = [
  { number: 1, name: "platform and flow tables", statements: [...PLATFORM_TABLES, ...FLOW_TABLES(OWNED)] },
  { number: 2, name: "runs and jobs", statements: JOB_TABLES(OWNED) },
  { number: 3, name: "schedules fire", statements: SCHEDULE_COLUMNS },
  { number: 4, name: "roles of people", statements: ROLE_COLUMNS },
  { number: 5, name: "indexes of long lists", statements: [...JOB_INDEXES, ...LIST_INDEXES] },
];
