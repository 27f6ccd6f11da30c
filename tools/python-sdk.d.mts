import type { PythonEnvironment, PythonOptions } from "./python-environment.mjs";

export { whyWithoutPython } from "./python-environment.mjs";

/** A virtual environment that holds Pulumi's SDK: what a project's `virtualenv` option names. */
export type PythonSdk = PythonEnvironment;

/** Finds the virtual environment or makes it once from PyPI. Throws when Python is missing or that fails. */
export function findPythonSdk(options?: PythonOptions): Promise<PythonSdk>;
