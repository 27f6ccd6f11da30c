/** Where the programs `initdb` and `postgres` are. */
export interface InstalledPostgres {
  bin: string;
  source: "machine" | "npm";
}

export interface PostgresOptions {
  environment?: NodeJS.ProcessEnv;
  /** Takes a line about what takes long; stderr when not given. */
  say?: (line: string) => void;
}

/** Why no Postgres can run on this machine; undefined when one can. */
export function whyWithoutPostgres(environment?: NodeJS.ProcessEnv): Promise<string | undefined>;

/** Finds Postgres or installs it once from npm. Throws when there is no way to one, with what to install. */
export function findPostgres(options?: PostgresOptions): Promise<InstalledPostgres>;
