import { describe, expect, it } from "vitest";
import type { Fault } from "../../../platform/index.js";
import { makeDeployment } from "../by-hand.js";
import { startProviderTest } from "../provider-test.js";

const SPEC = { method: "GET", route: "/v4/open-api-spec", times: null };
const page = { contentType: "text/html", body: "<html>" };
const nightly = { name: "nightly", triggers: [{ hourly: { minuteOfHour: 5 } }] };

async function start(fault: Fault, settings = {}) {
  const test = await startProviderTest({ faults: true, ...settings });
  const deploymentId = await makeDeployment(test);
  test.platform.faults?.add({ ...SPEC, fault });
  return { test, inputs: { deploymentId, ...nightly }, schedule: test.resource("Schedule") };
}

describe("a platform whose description is not to be had", () => {
  it.each<[string, Fault]>([
    ["403", { kind: "status", status: 403 }],
    ["a page of HTML", { kind: "status", status: 200, ...page }],
    ["404 of a proxy", { kind: "status", status: 404, ...page }],
  ])("is asked for schedules of deployments itself, after %s", async (_name, fault) => {
    const { inputs, schedule } = await start(fault);
    await schedule.up(inputs);
    expect(schedule.state).toMatchObject({ boundTo: "deployment" });
  });

  it("and that has no schedules of deployments schedules flows", async () => {
    const { inputs, schedule } = await start({ kind: "status", status: 403 }, { deploymentSchedules: false });
    await expect(schedule.up(inputs)).rejects.toThrow("this platform schedules flows only");
  });

  it("because it does not let the account in is an error", async () => {
    const { inputs, schedule } = await start({ kind: "status", status: 401 });
    await expect(schedule.up(inputs)).rejects.toThrow("check sluice:token");
  });
});
