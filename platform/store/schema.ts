import type { Generated, Selectable } from "kysely";
import type { FlowTables } from "./flow-schema.js";
import type { JobTables } from "./job-schema.js";

/**
 * Row types of the store. Column names are the v4 API's own where the API shows the column. Timestamps are ISO
 * text in UTC, flags are 0 or 1, and columns typed `JsonText` hold JSON as text.
 */
export interface Tables extends FlowTables, JobTables {
  environments: EnvironmentRow;
  people: PersonRow;
  apiAccessTokens: ApiAccessTokenRow;
  connections: ConnectionRow;
  connectionPermissions: ConnectionPermissionRow;
  deployments: DeploymentRow;
  objectImportRules: ObjectImportRuleRow;
  valueImportRules: ValueImportRuleRow;
  releases: ReleaseRow;
  schedules: ScheduleRow;
  deploymentSchedules: DeploymentScheduleRow;
}

/** A row of one table as it is read. */
export type Row<Table extends keyof Tables> = Selectable<Tables[Table]>;

/** SQLite has no booleans. */
export type Flag = 0 | 1;
/** JSON kept as text, so that any query layer can carry it. */
export type JsonText = string;

/** Columns of every row that people own inside one environment. */
export interface OwnedColumns {
  id: Generated<number>;
  environmentId: number;
  createdAt: string;
  updatedAt: string;
  creatorId: number;
  updaterId: number;
}

/** One environment; its id is also the `workspace.id` that the API shows. */
export interface EnvironmentRow {
  id: Generated<number>;
  name: string;
  createdAt: string;
}

/** A person of one environment. Only people made with a password have a hash here. */
export interface PersonRow {
  id: Generated<number>;
  environmentId: number;
  email: string;
  name: string;
  isAdmin: Flag;
  isDisabled: Flag;
  isReadOnly: Generated<Flag>;
  isDeployer: Generated<Flag>;
  passwordHash: string | null;
  lastLoginTime: string | null;
  createdAt: string;
  updatedAt: string;
}

/** A token is stored as the hex SHA-256 of its value, never as the value. */
export interface ApiAccessTokenRow {
  tokenId: string;
  environmentId: number;
  personId: number;
  tokenHash: string;
  description: string;
  /** 1 for the token that the platform was started with. */
  isStartToken: Flag;
  expiredAt: string | null;
  lastUsed: string | null;
  createdAt: string;
}

/** `credentials` and `advancedCredentials` are sealed with the store's key; no answer ever carries them. */
export interface ConnectionRow extends OwnedColumns {
  uuid: string;
  name: string;
  description: string | null;
  vendor: string;
  vendorName: string;
  type: string;
  host: string | null;
  port: number | null;
  bucket: string | null;
  ssl: Flag | null;
  isGlobal: Flag;
  credentialType: string;
  advancedCredentialType: string | null;
  credentialsShared: Flag;
  disableTypeInference: Flag;
  params: JsonText;
  endpoints: JsonText | null;
  credentials: string | null;
  advancedCredentials: string | null;
  /** User names of basic credentials: the only part that the API shows. JSON array. */
  usernames: JsonText;
}

/** Sharing of one connection with one person. */
export interface ConnectionPermissionRow {
  id: Generated<number>;
  connectionId: number;
  personId: number;
  role: string;
  policyTag: string | null;
  createdAt: string;
  updatedAt: string;
}

/** A deployment; deleted softly. */
export interface DeploymentRow extends OwnedColumns {
  name: string;
  deletedAt: string | null;
}

/** Import rule for connections; `position` is the order of application. */
export interface ObjectImportRuleRow {
  id: Generated<number>;
  deploymentId: number;
  position: number;
  tableName: string;
  onCondition: JsonText;
  withCondition: JsonText;
}

/** Import rule for values; `position` is the order of application. */
export interface ValueImportRuleRow {
  id: Generated<number>;
  deploymentId: number;
  position: number;
  type: string;
  on: string;
  with: string;
}

/** A release; deleted softly. `active` is 1 or null; a unique index allows one 1 per deployment. */
export interface ReleaseRow extends OwnedColumns {
  deploymentId: number;
  notes: string | null;
  packageUuid: string;
  /** Hex SHA-256 of the package's bytes: the blob's name. */
  packageSha256: string;
  packageFileName: string;
  productVersion: string;
  active: 1 | null;
  deletedAt: string | null;
}

/** Columns of every table of schedules that the clock writes. */
export interface MomentColumns {
  /** ISO time at which it fires next; null when that is to be found yet, `never` when it is over. */
  nextMoment: Generated<string | null>;
  /** `LastRun` of jobs/schedule-clock.ts as JSON. */
  lastRun: Generated<JsonText | null>;
}

/** A schedule of flows, as `/v4/schedules` has it. */
export interface ScheduleRow extends OwnedColumns, MomentColumns {
  name: string;
  triggers: JsonText;
  tasks: JsonText;
  enabled: Flag;
}

/** A schedule of whatever release is active in a deployment: the platform's own extension. */
export interface DeploymentScheduleRow extends OwnedColumns, MomentColumns {
  deploymentId: number;
  name: string;
  triggers: JsonText;
  runParameters: JsonText | null;
  enabled: Flag;
}
