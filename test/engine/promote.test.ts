import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actionIn, ordersProgram, releasesOf, writeOrdersPackages } from "./orders.js";
import type { OrdersChanges } from "./orders.js";
import { isWithoutEngine, outputOf, startEngineTest, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

const RULES_WRITTEN = [
  "PATCH /vN/deployments/N/objectImportRules",
  "PATCH /vN/deployments/N/valueImportRules",
];
const IMPORTED = ["POST /vN/deployments/N/releases", "PATCH /vN/releases/N"];
const ACTIVATED = ["PATCH /vN/releases/N"];

// One life of one stack: each test goes on where the one before it ended.
describe.skipIf(isWithoutEngine)("promoting a package", () => {
  let test: EngineTest;

  beforeAll(async () => {
    test = await startEngineTest();
    await writeOrdersPackages(test);
  });
  afterAll(() => test.close());

  /** Previews without a write and without touching state; then what the preview said must be what up does. */
  async function promote(changes: OrdersChanges): Promise<{ action: string; writes: string[] }> {
    test.use(ordersProgram(changes));
    const before = await test.state();
    let said: string | undefined;
    const previewed = await test.requestsDuring(async () => {
      said = actionIn((await test.stack.preview({ diff: true })).stdout);
    });
    expect(writesOf(previewed)).toEqual([]);
    expect(await test.state()).toBe(before);
    let done: unknown;
    const requests = await test.requestsDuring(async () => {
      done = outputOf((await test.stack.up()).outputs, "action");
    });
    expect(done).toBe(said);
    return { action: String(done), writes: writesOf(requests) };
  }
  const activity = async () => (await releasesOf(test)).map((release) => release.active);
  const nameOf = async (id: number) => {
    const release = (await releasesOf(test)).find((candidate) => candidate.id === id);
    return `#${id} of ${release?.createdAt.slice(0, 16).replace("T", " ")}`;
  };
  const otherBucket = { values: [{ type: "s3Bucket" as const, on: "acme-dev", with: "acme-prod-eu" }] };

  it("deploys the first release", async () => {
    const { action, writes } = await promote({});
    expect(action).toBe("deploy: the first release from this program");
    expect(writes.filter((write) => write.includes("/releases"))).toEqual(IMPORTED);
    expect(await activity()).toEqual([true]);
  });

  it("has nothing to do the second time, and nothing to find in a refresh", async () => {
    const again = await test.requestsDuring(() => test.stack.up());
    expect(writesOf(again)).toEqual([]);
    let refreshed: Record<string, number> | undefined;
    const refresh = await test.requestsDuring(async () => {
      refreshed = (await test.stack.refresh()).summary.resourceChanges;
    });
    expect(writesOf(refresh)).toEqual([]);
    expect(refreshed).toEqual({ same: 6 });
    const before = await test.state();
    expect((await test.stack.preview({ expectNoChanges: true })).changeSummary).toEqual({ same: 6 });
    expect(await test.state()).toBe(before);
  });

  it("shows in the preview which steps change, then imports once", async () => {
    test.use(ordersProgram({ version: "1.1.0" }));
    const { stdout } = await test.stack.preview({ diff: true });
    expect(stdout).toMatch(/\+ +filter type: custom rowType: single row: customer_id == 'C-TEST'/);
    const { action, writes } = await promote({ version: "1.1.0" });
    expect(action).toBe("deploy: a package that was not imported here before");
    expect(writes).toEqual(IMPORTED);
    expect(await activity()).toEqual([null, true]);
  });

  it("rolls back with one PATCH and no import, and forward again", async () => {
    const back = await promote({ version: "1.0.0" });
    expect(back).toEqual({ action: `rollback to release ${await nameOf(1)}`, writes: ACTIVATED });
    expect(await activity()).toEqual([true, null]);
    const forward = await promote({ version: "1.1.0" });
    expect(forward).toEqual({ action: `roll-forward to release ${await nameOf(2)}`, writes: ACTIVATED });
    expect(await activity()).toEqual([null, true]);
  });

  it("imports again when the rules changed, also to roll back", async () => {
    const changed = await promote({ version: "1.1.0", rules: otherBucket });
    expect(changed).toEqual({
      action: "re-import: the rules changed, and the platform applies rules only to later imports",
      writes: [...RULES_WRITTEN, ...IMPORTED],
    });
    const back = await promote({ version: "1.0.0", rules: otherBucket });
    expect(back.action).toMatch(/^re-import: the rules changed/);
    expect(back.writes).toEqual(IMPORTED);
    expect(await activity()).toEqual([null, null, null, true]);
  });

  it("activates the earlier release when the rules go back to what they were", async () => {
    const back = await promote({ version: "1.0.0" });
    expect(back).toEqual({
      action: `rollback to release ${await nameOf(1)}`,
      writes: [...RULES_WRITTEN, ...ACTIVATED],
    });
    expect(await activity()).toEqual([true, null, null, null]);
  });

  it("binds the schedule to the deployment, so that no promotion touches it", async () => {
    const { data } = await test.call<{ data: { deployment: { id: number } }[] }>(
      "GET",
      "/v4/deploymentSchedules",
    );
    expect(data).toMatchObject([{ deployment: { id: 1 }, enabled: true }]);
    expect((await test.call<{ data: unknown[] }>("GET", "/v4/schedules")).data).toEqual([]);
  });

  it("leaves nothing behind when it is destroyed", async () => {
    await test.stack.destroy();
    for (const path of ["deployments", "releases", "connections", "deploymentSchedules"])
      expect((await test.call<{ data: unknown[] }>("GET", `/v4/${path}`)).data).toEqual([]);
  });
});
