// Generated from schema.json by `npm run generate`. Changes here are lost.

import type * as pulumi from "@pulumi/pulumi";

/** What a connection of the package must equal; literals only. */
export interface ConnectionConditionArgs {
  /** UUID of the connection in the package. */
  uuid?: pulumi.Input<string> | undefined;
  /** Id of the connection at the exporting instance. */
  id?: pulumi.Input<string> | undefined;
  /** Name of the connection in the package. */
  name?: pulumi.Input<string> | undefined;
}
/** What a connection of the package must equal; literals only. */
export interface ConnectionCondition {
  /** UUID of the connection in the package. */
  readonly uuid?: string | undefined;
  /** Id of the connection at the exporting instance. */
  readonly id?: string | undefined;
  /** Name of the connection in the package. */
  readonly name?: string | undefined;
}

/** Maps a connection of the package to one of this environment. */
export interface ConnectionRuleArgs {
  /** What a connection of the package must equal; literals only. */
  on: pulumi.Input<ConnectionConditionArgs>;
  /** Id of the connection in this environment. */
  with: pulumi.Input<string>;
}
/** Maps a connection of the package to one of this environment. */
export interface ConnectionRule {
  /** What a connection of the package must equal; literals only. */
  readonly on: ConnectionCondition;
  /** Id of the connection in this environment. */
  readonly with: string;
}

/** A person that a connection is shared with. */
export interface ConnectionSharingArgs {
  /** Id of the person. */
  personId: pulumi.Input<number>;
  /** What the person may do: use it. The owner is always who made it. */
  role?: pulumi.Input<string> | undefined;
}
/** A person that a connection is shared with. */
export interface ConnectionSharing {
  /** Id of the person. */
  readonly personId: number;
  /** What the person may do: use it. The owner is always who made it. */
  readonly role: string;
}

/** Where an environment is, how to sign in there, and which it must be. */
export interface EnvironmentsArgs {
  /** Base URL of the environment, without /v4. Falls back to SLUICE_ENDPOINT. */
  endpoint?: pulumi.Input<string> | undefined;
  /** API access token (secret). The text itself, or the JSON object `{fromEnv}` or `{fromFile}` that says where it is read whenever it is needed. Falls back to SLUICE_TOKEN. */
  token?: pulumi.Input<string | SecretFromEnvArgs | SecretFromFileArgs> | undefined;
  /** Account for Basic authentication, when there is no token. */
  username?: pulumi.Input<string> | undefined;
  /** Password for Basic authentication (secret). The text itself, or the JSON object `{fromEnv}` or `{fromFile}` that says where it is read whenever it is needed. */
  password?: pulumi.Input<string | SecretFromEnvArgs | SecretFromFileArgs> | undefined;
  /** What the environment must say of itself: its name, or an object of `name`, `id` and `stage`. Another environment is neither read nor written. */
  expect?: pulumi.Input<string | ExpectationArgs> | undefined;
}
/** Where an environment is, how to sign in there, and which it must be. */
export interface Environments {
  /** Base URL of the environment, without /v4. Falls back to SLUICE_ENDPOINT. */
  readonly endpoint?: string | undefined;
  /** API access token (secret). The text itself, or the JSON object `{fromEnv}` or `{fromFile}` that says where it is read whenever it is needed. Falls back to SLUICE_TOKEN. */
  readonly token?: string | SecretFromEnv | SecretFromFile | undefined;
  /** Account for Basic authentication, when there is no token. */
  readonly username?: string | undefined;
  /** Password for Basic authentication (secret). The text itself, or the JSON object `{fromEnv}` or `{fromFile}` that says where it is read whenever it is needed. */
  readonly password?: string | SecretFromEnv | SecretFromFile | undefined;
  /** What the environment must say of itself: its name, or an object of `name`, `id` and `stage`. Another environment is neither read nor written. */
  readonly expect?: string | Expectation | undefined;
}

/** What an environment must say of itself. */
export interface ExpectationArgs {
  /** Name of the environment; in the product, of the workspace. */
  name?: pulumi.Input<string> | undefined;
  /** Id of the workspace, as text. */
  id?: pulumi.Input<string> | undefined;
  /** What the environment is for, for example `production`; the embedded platform tells it. */
  stage?: pulumi.Input<string> | undefined;
}
/** What an environment must say of itself. */
export interface Expectation {
  /** Name of the environment; in the product, of the workspace. */
  readonly name?: string | undefined;
  /** Id of the workspace, as text. */
  readonly id?: string | undefined;
  /** What the environment is for, for example `production`; the embedded platform tells it. */
  readonly stage?: string | undefined;
}

