import type { FindPulumiOptions } from "./pulumi-cli.mjs";

/** A virtual environment: what a project's `virtualenv` option names. */
export interface PythonEnvironment {
  folder: string;
  /** Its interpreter; other scripts of it do not run, because the folder was renamed. */
  python: string;
}

/** What an environment holds: its name in the cache, what messages call it, and a file of pip requirements. */
export interface PythonPackages {
  name: string;
  title: string;
  requirements: string;
}

export type PythonOptions = Omit<FindPulumiOptions, "installSource">;

/** Why no Python program can run on this machine; undefined when one can. */
export function whyWithoutPython(
  environment?: Record<string, string | undefined>,
): Promise<string | undefined>;

/** Finds the virtual environment or makes it once from PyPI. Throws when Python is missing or that fails. */
export function findPythonEnvironment(
  packages: PythonPackages,
  options?: PythonOptions,
): Promise<PythonEnvironment>;
