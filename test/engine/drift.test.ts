import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actionIn, ordersProgram, releasesOf, writeOrdersPackages } from "./orders.js";
import { isWithoutEngine, startEngineTest, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

// One life of one stack: each test goes on where the one before it ended.
describe.skipIf(isWithoutEngine)("changes by hand", () => {
  let test: EngineTest;

  beforeAll(async () => {
    test = await startEngineTest();
    await writeOrdersPackages(test);
    test.use(ordersProgram({ version: "1.0.0" }));
    await test.stack.up();
    test.use(ordersProgram({ version: "1.1.0" }));
    await test.stack.up();
  });
  afterAll(() => test.close());

  const up = async () => writesOf(await test.requestsDuring(() => test.stack.up()));
  const refresh = async () => {
    let changes: Record<string, number> | undefined;
    const requests = await test.requestsDuring(async () => {
      changes = (await test.stack.refresh()).summary.resourceChanges;
    });
    expect(writesOf(requests)).toEqual([]);
    return changes;
  };

  it("to the active release show in a refresh, are named in the preview and mended by one PATCH", async () => {
    await test.call("PATCH", "/v4/releases/1", { active: true });
    expect(await refresh()).toEqual({ same: 5, update: 1 });
    const { stdout } = await test.stack.preview({ diff: true });
    expect(stdout).toMatch(/active *: false => true/);
    expect(actionIn(stdout)).toMatch(
      /^activate release #2 of 20\d\d-\d\d-\d\d \d\d:\d\d again: release #1 of 20\d\d-\d\d-\d\d \d\d:\d\d was activated outside this program$/,
    );
    expect(await up()).toEqual(["PATCH /vN/releases/N"]);
    expect(await releasesOf(test)).toMatchObject([{ active: null }, { active: true }]);
  });

  it("to rules and a connection are undone without an import", async () => {
    await test.call("PATCH", "/v4/deployments/1/valueImportRules", [
      { type: "s3Bucket", on: "acme-dev", with: "acme-elsewhere" },
    ]);
    await test.call("PATCH", "/v4/connections/1", { description: "edited by hand" });
    expect(await refresh()).toEqual({ same: 4, update: 2 });
    const { stdout } = await test.stack.preview({ diff: true });
    expect(stdout).toContain('"acme-elsewhere" => "acme-prod"');
    expect(stdout).toMatch(/- description *: "edited by hand"/);
    expect((await up()).sort()).toEqual([
      "PATCH /vN/connections/N",
      "PATCH /vN/deployments/N/objectImportRules",
      "PATCH /vN/deployments/N/valueImportRules",
    ]);
    expect(await test.call("GET", "/v4/deployments/1/valueImportRules")).toMatchObject({
      data: [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" }],
    });
    expect(await test.call("GET", "/v4/connections/1")).toMatchObject({ description: "" });
    expect(await refresh()).toEqual({ same: 6 });
  });

  it("that pause a schedule survive a deploy", async () => {
    await test.call("POST", "/v4/deploymentSchedules/1/disable", {});
    expect(await refresh()).toEqual({ same: 6 });
    test.use(ordersProgram({ version: "1.0.0", schedule: { name: "every night" } }));
    expect((await up()).sort()).toEqual(["PATCH /vN/releases/N", "PUT /vN/deploymentSchedules/N"]);
    expect(await test.call("GET", "/v4/deploymentSchedules/1")).toMatchObject({
      name: "every night",
      enabled: false,
    });
  });

  it("that delete the active release: a refresh sees it, and one import brings it back", async () => {
    await test.call("DELETE", "/v4/releases/1");
    expect(await refresh()).toMatchObject({ delete: 1 });
    expect(actionIn((await test.stack.preview({ diff: true })).stdout)).toMatch(/^deploy: /);
    expect(await up()).toEqual(["POST /vN/deployments/N/releases", "PATCH /vN/releases/N"]);
    expect(await releasesOf(test)).toMatchObject([
      { id: 2, active: null },
      { id: 3, active: true },
    ]);
  });

  it("that delete the active release just before a rollback: the rollback does not need it", async () => {
    await test.call("DELETE", "/v4/releases/3");
    test.use(ordersProgram({ version: "1.1.0", schedule: { name: "every night" } }));
    expect(actionIn((await test.stack.preview({ diff: true })).stdout)).toMatch(/^\S+ to release #2 of /);
    expect(await up()).toEqual(["PATCH /vN/releases/N"]);
    expect(await releasesOf(test)).toMatchObject([{ id: 2, active: true }]);
  });

  it("that delete the deployment: an update says so before it writes, a refresh makes way for a new one", async () => {
    await test.call("DELETE", "/v4/deployments/1");
    test.use(ordersProgram({ version: "1.0.0", schedule: { name: "every night" } }));
    let message = "";
    const requests = await test.requestsDuring(async () => {
      message = await test.failureOf(() => test.stack.up());
    });
    expect(message).toContain(
      "if it was deleted outside this program, run `pulumi refresh`, then `pulumi up`",
    );
    expect(writesOf(requests)).toEqual([]);
    await refresh();
    await up();
    expect(await test.call("GET", "/v4/deployments")).toMatchObject({ data: [{ id: 2, name: "orders" }] });
    expect(await releasesOf(test)).toMatchObject([{ deployment: { id: 2 }, active: true }]);
    expect(await up()).toEqual([]);
  });
});