/** What a verifying run must write to an output. */
export interface OutputExpectationArgs {
  /** Fewest rows that a run may write to it. */
  minRows?: pulumi.Input<number> | undefined;
  /** Most rows that a run may write to it. */
  maxRows?: pulumi.Input<number> | undefined;
  /** Names of columns that it must have; it may have others as well. */
  columns?: pulumi.Input<pulumi.Input<string>[]> | undefined;
}
/** What a verifying run must write to an output. */
export interface OutputExpectation {
  /** Fewest rows that a run may write to it. */
  readonly minRows?: number | undefined;
  /** Most rows that a run may write to it. */
  readonly maxRows?: number | undefined;
  /** Names of columns that it must have; it may have others as well. */
  readonly columns?: string[] | undefined;
}

/** The import rules of a deployment; an ImportRules resource can stand for it. */
export interface RuleSetArgs {
  /** Rules for connections, in order. */
  connections?: pulumi.Input<pulumi.Input<ConnectionRuleArgs>[]> | undefined;
  /** Rules for buckets, paths, tables and hosts, in order, each on the result of the one before. */
  values?: pulumi.Input<pulumi.Input<ValueRuleArgs>[]> | undefined;
}
/** The import rules of a deployment; an ImportRules resource can stand for it. */
export interface RuleSet {
  /** Rules for connections, in order. */
  readonly connections?: ConnectionRule[] | undefined;
  /** Rules for buckets, paths, tables and hosts, in order, each on the result of the one before. */
  readonly values?: ValueRule[] | undefined;
}

/** When a schedule fires: exactly one kind, in a time zone. */
export interface ScheduleTriggersArgs {
  /** Quartz expression with seconds: `0 0 2 * * ?` is two o'clock every night. */
  cron?: pulumi.Input<string> | undefined;
  /** Every hour. */
  hourly?: pulumi.Input<ScheduleTriggersHourlyArgs> | undefined;
  /** Every day. */
  daily?: pulumi.Input<ScheduleTriggersDailyArgs> | undefined;
  /** On days of the week. */
  weekly?: pulumi.Input<ScheduleTriggersWeeklyArgs> | undefined;
  /** On days of the month. */
  monthly?: pulumi.Input<ScheduleTriggersMonthlyArgs> | undefined;
  /** Once, at this UTC time. */
  oneTime?: pulumi.Input<string> | undefined;
  /** IANA time zone that the times are meant in. */
  timezone?: pulumi.Input<string> | undefined;
}
/** When a schedule fires: exactly one kind, in a time zone. */
export interface ScheduleTriggers {
  /** Quartz expression with seconds: `0 0 2 * * ?` is two o'clock every night. */
  readonly cron?: string | undefined;
  /** Every hour. */
  readonly hourly?: ScheduleTriggersHourly | undefined;
  /** Every day. */
  readonly daily?: ScheduleTriggersDaily | undefined;
  /** On days of the week. */
  readonly weekly?: ScheduleTriggersWeekly | undefined;
  /** On days of the month. */
  readonly monthly?: ScheduleTriggersMonthly | undefined;
  /** Once, at this UTC time. */
  readonly oneTime?: string | undefined;
  /** IANA time zone that the times are meant in. */
  readonly timezone: string;
}

/** A time of every day. */
export interface ScheduleTriggersDailyArgs {
  /** 0 to 23. */
  hourOfDay: pulumi.Input<number>;
  /** 0 to 59. */
  minuteOfHour: pulumi.Input<number>;
}
/** A time of every day. */
export interface ScheduleTriggersDaily {
  /** 0 to 23. */
  readonly hourOfDay: number;
  /** 0 to 59. */
  readonly minuteOfHour: number;
}

/** A minute of every hour. */
export interface ScheduleTriggersHourlyArgs {
  /** 0 to 59. */
  minuteOfHour: pulumi.Input<number>;
}
/** A minute of every hour. */
export interface ScheduleTriggersHourly {
  /** 0 to 59. */
  readonly minuteOfHour: number;
}

