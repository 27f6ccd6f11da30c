import { alignSequences } from "../../../flow/diff/sequence.js";
import { isEqual } from "../../framework/canonical.js";
import type { View, ViewStep } from "../../framework/views.js";

/** Changed lines of one view that a preview shows; the resource's own diff has them all. */
const MOST_LINES = 40;
/** Views of one resource that a preview shows. */
const MOST_VIEWS = 200;

/** A step that is only shown: the engine knows no view of the name, so that what was there is told in words. */
export interface ShownStep {
  readonly op: ViewStep["op"];
  readonly view: View;
}

/**
 * How a preview shows the steps while the stack's state holds no views. A changed view has, in place of its values,
 * the lines that go and come.
 */
export function showSteps(steps: readonly ViewStep[]): { shown: ShownStep[]; hidden: number } {
  const shown = steps.slice(0, MOST_VIEWS).map((step): ShownStep => {
    switch (step.op) {
      case "create":
        return { op: "create", view: step.after };
      case "update":
        return { op: "update", view: { ...step.after, inputs: showChange(step.before, step.after) } };
      case "delete":
        return { op: "delete", view: { ...step.before, inputs: {} } };
    }
  });
  return { shown, hidden: steps.length - shown.length };
}

function showChange(before: View, after: View): Record<string, unknown> {
  const names = [...new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)])];
  const changed = names.filter((name) => !isEqual(before.inputs[name], after.inputs[name]));
  return Object.fromEntries(
    changed.map((name) => [name, changedLines(toLines(before.inputs[name]), toLines(after.inputs[name]))]),
  );
}

/** Lines that go before lines that come at the same place, as a line diff shows them. */
function changedLines(before: readonly string[], after: readonly string[]): string[] {
  const lines: string[] = [];
  let [old, now] = [0, 0];
  for (const [atOld, atNow] of [...alignSequences(before, after), [before.length, after.length] as const]) {
    lines.push(...before.slice(old, atOld).map((line) => `- ${line}`));
    lines.push(...after.slice(now, atNow).map((line) => `+ ${line}`));
    [old, now] = [atOld + 1, atNow + 1];
  }
  if (lines.length <= MOST_LINES) return lines;
  return [...lines.slice(0, MOST_LINES), `… and ${lines.length - MOST_LINES} more lines`];
}

/** A text by its lines; members of anything else by their names. */
function toLines(value: unknown): string[] {
  if (value === undefined) return [];
  if (typeof value === "string") return value.split("\n");
  if (typeof value !== "object" || value === null) return [JSON.stringify(value)];
  return Object.entries(value).map(([name, member]) => {
    const text = typeof member === "string" ? member : JSON.stringify(member);
    return Array.isArray(value) ? text : `${name}: ${text}`;
  });
}
