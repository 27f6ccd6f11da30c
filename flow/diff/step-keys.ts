import { createHash } from "node:crypto";
import type { Recipe, Step } from "../model.js";
import { writeStep, type StepNamer } from "../step-text.js";

const OWN_NAMES: StepNamer = {
  table: (name) => name,
  port: (port) => port,
  dataset: (id) => id,
  artifact: (id) => id,
};

/** Names that tell nothing: equal for steps that differ only in which tables and inputs they use. */
const NO_NAMES: StepNamer = {
  table: () => "",
  port: () => "",
  dataset: () => "",
  artifact: () => "",
};

/** For each step of a recipe a short text, equal for steps that do the same under the same names. */
export function stepKeys(recipe: Recipe): string[] {
  const loadedTables = new Set<string>();
  return recipe.steps.map((step) => shorten(writeStep(step, OWN_NAMES, loadedTables)));
}

/** A step as text, whatever tables and inputs it uses. */
export function textWithoutNames(step: Step): string {
  return writeStep(step, NO_NAMES, new Set());
}

/** Texts of steps are long, and thousands are kept for comparison. */
export function shorten(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