/** A time of some days of the month. */
export interface ScheduleTriggersMonthlyArgs {
  /** 0 to 23. */
  hourOfDay: pulumi.Input<number>;
  /** 0 to 59. */
  minuteOfHour: pulumi.Input<number>;
  /** 1 to 31. */
  daysOfMonth: pulumi.Input<pulumi.Input<number>[]>;
}
/** A time of some days of the month. */
export interface ScheduleTriggersMonthly {
  /** 0 to 23. */
  readonly hourOfDay: number;
  /** 0 to 59. */
  readonly minuteOfHour: number;
  /** 1 to 31. */
  readonly daysOfMonth: number[];
}

/** A time of some days of the week. */
export interface ScheduleTriggersWeeklyArgs {
  /** 0 to 23. */
  hourOfDay: pulumi.Input<number>;
  /** 0 to 59. */
  minuteOfHour: pulumi.Input<number>;
  /** 0 (Sunday) to 6 (Saturday). */
  daysOfWeek: pulumi.Input<pulumi.Input<number>[]>;
}
/** A time of some days of the week. */
export interface ScheduleTriggersWeekly {
  /** 0 to 23. */
  readonly hourOfDay: number;
  /** 0 to 59. */
  readonly minuteOfHour: number;
  /** 0 (Sunday) to 6 (Saturday). */
  readonly daysOfWeek: number[];
}

/** A secret that is read out of an environment variable whenever it is needed. */
export interface SecretFromEnvArgs {
  /** Name of the environment variable. */
  fromEnv: pulumi.Input<string>;
}
/** A secret that is read out of an environment variable whenever it is needed. */
export interface SecretFromEnv {
  /** Name of the environment variable. */
  readonly fromEnv: string;
}

/** A secret that is read out of a file whenever it is needed. */
export interface SecretFromFileArgs {
  /** Path of the file. */
  fromFile: pulumi.Input<string>;
}
/** A secret that is read out of a file whenever it is needed. */
export interface SecretFromFile {
  /** Path of the file. */
  readonly fromFile: string;
}

/** Rewrites buckets, paths, tables or hosts of the package. */
export interface ValueRuleArgs {
  /** Which values it rewrites. */
  type: pulumi.Input<string>;
  /** A literal, a regular expression between slashes (RE2), or an Alteryx pattern in backticks. */
  on: pulumi.Input<string>;
  /** Replacement; `$1` refers to a group of a regular expression. */
  with: pulumi.Input<string>;
}
/** Rewrites buckets, paths, tables or hosts of the package. */
export interface ValueRule {
  /** Which values it rewrites. */
  readonly type: string;
  /** A literal, a regular expression between slashes (RE2), or an Alteryx pattern in backticks. */
  readonly on: string;
  /** Replacement; `$1` refers to a group of a regular expression. */
  readonly with: string;
}

/** A run of the deployment after a release was activated, and what is expected of it. Row counts and columns hold for every output. */
export interface VerificationArgs {
  /** The run is cancelled after this many seconds, and has failed then. */
  timeoutSeconds?: pulumi.Input<number> | undefined;
  /** Values of the flow's parameters in the verifying run, by name. Left out: the flow's own. */
  parameters?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /** Fewest rows that a run may write to it. */
  minRows?: pulumi.Input<number> | undefined;
  /** Most rows that a run may write to it. */
  maxRows?: pulumi.Input<number> | undefined;
  /** Names of columns that it must have; it may have others as well. */
  columns?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** More expectations, for one output each: by the name of its file, its table or its recipe. They go over those for all. */
  outputs?: pulumi.Input<Record<string, pulumi.Input<OutputExpectationArgs>>> | undefined;
}
/** A run of the deployment after a release was activated, and what is expected of it. Row counts and columns hold for every output. */
export interface Verification {
  /** The run is cancelled after this many seconds, and has failed then. */
  readonly timeoutSeconds: number;
  /** Values of the flow's parameters in the verifying run, by name. Left out: the flow's own. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** Fewest rows that a run may write to it. */
  readonly minRows?: number | undefined;
  /** Most rows that a run may write to it. */
  readonly maxRows?: number | undefined;
  /** Names of columns that it must have; it may have others as well. */
  readonly columns?: string[] | undefined;
  /** More expectations, for one output each: by the name of its file, its table or its recipe. They go over those for all. */
  readonly outputs?: Readonly<Record<string, OutputExpectation>> | undefined;
}
