import { caseSteps } from "./cases.js";
import { columnSteps } from "./columns.js";
import { dateSteps } from "./dates.js";
import type { StepDefinition } from "./definition.js";
import { extractSteps } from "./extract.js";
import { groupSteps } from "./group.js";
import { nestedSteps } from "./nested.js";
import { parsingSteps } from "./parsing.js";
import { rowSteps } from "./rows.js";
import { sortingSteps } from "./sorting.js";
import { splitSteps } from "./split.js";
import { textSteps } from "./texts.js";
import { tableSteps } from "./two-tables.js";
import { unionSteps } from "./union.js";
import { unpivotSteps } from "./unpivot.js";
import { valuesToColumnsSteps } from "./values-to-columns.js";
import { windowSteps } from "./window.js";

/** Every step that the compiler knows, by its type in lower case. */
export const stepDefinitions: ReadonlyMap<string, StepDefinition> = new Map(
  [
    ...parsingSteps,
    ...columnSteps,
    ...caseSteps,
    ...windowSteps,
    ...splitSteps,
    ...extractSteps,
    ...dateSteps,
    ...rowSteps,
    ...groupSteps,
    ...unpivotSteps,
    ...valuesToColumnsSteps,
    ...nestedSteps,
    ...tableSteps,
    ...unionSteps,
    ...textSteps,
    ...sortingSteps,
  ].map((definition) => [definition.type.toLowerCase(), definition]),
);
