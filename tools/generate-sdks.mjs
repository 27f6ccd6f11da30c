// Writes sdk/plugin, sdk/python and sdk/go out of schema.json with Pulumi's own generators; `--check` only compares.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { lastWords, runCommand, say } from "./run-command.mjs";
import { findSdkGenerator } from "./sdk-generator.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** How the generator's language becomes a folder here. `byHand` are files that it does not write. */
const TARGETS = [
  { language: "nodejs", folder: "sdk/plugin", adjust: adjustNodejs, byHand: [] },
  { language: "python", folder: "sdk/python", adjust: adjustPython, byHand: [] },
  { language: "go", folder: "sdk/go", adjust: (files) => files, byHand: ["go.mod", "go.sum"] },
];
/** What building and testing leave in these folders. */
const NOT_SOURCES = /(^|\/)(__pycache__|build|[^/]+\.egg-info)\//;

/**
 * The SDK is compiled with the rest of this package, so it has no settings of its own. Its package.json is where it reads
 * its version; a `pulumi` entry in it would make the engine fetch the plugin for every program that has this package.
 */
function adjustNodejs(files) {
  const sources = Object.entries(files).filter(([path]) => path.endsWith(".ts"));
  const { name, version } = JSON.parse(files["package.json"]);
  const about = `${JSON.stringify({ name: `${name}-plugin-sdk`, version, private: true }, null, 2)}\n`;
  return { ...Object.fromEntries(sources), "package.json": about };
}

/** pyproject.toml names a README beside it, and the generator writes one into the package only. */
function adjustPython(files) {
  return { ...files, "README.md": files["pulumi_sluice/README.md"] };
}

async function readFolder(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map(async (path) => [path.slice(folder.length + 1).replaceAll("\\", "/"), await readFile(path, "utf8")]);
  return Object.fromEntries((await Promise.all(files)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function generate(generator, { language, adjust }, scratch) {
  const folder = join(scratch, language);
  const result = await runCommand(generator, [join(ROOT, "schema.json"), language, folder]);
  if (result.code !== 0)
    throw new Error(`generating the ${language} SDK failed:\n    ${lastWords(result, 10)}`);
  const files = Object.entries(await readFolder(folder));
  return adjust(Object.fromEntries(files.filter(([path]) => !path.startsWith("."))));
}

/** Writes what differs, unless only comparing; answers the paths that differed. */
async function update({ folder, byHand }, wanted, isCheck) {
  const present = await readFolder(join(ROOT, folder));
  const isOurs = (path) => !byHand.includes(path) && !NOT_SOURCES.test(path);
  const surplus = Object.keys(present).filter((path) => isOurs(path) && !(path in wanted));
  const changed = Object.keys(wanted).filter((path) => wanted[path] !== present[path]);
  if (!isCheck) {
    for (const path of surplus) await rm(join(ROOT, folder, path));
    for (const path of changed) {
      await mkdir(dirname(join(ROOT, folder, path)), { recursive: true });
      await writeFile(join(ROOT, folder, path), wanted[path]);
    }
  }
  return [...surplus, ...changed].map((path) => `${folder}/${path}`);
}

async function main(isCheck) {
  const generator = await findSdkGenerator();
  const scratch = await mkdtemp(join(tmpdir(), "sluice-sdks-"));
  try {
    const different = [];
    for (const target of TARGETS) {
      different.push(...(await update(target, await generate(generator, target, scratch), isCheck)));
    }
    if (different.length === 0) say("generated SDKs are up to date");
    else if (!isCheck) say(`generated ${different.join(", ")}`);
    else
      throw new Error(`generated SDKs are out of date: ${different.join(", ")}; run npm run generate:sdks`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

try {
  await main(process.argv.includes("--check"));
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
