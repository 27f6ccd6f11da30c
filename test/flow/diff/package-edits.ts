import type { PackageEdit } from "./edit-tools.js";
import { OBJECT_EDITS } from "./object-edits.js";
import { RECIPE_EDITS } from "./recipe-edits.js";

/** The table of edits. Where an edit needs something that few packages have, it answers null for the others. */
export const PACKAGE_EDITS: readonly PackageEdit[] = [...RECIPE_EDITS, ...OBJECT_EDITS];
