import { aggregateFunctions } from "./aggregate.js";
import { arrayFunctions } from "./array.js";
import { comparisonFunctions } from "./comparison.js";
import { conditionalFunctions } from "./conditional.js";
import { dateFunctions } from "./date.js";
import type { FunctionDefinition } from "./definition.js";
import { numberFunctions } from "./number.js";
import { textFunctions } from "./text.js";
import { typeFunctions } from "./type.js";
import { windowFunctions } from "./window.js";

/** Every function that the compiler knows, by its type in lower case. */
export const functionDefinitions: ReadonlyMap<string, FunctionDefinition> = new Map(
  [
    ...comparisonFunctions,
    ...conditionalFunctions,
    ...numberFunctions,
    ...textFunctions,
    ...dateFunctions,
    ...typeFunctions,
    ...arrayFunctions,
    ...aggregateFunctions,
    ...windowFunctions,
  ].map((definition) => [definition.type.toLowerCase(), definition]),
);
