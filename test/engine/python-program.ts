import { execFile } from "node:child_process";
import { cp, mkdtemp } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const SDK = resolve(__dirname, "..", "..", "sdk", "python");

/** Installs the generated SDK as a user would, out of a copy; answers the folder for PYTHONPATH. Asks no package index. */
export async function installPythonSdk(folder: string): Promise<string> {
  const { findPythonSdk } = await import("../../tools/python-sdk.mjs");
  const { python } = await findPythonSdk();
  const scratch = await mkdtemp(join(folder, "python-sdk-"));
  // Building leaves its traces beside the sources.
  await cp(SDK, join(scratch, "source"), { recursive: true });
  const site = join(scratch, "site");
  const flags = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", site];
  await promisify(execFile)(python, ["-m", "pip", "install", ...flags, join(scratch, "source")]);
  return site;
}
