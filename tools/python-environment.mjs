// Python packages in virtual environments of their own, kept in the cache.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { fillKept, makeOnce, readKept } from "./kept-folder.mjs";
import { cacheDirectory } from "./pulumi-cli.mjs";
import { findOnPath, lastWords, runCommand, say as sayOnStderr } from "./run-command.mjs";

const OLDEST_PYTHON = [3, 10];
const ENVIRONMENT_PYTHON =
  process.platform === "win32" ? join("Scripts", "python.exe") : join("bin", "python");
/** A system's Python may lack the parts that make virtual environments, although `venv` itself is there. */
const TELL_VERSION = "import sys, venv, ensurepip; print(*sys.version_info[:2])";

/** Finds a Python that will do; throws with the reason, and what to install, when there is none. */
async function findPython(environment) {
  const names = process.platform === "win32" ? ["python3", "python"] : ["python3"];
  for (const name of names) {
    const python = await findOnPath(name, environment);
    if (python === undefined) continue;
    const result = await runCommand(python, ["-c", TELL_VERSION], { environment, timeoutSeconds: 30 });
    if (result.code !== 0) {
      throw new Error(
        `${python} cannot make virtual environments; install its venv (Debian: apt install python3-venv)`,
      );
    }
    const [major = 0, minor = 0] = result.stdout.trim().split(" ").map(Number);
    const [oldestMajor, oldestMinor] = OLDEST_PYTHON;
    if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return python;
    throw new Error(`${python} is ${major}.${minor}; Python ${OLDEST_PYTHON.join(".")} or newer is needed`);
  }
  throw new Error(`no \`python3\` on the PATH; install Python ${OLDEST_PYTHON.join(".")} or newer`);
}

/** Why no Python program can run on this machine; undefined when one can. */
export async function whyWithoutPython(environment = process.env) {
  return findPython(environment).then(
    () => undefined,
    (error) => error.message,
  );
}

async function install(python, folder, requirements, environment) {
  const steps = [
    [python, "-m", "venv", folder],
    [join(folder, ENVIRONMENT_PYTHON), "-m", "pip", "install", "--quiet", "--requirement", requirements],
  ];
  for (const [command, ...given] of steps) {
    const result = await runCommand(command, given, { environment, timeoutSeconds: 600 });
    if (result.code !== 0)
      throw new Error(`${given.slice(0, 3).join(" ")} failed:\n    ${lastWords(result, 10)}`);
  }
}

/**
 * Finds the virtual environment `name` that holds what the file `requirements` lists, or makes it once from PyPI; `title` is what
 * messages call it. Throws when Python is missing or the installation fails.
 */
export async function findPythonEnvironment(
  { name, title, requirements },
  { environment = process.env, say = sayOnStderr } = {},
) {
  const listed = await readFile(requirements, "utf8");
  const version = createHash("sha256").update(listed).digest("hex").slice(0, 16);
  const kept = join(cacheDirectory(environment), `${name}-${version}`);
  await makeOnce(kept, {
    onWait: () => say(`another process is installing ${title}: waiting for it`),
    read: () => readKept(kept, { version, executables: [ENVIRONMENT_PYTHON] }),
    make: async () => {
      const python = await findPython(environment);
      say(`installing ${title} from PyPI: some seconds, once`);
      // The environment is renamed when it is whole: its Python finds itself anew, its other scripts would not.
      return fillKept(kept, { version, source: "pypi" }, (fresh) =>
        install(python, fresh, requirements, environment),
      );
    },
  });
  return { folder: kept, python: join(kept, ENVIRONMENT_PYTHON) };
}
