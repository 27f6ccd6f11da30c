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
