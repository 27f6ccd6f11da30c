import { describe, expect, it } from "vitest";
import { smallPackage, WAREHOUSE_UUID } from "../../flow/small-package.js";
import { importByHand, makeConnection, makeDeployment } from "../by-hand.js";
import { startProviderTest } from "../provider-test.js";
import { configurationOf, failuresOf, outputsOf } from "./function-test.js";

describe("getRelease", () => {
  it("finds one by its id, and the active one of a deployment", async () => {
    const test = await startProviderTest();
    const configuration = configurationOf(test);
    await makeConnection(test, "warehouse", WAREHOUSE_UUID);
    const deploymentId = await makeDeployment(test);
    const first = await importByHand(test, deploymentId, smallPackage());
    const second = await importByHand(test, deploymentId, smallPackage());
    expect(await outputsOf("getRelease", { deploymentId }, configuration)).toMatchObject({
      id: String(second.release.id),
      active: true,
      deploymentId,
    });
    expect(await outputsOf("getRelease", { id: String(first.release.id) }, configuration)).toMatchObject({
      id: String(first.release.id),
      active: false,
      canRollBack: false,
      deploymentId,
    });
  });

  it("refuses what is not there, and says what is missing", async () => {
    const test = await startProviderTest();
    const reasonOf = async (inputs: Record<string, unknown>) => {
      const [failure] = await failuresOf("getRelease", inputs, configurationOf(test));
      return `${failure?.property}: ${failure?.reason}`;
    };
    const deploymentId = await makeDeployment(test, "orders");
    expect(await reasonOf({ deploymentId })).toBe('deploymentId: deployment "orders" has no release yet');
    expect(await reasonOf({ deploymentId: "99" })).toMatch(/^deploymentId: there is no deployment 99/);
    expect(await reasonOf({ id: "99" })).toMatch(/^id: there is no release 99/);
    expect(await reasonOf({})).toMatch(/^: needs exactly one of id and deploymentId/);

    await makeConnection(test, "warehouse", WAREHOUSE_UUID);
    const { release } = await importByHand(test, deploymentId, smallPackage());
    await test.call("PATCH", `/v4/releases/${release.id}`, { active: false });
    expect(await reasonOf({ deploymentId })).toBe(
      'deploymentId: deployment "orders" has 1 releases, and none of them is active; give the id of one',
    );
    await test.call("DELETE", `/v4/releases/${release.id}`);
    expect(await reasonOf({ id: String(release.id) })).toMatch(/^id: there is no release/);
  });
});
