import type { FunctionDefinition } from "./framework/define-function.js";
import { inspectPackage } from "./functions/inspect-package.js";

/** Every function of the provider; adding one is a line here. */
export const functions: readonly FunctionDefinition[] = [inspectPackage];

/** The function with this name, or undefined. */
export function findFunction(name: string): FunctionDefinition | undefined {
  return functions.find((definition) => definition.name === name);
}
