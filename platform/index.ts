export type { FaultControl } from "./faults.js";
export type { Fault, FaultReport, FaultRule, Moment } from "./faults/fault.js";
export { BackupError } from "./backup/backup-file.js";
export { backUp, type BackupOptions, type BackupReport } from "./backup/back-up.js";
export { restore, type RestoreOptions, type RestoreReport } from "./backup/restore.js";
export type { Clock } from "./jobs/clock.js";
export { startPlatform, type PlatformOptions, type RunningPlatform } from "./start.js";
export { StartError, type StartErrorCode } from "./start-error.js";
export {
  DEFAULT_SETTINGS,
  type JobSettings,
  type PlatformSettings,
  type SettingOptions,
  type StorageSettings,
} from "./settings.js";
export type { RequestRecord } from "./recording.js";
export { runRecipe, type RecipeOutput, type RecipeResult, type RecipeRun } from "./recipe-run.js";
export { upstreamDatasets } from "./jobs/duckdb/upstream-datasets.js";
