import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ordersProgram, releasesOf, writeOrdersPackages } from "./orders.js";
import { isWithoutEngine, startEngineTest, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

describe.skipIf(isWithoutEngine)("a connection that must be replaced", () => {
  let test: EngineTest;

  beforeAll(async () => {
    test = await startEngineTest();
    await writeOrdersPackages(test);
  });
  afterAll(() => test.close());

  it("does not stand in its own way, and takes rules and release along", async () => {
    test.use(ordersProgram({ connection: { isGlobal: true } }));
    await test.stack.up();
    test.use(ordersProgram({ connection: { isGlobal: false } }));
    let preview = "";
    const previewed = await test.requestsDuring(async () => {
      preview = (await test.stack.preview({ diff: true })).stdout;
    });
    expect(writesOf(previewed)).toEqual([]);
    expect(preview).toMatch(/Connection: \(replace\)/);
    const requests = await test.requestsDuring(() => test.stack.up());
    expect(writesOf(requests)).toEqual([
      "DELETE /vN/connections/N",
      "POST /vN/connections",
      "PATCH /vN/deployments/N/objectImportRules",
      "PATCH /vN/deployments/N/valueImportRules",
      "POST /vN/deployments/N/releases",
      "PATCH /vN/releases/N",
    ]);
    const { data } = await test.call<{ data: object[] }>("GET", "/v4/connections");
    expect(data).toMatchObject([{ id: 2, name: "warehouse", isGlobal: false }]);
    expect(await test.call("GET", "/v4/deployments/1/objectImportRules")).toMatchObject({
      data: [{ withCondition: { id: 2 } }],
    });
    expect(await releasesOf(test)).toMatchObject([{ active: null }, { active: true }]);
    expect((await test.stack.refresh()).summary.resourceChanges).toEqual({ same: 6 });
  });

  it("that people ask for, and that makes the new object first, does not delete what it has just made", async () => {
    const before = await releasesOf(test);
    const urns = ["ImportRules::orders", "Release::orders"].map(
      (name) => `urn:pulumi:prod::engine-test::pulumi-nodejs:dynamic/sluice:${name}`,
    );
    const { summary } = await test.stack.up({ replace: urns });
    expect(summary.resourceChanges).toEqual({ replace: 2, same: 4 });
    expect(await releasesOf(test)).toEqual(before);
    expect(await test.call("GET", "/v4/deployments/1/objectImportRules")).toMatchObject({
      data: [{ withCondition: { id: 2 } }],
    });
    expect((await test.stack.refresh()).summary.resourceChanges).toEqual({ same: 6 });
    expect((await test.stack.preview()).changeSummary).toEqual({ same: 6 });
  });
});
