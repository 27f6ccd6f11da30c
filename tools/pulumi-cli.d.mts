/** A Pulumi CLI that is ready to run: `bin` holds `pulumi` and its Node.js hosts. */
export interface PulumiCli {
  bin: string;
  version: string;
  source: "path" | "automation-api" | "go";
}

export interface FindPulumiOptions {
  /** Read instead of this process's environment (PATH, SLUICE_CACHE, …). */
  environment?: Record<string, string | undefined>;
  /** Where progress goes; stderr by default. */
  say?: (line: string) => void;
  /** Address that must answer before the installer is tried. */
  installSource?: string;
}

export interface EngineSettings {
  bin: string;
  home: string;
  backend: string;
  passphrase: string;
}

/** Finds or gets a Pulumi CLI; may take minutes the first time. Throws when there is no way to one. */
export function findPulumi(options?: FindPulumiOptions): Promise<PulumiCli>;

/** Environment variables for an engine that touches nothing of the user's. */
export function engineEnvironment(
  settings: EngineSettings,
  environment?: Record<string, string | undefined>,
): Record<string, string>;

/** The folder that keeps what set-up builds. */
export function cacheDirectory(environment?: Record<string, string | undefined>): string;

/** Whether SLUICE_SKIP_ENGINE=1 is set. */
export function isEngineSkipped(environment?: Record<string, string | undefined>): boolean;
