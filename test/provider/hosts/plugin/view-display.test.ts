import { describe, expect, it } from "vitest";
import { planViews } from "../../../../provider/framework/views.js";
import type { View } from "../../../../provider/framework/views.js";
import { showSteps } from "../../../../provider/hosts/plugin/view-display.js";

const recipe = (inputs: View["inputs"], name = "Orders/Clean"): View => ({ type: "Recipe", name, inputs });

/** What a preview shows of a view that changes. */
function shownOf(before: View["inputs"], after: View["inputs"]): unknown {
  return showSteps(planViews([recipe(before)], [recipe(after)])).shown[0]?.view.inputs;
}

describe("a view that changes, in a preview", () => {
  it("has the steps that go and come, and not those around them", () => {
    expect(shownOf({ steps: "a\nb\nc\nd" }, { steps: "a\nx\nb\nc2\nd" })).toEqual({
      steps: ["+ x", "- c", "+ c2"],
    });
  });

  it("leaves out what stays", () => {
    expect(shownOf({ reads: "orders", steps: "a" }, { reads: "orders", steps: "b" })).toEqual({
      steps: ["- a", "+ b"],
    });
  });

  it("names the members of what is told by name", () => {
    const before = { inputs: { orders: "s3://dev/orders", countries: "table a" } };
    const after = { inputs: { orders: "s3://prod/orders", countries: "table a" }, summary: "new" };
    expect(shownOf(before, after)).toEqual({
      inputs: ["- orders: s3://dev/orders", "+ orders: s3://prod/orders"],
      summary: ["+ new"],
    });
  });

  it("says how much more there is than a person reads", () => {
    const lines = Array.from({ length: 100 }, (_, index) => `step ${index}`);
    const { steps } = shownOf({ steps: "" }, { steps: lines.join("\n") }) as { steps: string[] };
    expect(steps).toHaveLength(41);
    expect(steps.at(-1)).toBe("… and 61 more lines");
  });
});

describe("the views of one resource, in a preview", () => {
  it("come in the order of the plan: new ones whole, those that go by their name", () => {
    const steps = planViews([recipe({ steps: "a" }, "old")], [recipe({ steps: "b" }, "new")]);
    expect(showSteps(steps)).toEqual({
      shown: [
        { op: "create", view: recipe({ steps: "b" }, "new") },
        { op: "delete", view: recipe({}, "old") },
      ],
      hidden: 0,
    });
  });

  it("end after two hundred, and say how many are left", () => {
    const many = Array.from({ length: 250 }, (_, index) => recipe({ steps: "a" }, `recipe ${index}`));
    const { shown, hidden } = showSteps(planViews([], many));
    expect([shown.length, hidden]).toEqual([200, 50]);
  });
});
