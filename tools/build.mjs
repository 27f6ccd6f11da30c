import { createHash } from "node:crypto";
import { access, copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { lastWords, runCommand } from "./run-command.mjs";

/**
 * What is compiled; the first folder of each is its own, the others come along with it. `copied` stands beside the output
 * as it is; two projects of one output folder need two stamps.
 */
const PROJECTS = [
  // The command line is compiled against the types that this one puts out.
  { config: "platform/tsconfig.json", output: "platform/dist", sources: ["platform", "flow"] },
  { config: "tsconfig.build.json", output: "dist", sources: ["flow", "provider", "cli", "sdk/nodejs"] },
  {
    config: "tsconfig.plugin.json",
    output: "dist",
    sources: ["sdk/plugin"],
    copied: ["sdk/plugin/package.json"],
    stamp: ".sluice-build-plugin.json",
  },
];
const NOT_SOURCES = new Set(["dist", "node_modules"]);

async function listSources(root, folder) {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
  const nested = entries.map((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return NOT_SOURCES.has(entry.name) ? [] : listSources(root, path);
    return entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts") ? [path] : [];
  });
  return (await Promise.all(nested)).flat().sort();
}

async function fingerprint(root, paths) {
  const hash = createHash("sha256");
  for (const path of paths) {
    const content = await readFile(join(root, path)).catch(() => "");
    hash.update(`${path}\0`).update(content).update("\0");
  }
  return hash.digest("hex");
}

async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The compiler leaves the output of a deleted source behind, where an import would still find it. */
async function removeOutputsOf(deleted, output) {
  for (const source of deleted) {
    const stem = join(output, source.replace(/\.ts$/, ""));
    await Promise.all([".js", ".d.ts"].map((suffix) => rm(`${stem}${suffix}`, { force: true })));
  }
}

async function buildProject(root, project, say) {
  if (!(await exists(join(root, project.config)))) return false;
  const sources = (await Promise.all(project.sources.map((folder) => listSources(root, folder)))).flat();
  if (sources.length === 0) return false;
  const output = join(root, project.output);
  const { copied = [], stamp = ".sluice-build.json" } = project;
  const stampPath = join(output, stamp);
  const settings = ["tsconfig.json", project.config, "package-lock.json"];
  const inputs = await fingerprint(root, [...settings, ...sources, ...copied]);
  const before = await readFile(stampPath, "utf8").then(JSON.parse, () => undefined);
  if (before?.inputs === inputs) return false;

  say(`compiling ${project.sources.join(", ")}: some seconds`);
  await removeOutputsOf(
    (before?.sources ?? []).filter((source) => !sources.includes(source)),
    output,
  );
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const result = await runCommand(process.execPath, [compiler, "-p", project.config], { directory: root });
  if (result.code !== 0) throw new Error(`compiling ${project.config} failed:\n    ${lastWords(result, 30)}`);
  for (const path of copied) await copyFile(join(root, path), join(output, path));
  await writeFile(stampPath, JSON.stringify({ inputs, sources }));
  return true;
}

/** Compiles every project whose sources changed since its last build; answers whether anything was done. */
export async function buildAll(root, say) {
  let done = false;
  for (const project of PROJECTS) done = (await buildProject(root, project, say)) || done;
  return done;
}
