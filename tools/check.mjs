// Every check of the source, then the tests; `--without-tests` leaves the tests out.
import { access } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { runCommand, say } from "./run-command.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const modules = (path) => join(ROOT, "node_modules", path);

const CHECKS = [
  { name: "types", script: modules("typescript/bin/tsc"), arguments: ["--noEmit", "-p", "tsconfig.json"] },
  { name: "lint", script: modules("eslint/bin/eslint.js"), arguments: [".", "--max-warnings", "0"] },
  {
    name: "format",
    script: modules("prettier/bin/prettier.cjs"),
    arguments: ["--check", "--log-level", "warn", "."],
  },
  // The generator arrives with the provider's definitions; until then there is nothing to compare.
  {
    name: "generated files",
    script: join(ROOT, "tools", "generate.mjs"),
    arguments: ["--check"],
    optional: true,
  },
  { name: "tests", script: modules("vitest/vitest.mjs"), arguments: ["run"], isTests: true },
];

async function isPresent(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}

const withoutTests = process.argv.includes("--without-tests");
const failed = [];
for (const check of CHECKS) {
  if (check.isTests && withoutTests) continue;
  if (check.optional && !(await isPresent(check.script))) continue;
  const started = Date.now();
  say(`${check.name} …`);
  const { code } = await runCommand(process.execPath, [check.script, ...check.arguments], {
    directory: ROOT,
    timeoutSeconds: 3600,
    show: true,
  });
  say(`${check.name}: ${code === 0 ? "passed" : "FAILED"} (${Math.round((Date.now() - started) / 1000)} s)`);
  if (code !== 0) failed.push(check.name);
}
if (failed.length > 0) {
  say(`check: failed: ${failed.join(", ")} (many findings of lint and format are mended by npm run fix)`);
  process.exitCode = 1;
}
