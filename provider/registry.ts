import type { ResourceDefinition } from "./framework/define-resource.js";
import { connection } from "./resources/connection.js";
import { deployment } from "./resources/deployment.js";
import { importRules } from "./resources/import-rules.js";
import { release } from "./resources/release.js";
import { schedule } from "./resources/schedule.js";

/** Every resource of the provider; adding one is a line here. */
export const registry: readonly ResourceDefinition[] = [
  connection,
  deployment,
  importRules,
  release,
  schedule,
];

/** The definition with this name, or undefined. */
export function findDefinition(name: string): ResourceDefinition | undefined {
  return registry.find((definition) => definition.name === name);
}
