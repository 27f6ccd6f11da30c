import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { describe } from "vitest";

const run = promisify(execFile);
const OUTPUT_BYTES = 64 * 1024 * 1024;

/** `describe` for tests that need a Pulumi engine: they fail without one, unless SLUICE_SKIP_ENGINE=1 skips them. */
export const describeWithEngine = describe.skipIf(process.env["SLUICE_SKIP_ENGINE"] === "1");

/** A real engine with a home, a backend and a folder for programs of its own. */
export interface Engine {
  folder: string;
  environment: Record<string, string>;
  /** Runs `pulumi` in `directory`; rejects, with what it printed, when it fails. */
  pulumi(directory: string, ...commandArguments: string[]): Promise<{ stdout: string; stderr: string }>;
  remove(): Promise<void>;
}

/** Makes an engine with nothing in it; call `remove` at the end. */
export async function createEngine(extraEnvironment: Record<string, string> = {}): Promise<Engine> {
  const { engineEnvironment, findPulumi } = await import("../../tools/pulumi-cli.mjs");
  const { bin } = await findPulumi();
  const folder = await mkdtemp(join(tmpdir(), "sluice engine "));
  const home = join(folder, "home");
  const backend = join(folder, "backend");
  await Promise.all([mkdir(home), mkdir(backend)]);
  const environment = {
    ...engineEnvironment({ bin, home, backend, passphrase: "for tests" }),
    ...extraEnvironment,
  };
  return {
    folder,
    environment,
    pulumi: (directory, ...commandArguments) =>
      run(join(bin, "pulumi"), [...commandArguments, "--non-interactive"], {
        cwd: directory,
        env: { ...process.env, ...environment },
        maxBuffer: OUTPUT_BYTES,
      }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
