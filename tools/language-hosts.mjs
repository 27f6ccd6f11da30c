// The hosts of programs in other languages than JavaScript. Only tests need them, so nobody else waits for them.
import { chmod, copyFile, mkdir, realpath } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";

import { fillKept, makeOnce, readKept } from "./kept-folder.mjs";
import { buildPinnedProgram, findModuleSources, readPinnedProgram } from "./pulumi-build.mjs";
import { cacheDirectory, findPulumi } from "./pulumi-cli.mjs";
import { findOnPath, say as sayOnStderr } from "./run-command.mjs";

const EXECUTABLE_SUFFIX = process.platform === "win32" ? ".exe" : "";

/** Each host is pinned by the module of its name under tools/; `script` stands beside it and comes from `module`. */
const HOSTS = {
  yaml: { name: "pulumi-language-yaml" },
  python: {
    name: "pulumi-language-python",
    script: "pulumi-language-python-exec",
    module: "github.com/pulumi/pulumi/sdk/v3",
    folder: ["python", "cmd"],
  },
};

/** The languages besides JavaScript whose hosts can be had. */
export const LANGUAGES = Object.keys(HOSTS);

async function findInstalled({ name, script }, environment, cli) {
  // Where the engine itself looks: beside its own executable and on the PATH.
  const bundled = dirname(await realpath(join(cli.bin, `pulumi${EXECUTABLE_SUFFIX}`)));
  const PATH = [bundled, environment.PATH ?? ""].join(delimiter);
  const host = await findOnPath(name, { ...environment, PATH });
  if (host === undefined) return undefined;
  const isWhole = script === undefined || (await findOnPath(script, { ...environment, PATH })) !== undefined;
  return isWhole ? { bin: dirname(host), source: "path" } : undefined;
}

async function build(host, bin, { environment, say }) {
  await mkdir(bin, { recursive: true });
  await buildPinnedProgram({ name: host.name, bin, environment, say });
  if (host.script === undefined) return;
  const sources = await findModuleSources({ name: host.name, path: host.module, environment });
  const target = join(bin, host.script);
  await copyFile(join(sources, ...host.folder, host.script), target);
  await chmod(target, 0o755);
}

function explainFailure(language, { name }, cli, reason) {
  return [
    `there is no ${name}, which runs Pulumi programs in ${language}. What was tried:`,
    `  on the PATH and beside ${join(cli.bin, "pulumi")}: nothing there`,
    `  built from Go modules: ${reason}`,
    `Install Pulumi with all its hosts (https://www.pulumi.com/docs/install) or Go 1.25 or newer (https://go.dev/dl),`,
    `or set SLUICE_SKIP_ENGINE=1 to do without: tests that need the engine are then skipped.`,
  ].join("\n");
}

/**
 * Finds the host of a language or builds it once: `bin` is the folder to put on the engine's PATH. Throws when there is
 * no way to one, with what to install.
 */
export async function findLanguageHost(language, options = {}) {
  const { environment = process.env, say = sayOnStderr } = options;
  const host = HOSTS[language];
  if (host === undefined) throw new Error(`no host for "${language}": ${LANGUAGES.join(", ")} can be had`);
  const cli = await findPulumi(options);
  const installed = await findInstalled(host, environment, cli);
  if (installed !== undefined) return installed;

  const { version } = await readPinnedProgram(host.name);
  const kept = join(cacheDirectory(environment), `${host.name}-${version}`);
  const programs = [`${host.name}${EXECUTABLE_SUFFIX}`, ...(host.script === undefined ? [] : [host.script])];
  const executables = programs.map((program) => join("bin", program));
  const { source } = await makeOnce(kept, {
    onWait: () => say(`another process is making ${host.name}: waiting for it`),
    read: () => readKept(kept, { version, executables }),
    make: async () => {
      say(`building ${host.name} from Go modules: about a minute on 2 cores, once`);
      try {
        return await fillKept(kept, { version, source: "go" }, (fresh) =>
          build(host, join(fresh, "bin"), { environment, say }),
        );
      } catch (error) {
        throw new Error(explainFailure(language, host, cli, error.message), { cause: error });
      }
    },
  });
  return { bin: join(kept, "bin"), source };
}
