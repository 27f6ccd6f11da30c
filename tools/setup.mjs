// Runs before any dependency is there: nothing but Node's own modules may be imported here or below.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { buildAll } from "./build.mjs";
import { buildExamplePackages } from "./example-packages.mjs";
import { installDependencies } from "./dependencies.mjs";
import { findLanguageHost, LANGUAGES } from "./language-hosts.mjs";
import { withLock } from "./lock.mjs";
import { findPostgres, whyWithoutPostgres } from "./postgres.mjs";
import { findPulumi, isEngineSkipped } from "./pulumi-cli.mjs";
import { findPythonSdk, whyWithoutPython } from "./python-sdk.mjs";
import { say } from "./run-command.mjs";
import { findSdkGenerator, whyWithoutGo } from "./sdk-generator.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FLAGS = ["--without-build", "--cli", "--engine"];
const USAGE = `Usage: node tools/setup.mjs [--without-build | --cli | --engine]
Installs npm packages and compiles, where something changed. --without-build leaves the compiling out; --cli also makes
sure of the Pulumi CLI; --engine of all that tests need: the CLI, hosts of other languages and their SDKs, Postgres.`;

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
  const unknown = commandArguments.filter((argument) => !FLAGS.includes(argument));
  if (unknown.length > 0) throw new Error(`unknown argument ${unknown.join(" ")}\n${USAGE}`);
  await checkNode();
  const onWait = () => say("another set-up is running in this folder: waiting for it");
  await withLock(join(ROOT, ".sluice", "setup.lock"), { onWait }, async () => {
    await installDependencies(ROOT, say);
    if (commandArguments.includes("--without-build")) return;
    await buildAll(ROOT, say);
    await buildExamplePackages(ROOT, say);
  });
  const isForTests = commandArguments.includes("--engine");
  if (isForTests) await preparePostgres();
  if (!isForTests && !commandArguments.includes("--cli")) return;
  if (isEngineSkipped()) {
    say("doing without the Pulumi CLI, because SLUICE_SKIP_ENGINE=1 is set");
    return;
  }
  await findPulumi();
  if (isForTests) await prepareLanguages();
}

async function preparePostgres() {
  const withoutPostgres = await whyWithoutPostgres();
  if (withoutPostgres === undefined) await findPostgres();
  else say(`tests of tables in Postgres cannot run: ${withoutPostgres}`);
}

/** Python and Go are the user's to install: without one of them its tests are skipped, and said to be. */
async function prepareLanguages() {
  for (const language of LANGUAGES) await findLanguageHost(language);
  const withoutPython = await whyWithoutPython();
  if (withoutPython === undefined) await findPythonSdk();
  else say(`tests of programs in Python will be skipped: ${withoutPython}`);
  const withoutGo = await whyWithoutGo();
  if (withoutGo === undefined) await findSdkGenerator();
  else say(`tests of generated SDKs will be skipped: ${withoutGo}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`set-up: ${error.message}\n`);
  process.exitCode = 1;
}
