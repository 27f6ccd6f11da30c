import { chmod, copyFile, mkdir, realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

import { fillKept, isExecutable, makeOnce, readKept } from "./kept-folder.mjs";
import { buildPulumi, readPinnedProgram } from "./pulumi-build.mjs";
import { findOnPath, lastWords, runCommand, say as sayOnStderr } from "./run-command.mjs";

const OLDEST_ACCEPTED = [3, 200];
const INSTALL_SOURCE = "https://get.pulumi.com/install.sh";
const REACHABLE_WITHIN_SECONDS = 5;
const INSTALL_WITHIN_SECONDS = 300;
const EXECUTABLE_SUFFIX = process.platform === "win32" ? ".exe" : "";
const SCRIPT_SUFFIX = process.platform === "win32" ? ".cmd" : "";
const LANGUAGE_HOST = "pulumi-language-nodejs";
const DYNAMIC_PROVIDER_HOST = "pulumi-resource-pulumi-nodejs";

/** Whether the user chose to do without an engine: tests that need one are then reported as skipped. */
export function isEngineSkipped(environment = process.env) {
  return environment.SLUICE_SKIP_ENGINE === "1";
}

/** The folder that keeps what set-up builds, per user: SLUICE_CACHE, else the system's own place for caches. */
export function cacheDirectory(environment = process.env) {
  const systemCache =
    process.platform === "win32"
      ? (environment.LOCALAPPDATA ?? join(homedir(), "AppData", "Local"))
      : process.platform === "darwin"
        ? join(homedir(), "Library", "Caches")
        : environment.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(environment.SLUICE_CACHE || systemCache, "sluice");
}

async function readVersion(pulumi, environment) {
  const result = await runCommand(pulumi, ["version"], {
    environment: { ...environment, PULUMI_SKIP_UPDATE_CHECK: "1" },
    timeoutSeconds: 30,
  });
  const version = /^v?(\d+\.\d+\.\d+\S*)/.exec(result.stdout.trim())?.[1];
  if (result.code !== 0 || version === undefined) {
    throw new Error(`${pulumi} does not tell its version: ${lastWords(result)}`);
  }
  return version;
}

async function findInstalled({ environment }) {
  const pulumi = await findOnPath("pulumi", environment);
  if (pulumi === undefined) throw new Error("no `pulumi` there");
  const version = await readVersion(pulumi, environment);
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_ACCEPTED;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    throw new Error(`${pulumi} is ${version}; ${OLDEST_ACCEPTED.join(".")} or newer is needed`);
  }
  // The engine looks for its hosts on the PATH and beside its own executable.
  const bundled = dirname(await realpath(pulumi));
  const hostsPath = { ...environment, PATH: `${bundled}${delimiter}${environment.PATH ?? ""}` };
  for (const host of [LANGUAGE_HOST, DYNAMIC_PROVIDER_HOST]) {
    if ((await findOnPath(host, hostsPath)) === undefined) {
      throw new Error(
        `${pulumi} comes without ${host}; reinstall it from https://www.pulumi.com/docs/install`,
      );
    }
  }
  return { bin: dirname(pulumi), version, source: "path" };
}

async function installWithAutomationApi({ root, version, environment, installSource, say }) {
  await fetch(installSource, {
    method: "HEAD",
    signal: AbortSignal.timeout(REACHABLE_WITHIN_SECONDS * 1000),
  }).catch((error) => {
    throw new Error(
      `${new URL(installSource).host} cannot be reached (${error.cause?.code ?? error.message})`,
    );
  });
  say(`installing the Pulumi CLI ${version}: a download of about 150 MB, once`);
  const script = fileURLToPath(new URL("pulumi-install.mjs", import.meta.url));
  const result = await runCommand(process.execPath, [script, root, version], {
    environment,
    timeoutSeconds: INSTALL_WITHIN_SECONDS,
  });
  if (result.code !== 0) throw new Error(`the installation failed:\n    ${lastWords(result)}`);
}

async function buildFromGo({ root, environment, say }) {
  const bin = join(root, "bin");
  await mkdir(bin, { recursive: true });
  await buildPulumi({ bin, environment, say });
}

