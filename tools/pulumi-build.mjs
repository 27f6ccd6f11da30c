import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { findOnPath, lastWords, runCommand } from "./run-command.mjs";

const TOOLS = fileURLToPath(new URL(".", import.meta.url));
const EXECUTABLE_SUFFIX = process.platform === "win32" ? ".exe" : "";
const OLDEST_GO_THAT_FETCHES_A_NEWER_ONE = [1, 21];
/** Where a program keeps its version, by the beginning of its module's path. */
const VERSION_VARIABLES = {
  "github.com/pulumi/pulumi/": "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
  "github.com/pulumi/pulumi-yaml/": "github.com/pulumi/pulumi-yaml/pkg/version.Version",
};

/** What a pinned Go module under tools/ builds: the program's package and its version, both from its go.mod. */
export async function readPinnedProgram(name) {
  const directory = join(TOOLS, name);
  const text = await readFile(join(directory, "go.mod"), "utf8");
  const program = /^tool (\S+)$/m.exec(text)?.[1];
  const requirements = [...text.matchAll(/^(?:require |\t)(\S+) v(\S+)/gm)];
  const version = requirements.find(([, path]) => program?.startsWith(`${path}/`))?.[2];
  if (program === undefined || version === undefined) {
    throw new Error(
      `${join(directory, "go.mod")} must hold one "tool" line and the "require" line of its module`,
    );
  }
  return { directory, program, version };
}

/** The Go compiler on the PATH; throws with the reason when there is none that will do. */
export async function findGo(environment) {
  const go = await findOnPath("go", environment);
  if (go === undefined)
    throw new Error("no `go` on the PATH; install Go 1.25 or newer from https://go.dev/dl");
  const { stdout } = await runCommand(go, ["version"], { environment, timeoutSeconds: 30 });
  const found = /go(\d+)\.(\d+)/.exec(stdout);
  const [major = 0, minor = 0] = (found ?? []).slice(1).map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_GO_THAT_FETCHES_A_NEWER_ONE;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    throw new Error(`${go} is ${stdout.trim() || "of an unknown version"}; Go 1.25 or newer is needed`);
  }
  return go;
}

function reportProgress(label, say) {
  const started = Date.now();
  let downloaded = 0;
  let compiled = 0;
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1000);
    say(`  ${label}: ${downloaded} modules fetched, ${compiled} packages compiled, ${seconds} s`);
  }, 15_000);
  return {
    onLine: (line) => {
      if (line.startsWith("go: downloading")) downloaded += 1;
      else compiled += 1;
    },
    stop: () => clearInterval(timer),
  };
}

/**
 * Compiles `program` of the module in `directory` into the file `output`. `linker` is what the linker is told besides.
 * Throws with the compiler's words.
 */
export async function buildGo({ directory, program, output, label, linker = "", environment, say }) {
  const go = await findGo(environment);
  const progress = reportProgress(label, say);
  const flags = ["-v", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", `-s -w ${linker}`];
  const result = await runCommand(go, ["build", ...flags, "-o", output, program], {
    directory,
    environment: { ...environment, GOWORK: "off", CGO_ENABLED: "0" },
    onLine: progress.onLine,
  });
  progress.stop();
  if (result.code !== 0) throw new Error(`go build ${label} failed:\n    ${lastWords(result)}`);
}

/** Builds the program that the module `name` under tools/ pins into `bin`. Throws with the compiler's words. */
export async function buildPinnedProgram({ name, bin, environment, say }) {
  const { directory, program, version } = await readPinnedProgram(name);
  const output = join(bin, `${program.slice(program.lastIndexOf("/") + 1)}${EXECUTABLE_SUFFIX}`);
  const [, variable] = Object.entries(VERSION_VARIABLES).find(([module]) => program.startsWith(module)) ?? [];
  // The version must be stamped in: a CLI that calls itself a development version refuses released plugins.
  const linker = variable === undefined ? "" : `-X ${variable}=v${version}`;
  const label = `${program} v${version}`;
  await buildGo({ directory, program, output, label, linker, environment, say });
}

/** The folder of the sources of the module `path` that the module `name` under tools/ requires. */
export async function findModuleSources({ name, path, environment }) {
  const go = await findGo(environment);
  const listing = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", path];
  const result = await runCommand(go, listing, { directory: join(TOOLS, name), environment });
  const folder = result.stdout.trim();
  if (result.code !== 0 || folder === "") {
    throw new Error(`go list ${path} in tools/${name} failed:\n    ${lastWords(result)}`);
  }
  return folder;
}

/**
 * Builds `pulumi` and its Node.js language host from Go modules at the versions pinned under tools/ into `bin`.
 * Takes minutes. Throws with the reason when Go is missing or too old, or when a build fails.
 */
export async function buildPulumi({ bin, environment, say }) {
  await findGo(environment);
  say("building the Pulumi CLI from Go modules: about 4 minutes on 2 cores, once");
  await buildPinnedProgram({ name: "pulumi-cli", bin, environment, say });
  await buildPinnedProgram({ name: "pulumi-language-nodejs", bin, environment, say });
}
