import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { damageOf, resourcesIn, viewsIn } from "./snapshot.js";
import { isWithoutEngine } from "./stack.js";
import type { EngineTest } from "./stack.js";
import { startViewedTest, viewedProgram } from "./viewed-orders.js";

// One life of one stack: each test goes on where the one before it ended.
describe.skipIf(isWithoutEngine)("views in previews only, as they are without any setting", () => {
  let test: EngineTest;

  beforeAll(async () => {
    test = await startViewedTest("preview");
    await test.stack.removeConfig("sluice:views");
    test.use(viewedProgram());
    await test.stack.up();
  });
  afterAll(() => test.close());

  it("are in no state", async () => {
    expect(await viewsIn(test)).toEqual([]);
    expect((await resourcesIn(test)).map(({ type }) => type)).toContain("sluice:index:Release");
  });

  it("are drawn below the release by a preview, which leaves state as it is to the byte", async () => {
    test.use(viewedProgram({ version: "1.1.0" }));
    const before = await test.state();
    const { stdout, changeSummary } = await test.stack.preview({ diff: true, color: "never" });
    expect(await test.state()).toBe(before);
    expect(changeSummary).toMatchObject({ update: 3 });
    const [, views] = stdout.split(/^ {4}~ sluice:index:Release: .*$/m);
    expect(views).toContain(`        ~ sluice:index:Recipe: (update)
            [urn=urn:pulumi:prod::engine-test::sluice:index:Release$sluice:index:Recipe::orders/Orders/Clean orders]
            steps: [
                [0]: "- derive type: single value: quantity * price as: 'total'"
                [1]: "+ filter type: custom rowType: single row: customer_id == 'C-TEST' || quantity < 1 action: Delete"
                [2]: "+ derive type: single value: ROUND(quantity * price, 2) as: 'total'"
            ]
        ~ sluice:index:Recipe: (update)`);
  });

  it("are resources of their own to whoever listens to the engine, and say whose", async () => {
    const heard: string[] = [];
    await test.stack.preview({
      onEvent: ({ resourcePreEvent }) => {
        const { op, urn, type, new: after } = resourcePreEvent?.metadata ?? {};
        if (type?.startsWith("sluice:index:Recipe"))
          heard.push(`${op} ${nameOf(urn)} of ${nameOf(after?.parent)}`);
      },
    });
    expect(heard).toEqual([
      "update orders/Orders/Clean orders of orders",
      "update orders/Orders/Daily revenue of orders",
    ]);
  });

  it("hold up no update with a plan, and stay out of what it stores", async () => {
    const plan = `${test.root}/plan.json`;
    await test.stack.preview({ plan });
    await test.stack.up({ plan });
    expect(await viewsIn(test)).toEqual([]);
  });

  it("stand in the way of no new name, no replacement and no release that is kept", async () => {
    const renamed = { aliases: [{ name: "orders" }], retainOnDelete: true };
    test.use(viewedProgram({ name: "renamed", version: "1.0.0", options: renamed }));
    await test.stack.preview();
    await test.stack.up();
    expect(await damageOf(test)).toEqual([]);
    const urn = (await resourcesIn(test)).find(({ type }) => type === "sluice:index:Release")?.urn ?? "";
    await test.pulumi("state", "taint", urn, "--yes");
    await test.stack.up();
    expect(await damageOf(test)).toEqual([]);
    await test.stack.destroy();
    expect(await resourcesIn(test)).toEqual([]);
  });
});

function nameOf(urn = ""): string {
  return urn.split("::").slice(3).join("::");
}
