// Generated from schema.json by `npm run generate`. Changes here are lost.

export { Connection } from "./connection.js";
export type { ConnectionArgs } from "./connection.js";
export { Deployment } from "./deployment.js";
export type { DeploymentArgs } from "./deployment.js";
export { ImportRules } from "./import-rules.js";
export type { ImportRulesArgs } from "./import-rules.js";
export { Release } from "./release.js";
export type { ReleaseArgs } from "./release.js";
export { Schedule } from "./schedule.js";
export type { ScheduleArgs } from "./schedule.js";
export type * as types from "./types.js";
