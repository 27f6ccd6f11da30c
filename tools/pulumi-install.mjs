// Runs in a process of its own, because the Automation API's installation cannot be cancelled from inside.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const [root, version] = process.argv.slice(2);
const { PulumiCommand } = require("@pulumi/pulumi/automation");
// The version object must come from the very semver that the SDK compares with.
const { SemVer } = createRequire(require.resolve("@pulumi/pulumi/automation"))("semver");

try {
  await PulumiCommand.install({ root, version: new SemVer(version) });
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
