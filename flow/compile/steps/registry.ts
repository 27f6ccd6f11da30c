import { columnSteps } from "./columns.js";
import { dateSteps } from "./dates.js";
import type { StepDefinition } from "./definition.js";
import { extractSteps } from "./extract.js";
import { groupSteps } from "./group.js";
import { nestedSteps } from "./nested.js";
import { parsingSteps } from "./parsing.js";
import { rowSteps } from "./rows.js";
import { splitSteps } from "./split.js";
import { tableSteps } from "./two-tables.js";
import { unpivotSteps } from "./unpivot.js";

/** Every step that the compiler knows, by its type. */
export const stepDefinitions: ReadonlyMap<string, StepDefinition> = new Map(
  [
    ...parsingSteps,
    ...columnSteps,
    ...splitSteps,
    ...extractSteps,
    ...dateSteps,
    ...rowSteps,
    ...groupSteps,
    ...unpivotSteps,
    ...nestedSteps,
    ...tableSteps,
  ].map((definition) => [definition.type, definition]),
);
