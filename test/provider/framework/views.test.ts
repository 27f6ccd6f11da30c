import { describe, expect, it } from "vitest";
import { planViews } from "../../../provider/framework/views.js";
import type { View, ViewStep } from "../../../provider/framework/views.js";
import { seededDraws } from "./random.js";

const view = (name: string, steps: string, type = "Recipe"): View => ({ type, name, inputs: { steps } });

/** Does to a list of views what the engine does to state. */
function apply(before: readonly View[], steps: readonly ViewStep[]): View[] {
  const views = [...before];
  for (const step of steps) {
    const at = step.op === "create" ? -1 : views.indexOf(step.before);
    if (step.op !== "create" && at < 0) throw new Error("a step names a view that is not there");
    if (step.op === "create") views.push(step.after);
    if (step.op === "update") views[at] = step.after;
    if (step.op === "delete") views.splice(at, 1);
  }
  return views;
}

const sorted = (views: readonly View[]) => views.map((one) => JSON.stringify(one)).sort();

describe("planning views", () => {
  it("creates what is new, updates what changed, deletes what went, and leaves the rest alone", () => {
    const before = [view("Clean", "a"), view("Load", "b"), view("Old", "c")];
    const after = [view("Clean", "a2"), view("Load", "b"), view("Fresh", "d")];
    expect(planViews(before, after)).toEqual([
      { op: "update", before: before[0], after: after[0] },
      { op: "create", after: after[2] },
      { op: "delete", before: before[2] },
    ]);
  });

  it("tells views of one name apart by their type", () => {
    const [flow, recipe] = [view("Orders", "", "Flow"), view("Orders", "a", "Recipe")];
    expect(planViews([flow], [recipe])).toEqual([
      { op: "create", after: recipe },
      { op: "delete", before: flow },
    ]);
  });

  it("takes the order of members for no change", () => {
    const before = [{ type: "Flow", name: "Orders", inputs: { a: { x: "1", y: "2" }, b: "3" } }];
    const after = [{ type: "Flow", name: "Orders", inputs: { b: "3", a: { y: "2", x: "1" } } }];
    expect(planViews(before, after)).toEqual([]);
  });

  it("leads from any views to any others, names only views there were, and does nothing a second time", () => {
    const random = seededDraws(11);
    const draw = (): View[] => {
      const names = ["a", "b", "c", "d", "e", "a b", "b a"].filter(() => random.below(2) === 0);
      return names.flatMap((name) =>
        ["Flow", "Recipe"]
          .filter(() => random.below(2) === 0)
          .map((type) => view(name, random.pick(["1", "2", "3"]), type)),
      );
    };
    for (let round = 0; round < 500; round += 1) {
      const [before, after] = [draw(), draw()];
      const steps = planViews(before, after);
      expect(sorted(apply(before, steps))).toEqual(sorted(after));
      const touched = steps.map((step) => (step.op === "delete" ? step.before : step.after));
      expect(new Set(touched.map(({ type, name }) => `${type} ${name}`)).size).toBe(touched.length);
      expect(planViews(after, after)).toEqual([]);
      expect(planViews(before, []).every(({ op }) => op === "delete")).toBe(true);
    }
  });
});
