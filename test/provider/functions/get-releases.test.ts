import { describe, expect, it } from "vitest";
import { contentDigest } from "../../../flow/index.js";
import { buildPackage } from "../../../flow/source.js";
import { smallPackage, WAREHOUSE_UUID } from "../../flow/small-package.js";
import { importByHand, makeConnection, makeDeployment } from "../by-hand.js";
import { startProviderTest } from "../provider-test.js";
import type { Values } from "../provider-test.js";
import { configurationOf, failuresOf, outputsOf } from "./function-test.js";

const WAREHOUSE = "a7d6b1c0-0b52-11ef-8c55-0242ac120002";

describe("getReleases", () => {
  it("tells of each release whether it is active, what it was made of and whether a program can go back to it", async () => {
    const test = await startProviderTest();
    const configuration = configurationOf(test);
    await makeConnection(test, "warehouse", WAREHOUSE);
    const deploymentId = await makeDeployment(test);
    const [first, second] = await Promise.all(
      ["1.0.0", "1.1.0"].map((version) => buildPackage(`examples/quickstart/packages/orders-${version}`)),
    );
    if (first === undefined || second === undefined) throw new Error("the example packages are missing");
    await makeConnection(test, "warehouse of others", WAREHOUSE_UUID);
    const { release: foreign } = await importByHand(test, deploymentId, smallPackage());
    const release = test.resource("Release", "orders");
    await release.up({ deploymentId, package: await test.packageFile("1.zip", first), notes: "one" });
    const ours = String(release.state.releaseId);
    await release.up({ deploymentId, package: await test.packageFile("2.zip", second), notes: "two" });

    const answer = await outputsOf("getReleases", { deploymentId }, configuration);
    const releases = answer.releases as Values[];
    expect(
      releases.map(({ id, active, canRollBack, notes }) => ({ id, active, canRollBack, notes })),
    ).toEqual([
      { id: String(release.state.releaseId), active: true, canRollBack: false, notes: "two" },
      { id: ours, active: false, canRollBack: true, notes: "one" },
      expect.objectContaining({ id: String(foreign.id), active: false, canRollBack: false }) as unknown,
    ]);
    expect(answer.activeReleaseId).toBe(release.state.releaseId);
    expect(releases[1]).toMatchObject({
      importedBy: "shop/prod/orders",
      content: contentDigest(first).slice(0, 16),
      packageUuid: first.metadata.uuid,
      primaryFlowId: expect.stringMatching(/^\d+$/) as string,
    });
    expect(releases[2]).not.toHaveProperty("content");

    // What it promises holds: going back is one activation, and no import.
    const requests = await test.requestsDuring(() =>
      release.up({ deploymentId, package: `${test.folder}/1.zip`, notes: "one" }),
    );
    expect(requests.filter(({ method }) => method === "POST")).toEqual([]);
    expect(await outputsOf("getReleases", { deploymentId }, configuration)).toMatchObject({
      activeReleaseId: ours,
    });
  });

  it("answers an empty list of a deployment without releases, and refuses one that is not there", async () => {
    const test = await startProviderTest();
    const deploymentId = await makeDeployment(test);
    expect(await outputsOf("getReleases", { deploymentId }, configurationOf(test))).toEqual({ releases: [] });
    expect(await failuresOf("getReleases", { deploymentId: "99" }, configurationOf(test))).toMatchObject([
      { property: "deploymentId", reason: expect.stringContaining("there is no deployment 99") as string },
    ]);
  });
});
