// Runs before any dependency is there: nothing but Node's own modules may be imported here or below.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { buildAll } from "./build.mjs";
import { buildExamplePackages } from "./example-packages.mjs";
import { installDependencies } from "./dependencies.mjs";
import { withLock } from "./lock.mjs";
import { findPulumi, isEngineSkipped } from "./pulumi-cli.mjs";
import { say } from "./run-command.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const USAGE = `Usage: node tools/setup.mjs [--without-build | --engine]
Installs npm packages and compiles, where something changed. --without-build leaves the compiling out; --engine also makes
sure of the Pulumi CLI.`;

async function checkNode() {
  const { engines } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const oldest = Number(/\d+/.exec(engines.node)?.[0]);
  if (Number(process.versions.node.split(".")[0]) < oldest) {
    throw new Error(
      `Node.js ${process.versions.node} is too old: ${engines.node} is needed, see https://nodejs.org`,
    );
  }
}

async function main(commandArguments) {
  const unknown = commandArguments.filter((argument) => !["--without-build", "--engine"].includes(argument));
  if (unknown.length > 0) throw new Error(`unknown argument ${unknown.join(" ")}\n${USAGE}`);
  await checkNode();
  const onWait = () => say("another set-up is running in this folder: waiting for it");
  await withLock(join(ROOT, ".sluice", "setup.lock"), { onWait }, async () => {
    await installDependencies(ROOT, say);
    if (commandArguments.includes("--without-build")) return;
    await buildAll(ROOT, say);
    await buildExamplePackages(ROOT, say);
  });
  if (!commandArguments.includes("--engine")) return;
  if (isEngineSkipped()) say("doing without the Pulumi CLI, because SLUICE_SKIP_ENGINE=1 is set");
  else await findPulumi();
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`set-up: ${error.message}\n`);
  process.exitCode = 1;
}