/** The npm package ships the launcher of dynamic providers, on some systems without its run bit. */
async function addDynamicProviderHost(bin) {
  const target = join(bin, `${DYNAMIC_PROVIDER_HOST}${SCRIPT_SUFFIX}`);
  if (await isExecutable(target)) return;
  const sdk = dirname(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));
  await copyFile(join(sdk, `${DYNAMIC_PROVIDER_HOST}${SCRIPT_SUFFIX}`), target);
  await chmod(target, 0o755);
}

/** Runs one way of getting the CLI and keeps the result. */
async function makeKept({ kept, version, source, make, environment }) {
  return fillKept(kept, { version, source }, async (fresh) => {
    await make(fresh);
    const bin = join(fresh, "bin");
    await addDynamicProviderHost(bin);
    const pulumi = join(bin, `pulumi${EXECUTABLE_SUFFIX}`);
    const made = await readVersion(pulumi, environment);
    if (made !== version) throw new Error(`${pulumi} calls itself ${made} instead of ${version}`);
  });
}

function explainFailure(failures) {
  return [
    "no Pulumi CLI could be had. What was tried:",
    ...failures.map(({ way, reason }) => `  ${way}: ${reason}`),
    "Install one of these and run the command again:",
    `  Pulumi ${OLDEST_ACCEPTED.join(".")} or newer: https://www.pulumi.com/docs/install`,
    "  Go 1.25 or newer (the CLI is then built from source): https://go.dev/dl",
    "Or set SLUICE_SKIP_ENGINE=1 to do without: tests that need the engine are then skipped.",
  ].join("\n");
}

/**
 * Finds a Pulumi CLI or gets one: from the PATH, else the cache, else the Automation API's installer, else from
 * Go modules. The first time this can take minutes. Throws one error that names every way and why it failed.
 */
export async function findPulumi(options = {}) {
  const { environment = process.env, say = sayOnStderr, installSource = INSTALL_SOURCE } = options;
  const failures = [];
  const attempt = async (way, work) => {
    try {
      return await work();
    } catch (error) {
      failures.push({ way, reason: error.message });
      return undefined;
    }
  };
  const installed = await attempt("on the PATH", () => findInstalled({ environment }));
  if (installed !== undefined) return installed;

  const { version } = await readPinnedProgram("pulumi-cli");
  const kept = join(cacheDirectory(environment), `pulumi-${version}`);
  const bin = join(kept, "bin");
  const whole = { version, executables: [join("bin", `pulumi${EXECUTABLE_SUFFIX}`)] };
  const shared = { kept, version, environment };
  const install = (root) => installWithAutomationApi({ root, version, environment, installSource, say });
  const build = (root) => buildFromGo({ root, environment, say });
  const made = await makeOnce(kept, {
    onWait: () => say("another process is making the Pulumi CLI: waiting for it"),
    read: () => readKept(kept, whole),
    make: async () => {
      const fresh =
        (await attempt("Pulumi's installer", () =>
          makeKept({ ...shared, source: "automation-api", make: install }),
        )) ??
        (await attempt("built from Go modules", () => makeKept({ ...shared, source: "go", make: build })));
      if (fresh === undefined) throw new Error(explainFailure(failures));
      say(`the Pulumi CLI ${version} is in ${bin}`);
      return fresh;
    },
  });
  return { bin, version, source: made.source };
}

/**
 * The environment of an engine that touches nothing of the user's: its own home, a backend in local files and the
 * CLI of `bin` first on the PATH. `home` and `backend` are existing folders.
 */
export function engineEnvironment({ bin, home, backend, passphrase }, environment = process.env) {
  return {
    PATH: `${bin}${delimiter}${environment.PATH ?? ""}`,
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: pathToFileURL(backend).href,
    PULUMI_CONFIG_PASSPHRASE: passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(await realpath(argv[1])).href) {
  try {
    const { bin, version, source } = await findPulumi();
    process.stdout.write(`pulumi ${version} (${source}) in ${bin}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
