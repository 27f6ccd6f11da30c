// Makes the archives that `pulumi plugin install resource sluice --file` takes, out of what is compiled in dist/.
import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { build } from "esbuild";
import { create } from "tar";

import { say } from "./run-command.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ENTRY = "dist/provider/hosts/plugin/main.js";
const EXECUTABLE = "pulumi-resource-sluice";
/** Every system that there is a Pulumi CLI for: it asks for an archive by its own name, though all are the same. */
const SYSTEMS = ["darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64", "windows-amd64"];
/** Programs in other languages have no use for Node.js of their own: they must hear that this plugin does. */
const launcher = (oldest) => {
  const needed = `the Sluice plugin needs Node.js ${oldest} or newer on the PATH, see https://nodejs.org`;
  return [
    "#!/bin/sh",
    // A comment to Node.js, and a command to the shell, which then has Node.js read the same file.
    `":" //; command -v node >/dev/null || { echo "${needed}; there is none" >&2; exit 1; }; exec node "$0" "$@"`,
    '"use strict";',
    `if (parseInt(process.versions.node) < ${oldest}) {`,
    `  process.stderr.write("${needed}; this one is " + process.versions.node + "\\n");`,
    "  process.exit(1);",
    "}",
  ].join("\n");
};
const LICENSE_FILE = /^(licen[cs]e|copying|notice)/i;

/** One program in one file: archives with a whole node_modules folder are unpacked for every user of the plugin. */
async function bundle({ engines }) {
  const oldest = Number(/\d+/.exec(engines.node)?.[0]);
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: ROOT,
    entryPoints: [ENTRY],
    outfile: EXECUTABLE,
    write: false,
    bundle: true,
    metafile: true,
    platform: "node",
    target: `node${oldest}`,
    banner: { js: launcher(oldest) },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    logLevel: "silent",
  });
  const [program] = outputFiles;
  const [{ imports }] = Object.values(metafile.outputs);
  const missing = imports.filter(({ path }) => !isBuiltin(path)).map(({ path }) => path);
  const problems = [...warnings.map(({ text }) => text), ...missing.map((path) => `${path} is not inside`)];
  if (problems.length > 0) throw new Error(`bundling ${ENTRY}: ${problems.join("; ")}`);
  return { program: program.contents, sources: Object.keys(metafile.inputs) };
}

/** The licences of everything that others wrote and that is inside, as those ask for. */
async function licencesOf(sources) {
  const folders = sources.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  const texts = [...new Set(folders)].sort().map(async (folder) => {
    const { name, version, license } = JSON.parse(await readFile(join(ROOT, folder, "package.json"), "utf8"));
    const files = (await readdir(join(ROOT, folder))).filter((file) => LICENSE_FILE.test(file)).sort();
    if (files.length === 0) throw new Error(`${folder} has no licence file to put into the archive`);
    const licences = await Promise.all(files.map((file) => readFile(join(ROOT, folder, file), "utf8")));
    return [`${name} ${version} (${license})`, ...licences.map((text) => text.trim())].join("\n\n");
  });
  return `${(await Promise.all(texts)).join(`\n\n${"=".repeat(80)}\n\n`)}\n`;
}

/** Fills the folder with what an installed plugin consists of; answers the names of its files. */
async function fill(folder, manifest) {
  const { program, sources } = await bundle(manifest);
  const { name, version, license, engines } = manifest;
  const settings = { name, version, license, engines };
  await writeFile(join(folder, EXECUTABLE), program);
  await chmod(join(folder, EXECUTABLE), 0o755);
  await writeFile(join(folder, "package.json"), `${JSON.stringify(settings, null, 2)}\n`);
  await writeFile(join(folder, "THIRD-PARTY-LICENSES.txt"), await licencesOf(sources));
  await copyFile(join(ROOT, "bin", `${EXECUTABLE}.cmd`), join(folder, `${EXECUTABLE}.cmd`));
  for (const file of ["schema.json", "LICENSE"]) await copyFile(join(ROOT, file), join(folder, file));
  return (await readdir(folder)).sort();
}

/** Writes an archive for every system, and their checksums, into `out`; the same sources make the same bytes. */
async function packagePlugin(out) {
  const manifest = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const folder = await mkdtemp(join(tmpdir(), "sluice-plugin-"));
  try {
    const files = await fill(folder, manifest);
    const options = { cwd: folder, gzip: { level: 9 }, portable: true, mtime: new Date(0) };
    const bytes = await create(options, files).concat();
    const checksum = createHash("sha256").update(bytes).digest("hex");
    const names = SYSTEMS.map((system) => `${EXECUTABLE}-v${manifest.version}-${system}.tar.gz`);
    await mkdir(out, { recursive: true });
    for (const name of names) await writeFile(join(out, name), bytes);
    await writeFile(join(out, "SHA256SUMS"), names.map((name) => `${checksum}  ${name}\n`).join(""));
    say(`${names.length} archives of ${(bytes.length / 1e6).toFixed(1)} MB are in ${out}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  const { values } = parseArgs({ options: { out: { type: "string", default: join(ROOT, "build") } } });
  await packagePlugin(resolve(values.out));
} catch (error) {
  process.stderr.write(`packaging the plugin: ${error.message}\n`);
  process.exitCode = 1;
}
