// Pulumi's SDK for Python, for the Python programs of the tests.
import { fileURLToPath } from "node:url";

import { findPythonEnvironment } from "./python-environment.mjs";

export { whyWithoutPython } from "./python-environment.mjs";

/** Finds the virtual environment that holds it, or makes it. See `findPythonEnvironment`. */
export async function findPythonSdk(options) {
  return findPythonEnvironment(
    {
      name: "python-sdk",
      title: "Pulumi's SDK for Python",
      requirements: fileURLToPath(new URL("python-sdk/requirements.txt", import.meta.url)),
    },
    options,
  );
}
