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

/** For each step from one to another a short text, equal for steps that do the same under the same names. */
export function stepKeys({ steps }: Recipe, from: number, to: number): string[] {
  const loadedTables = new Set<string>();
  return steps.slice(from, to).map((step) => shorten(writeStep(step, OWN_NAMES, loadedTables)));
}

/** A step as text, whatever tables and inputs it uses. */
export function textWithoutNames(step: Step): string {
  return writeStep(step, NO_NAMES, new Set());
}

/** Texts of steps are long, and thousands are kept for comparison. */
export function shorten(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
