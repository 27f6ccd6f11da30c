// Writes schema.json, sdk/nodejs, docs/resources, docs/functions and the schema of preview reports out of their definitions; `--check`
// only compares.
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { lastWords, runCommand, say } from "./run-command.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUTPUT = join(ROOT, "dist", "generator");
const FOLDERS = ["sdk/nodejs", "docs/resources", "docs/functions"];
const require = createRequire(import.meta.url);

/** What is to be written, by path. Compiled alone: the SDK that it is to write may be missing or out of date. */
async function generateAll() {
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const result = await runCommand(process.execPath, [compiler, "-p", "provider/codegen/tsconfig.json"], {
    directory: ROOT,
  });
  if (result.code !== 0) throw new Error(`compiling the generator failed:\n    ${lastWords(result, 30)}`);
  const { generate } = require(join(OUTPUT, "provider", "codegen", "generate.js"));
  const { impactSchema } = require(join(OUTPUT, "cli", "impact.js"));
  return {
    ...(await generate(ROOT)),
    "docs/preview-report.schema.json": `${JSON.stringify(impactSchema(), null, 2)}\n`,
  };
}

async function format(path, text) {
  if (!path.endsWith(".ts")) return text;
  const prettier = require("prettier");
  return prettier.format(text, { ...(await prettier.resolveConfig(join(ROOT, path))), filepath: path });
}

async function filesIn(folder) {
  const entries = await readdir(join(ROOT, folder), { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => `${folder}/${entry.name}`);
}

const wanted = await generateAll();
const present = (await Promise.all(FOLDERS.map(filesIn))).flat();
const stale = present.filter((path) => !(path in wanted));
for (const [path, text] of Object.entries(wanted)) {
  const formatted = await format(path, text);
  const before = await readFile(join(ROOT, path), "utf8").catch(() => undefined);
  if (before === formatted) continue;
  stale.push(path);
  if (process.argv.includes("--check")) continue;
  await mkdir(dirname(join(ROOT, path)), { recursive: true });
  await writeFile(join(ROOT, path), formatted);
}
if (process.argv.includes("--check")) {
  if (stale.length > 0) {
    say(`generated files are out of date: ${stale.join(", ")}; run npm run generate`);
    process.exitCode = 1;
  }
} else {
  for (const path of stale) if (!(path in wanted)) await rm(join(ROOT, path));
  say(stale.length === 0 ? "generated files are up to date" : `generated ${stale.join(", ")}`);
}
