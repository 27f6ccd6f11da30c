import type { FindPulumiOptions } from "./pulumi-cli.mjs";

/** A virtual environment that holds Pulumi's SDK: what a project's `virtualenv` option names. */
export interface PythonSdk {
  folder: string;
  /** Its interpreter; other scripts of it do not run, because the folder was renamed. */
  python: string;
}

/** Why no Python program can run on this machine; undefined when one can. */
export function whyWithoutPython(
  environment?: Record<string, string | undefined>,
): Promise<string | undefined>;

/** Finds the virtual environment or makes it once from PyPI. Throws when Python is missing or that fails. */
export function findPythonSdk(options?: Omit<FindPulumiOptions, "installSource">): Promise<PythonSdk>;
