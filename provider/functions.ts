import type { FunctionDefinition } from "./framework/define-function.js";
import { comparePackages } from "./functions/compare-packages.js";
import { getConnection } from "./functions/get-connection.js";
import { getDeployment } from "./functions/get-deployment.js";
import { getRelease } from "./functions/get-release.js";
import { getReleases } from "./functions/get-releases.js";
import { inspectPackage } from "./functions/inspect-package.js";
import { previewImport } from "./functions/preview-import.js";
import { renderSql } from "./functions/render-sql.js";

/** Every function of the provider; adding one is a line here. */
export const functions: readonly FunctionDefinition[] = [
  comparePackages,
  getConnection,
  getDeployment,
  getRelease,
  getReleases,
  inspectPackage,
  previewImport,
  renderSql,
];

/** The function with this name, or undefined. */
export function findFunction(name: string): FunctionDefinition | undefined {
  return functions.find((definition) => definition.name === name);
}
