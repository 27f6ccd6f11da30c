import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ordersProgram, releasesOf, writeOrdersPackages } from "./orders.js";
import type { OrdersChanges } from "./orders.js";
import { isWithoutEngine, outputOf, startEngineTest, writesOf } from "./stack.js";
import type { EngineTest } from "./stack.js";

interface FlowSchedule {
  enabled: boolean;
  tasks: { runFlow: { flowId: number } }[];
}

describe.skipIf(isWithoutEngine)("a schedule on a platform that schedules flows only", () => {
  let test: EngineTest;

  beforeAll(async () => {
    test = await startEngineTest({ settings: { deploymentSchedules: false } });
    await writeOrdersPackages(test);
  });
  afterAll(() => test.close());

  async function up(changes: OrdersChanges): Promise<{ writes: string[]; primaryFlow: number }> {
    test.use(ordersProgram(changes));
    let primaryFlow = 0;
    const requests = await test.requestsDuring(async () => {
      primaryFlow = Number(outputOf((await test.stack.up()).outputs, "primaryFlowId"));
    });
    return { writes: writesOf(requests), primaryFlow };
  }
  const scheduledFlows = async () => {
    const { data } = await test.call<{ data: FlowSchedule[] }>("GET", "/v4/schedules");
    return data.map(({ enabled, tasks }) => ({ enabled, flows: tasks.map((task) => task.runFlow.flowId) }));
  };

  it("runs the active release's primary flow after every deploy and rollback, in the same update", async () => {
    const first = await up({ version: "1.0.0" });
    expect(await scheduledFlows()).toEqual([{ enabled: true, flows: [first.primaryFlow] }]);

    const second = await up({ version: "1.1.0" });
    expect(second.primaryFlow).not.toBe(first.primaryFlow);
    expect(second.writes).toEqual([
      "POST /vN/deployments/N/releases",
      "PATCH /vN/releases/N",
      "PUT /vN/schedules/N",
    ]);
    expect(await scheduledFlows()).toEqual([{ enabled: true, flows: [second.primaryFlow] }]);

    const back = await up({ version: "1.0.0" });
    expect(back.writes).toEqual(["PATCH /vN/releases/N", "PUT /vN/schedules/N"]);
    expect(back.primaryFlow).toBe(first.primaryFlow);
    expect(await scheduledFlows()).toEqual([{ enabled: true, flows: [first.primaryFlow] }]);
    expect(await releasesOf(test)).toMatchObject([{ active: true }, { active: null }]);
  });

  it("is no drift afterwards, and stays paused when an operator paused it", async () => {
    await test.call("POST", "/v4/schedules/1/disable", {});
    expect((await test.stack.refresh()).summary.resourceChanges).toEqual({ same: 6 });
    const { primaryFlow } = await up({ version: "1.1.0" });
    expect(await scheduledFlows()).toEqual([{ enabled: false, flows: [primaryFlow] }]);
  });
});
