import { describe, expect, it } from "vitest";
import { applyRules, describeContents } from "../../../flow/index.js";
import { buildPackage } from "../../../flow/source.js";
import { viewContents } from "../../../provider/resources/release-views.js";
import { UNKNOWN } from "../../../provider/framework/unknown.js";

const contentsOf = async (version: string, maxBytes?: number) => {
  const source = await buildPackage(`examples/quickstart/packages/orders-${version}`);
  const ruled = applyRules(source, { connections: [], values: [] });
  return describeContents(ruled, maxBytes === undefined ? {} : { maxBytes });
};

describe("the views of a release", () => {
  it("are its flows, each followed by its recipes and outputs", async () => {
    const views = viewContents(await contentsOf("1.1.0")) ?? [];
    expect(views.map(({ type, name }) => `${type} ${name}`)).toEqual([
      "Flow Orders",
      "Recipe Orders/Clean orders",
      "Recipe Orders/Daily revenue",
      "Recipe Orders/orders.csv",
      "Output Orders/Daily revenue (manual)",
    ]);
  });

  it("say where a flow reads, what a recipe does line by line, and where an output writes", async () => {
    const contents = await contentsOf("1.1.0");
    const flow = contents.flows.Orders;
    const views = viewContents(contents) ?? [];
    const inputsOf = (name: string) => views.find((view) => view.name === name)?.inputs;
    expect(inputsOf("Orders")).toEqual({ description: flow?.description, inputs: flow?.inputs });
    expect(inputsOf("Orders/Clean orders")).toEqual({
      reads: flow?.reads?.["Clean orders"],
      steps: flow?.recipes?.["Clean orders"],
    });
    expect(inputsOf("Orders/Daily revenue (manual)")).toEqual({
      writes: flow?.outputs?.["Daily revenue (manual)"]?.join("\n"),
    });
  });

  it("are counts and digests where the contents are", async () => {
    const views = viewContents(await contentsOf("1.1.0", 400)) ?? [];
    expect(views.map(({ type }) => type)).toEqual(["Flow"]);
    expect(views[0]?.inputs.summary).toMatch(/digest [0-9a-f]{8}$/);
  });

  it.each([undefined, null, UNKNOWN, "text", 7, [], {}, { flows: null }])(
    "are not known while the contents are %j",
    (contents) => {
      expect(viewContents(contents)).toBeUndefined();
    },
  );
});
