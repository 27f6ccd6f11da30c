import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { lastWords, runCommand } from "./run-command.mjs";

/** Builds the packages of the examples out of their readable sources, where a source or the builder is newer. */
export async function buildExamplePackages(root, say) {
  const sluice = join(root, "dist", "cli", "main.js");
  const builtAt = await modifiedAt(join(root, "dist", ".sluice-build.json"));
  for (const source of await listSources(root)) {
    const target = `${source}.zip`;
    const newest = Math.max(builtAt, await modifiedAt(join(source, "package.json5")));
    if ((await modifiedAt(target)) > newest) continue;
    say(`building ${target.slice(root.length)}`);
    const build = [sluice, "package", "build", source, "--out", target];
    const result = await runCommand(process.execPath, build, { directory: root });
    if (result.code !== 0) throw new Error(`building ${target} failed:\n    ${lastWords(result, 10)}`);
  }
}

async function listSources(root) {
  const examples = await readdir(join(root, "examples"), { withFileTypes: true }).catch(() => []);
  const lists = examples
    .filter((example) => example.isDirectory())
    .map(async ({ name }) => {
      const folder = join(root, "examples", name, "packages");
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
    });
  return (await Promise.all(lists)).flat().sort();
}

/** Milliseconds; 0 for a file that is not there. */
async function modifiedAt(path) {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
