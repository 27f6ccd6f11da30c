import { expect, test } from "vitest";
import { contentDigest } from "../../../flow/digest.js";
import { smallPackage, withFlow } from "../../flow/small-package.js";
import { createWarehouse, exportFlow, packageForm } from "../flow-fixture.js";
import { startTestPlatform } from "../platform-fixture.js";

async function startWithRelease() {
  const platform = await startTestPlatform();
  await createWarehouse(platform);
  const deployment = await platform.call("POST", "/v4/deployments", { name: "orders" });
  const pkg = {
    ...withFlow(smallPackage(), (flow) => ({ name: `${flow.name} released` })),
    artifacts: [{ id: 99, storageId: "stored-99", type: "targetmapping", content: '{"a":1}\n' }],
  };
  const form = await packageForm(pkg);
  const release = await platform.call("POST", `/v4/deployments/${deployment.body.id}/releases`, form);
  expect(release.status).toBe(201);
  return {
    platform,
    releaseId: Number(release.body.release.id),
    flowId: Number(release.body.primaryFlowIds[0]),
  };
}

test("the flow of a deleted release goes with its recipes, outputs and datasets", async () => {
  const { platform, releaseId, flowId } = await startWithRelease();
  expect((await platform.call("DELETE", `/v4/releases/${releaseId}`)).status).toBe(204);
  expect((await platform.call("GET", `/v4/flows/${flowId}?includeDeleted=true`)).status).toBe(403);
  for (const list of [
    "wrangledDatasets",
    "outputObjects",
    "writeSettings",
    "publications",
    "importedDatasets",
  ]) {
    expect((await platform.call("GET", `/v4/${list}/count`)).body, list).toEqual({ count: 0 });
  }
});

test("a copy of that flow keeps the datasets and artifacts that both held", async () => {
  const { platform, releaseId, flowId } = await startWithRelease();
  const copy = await platform.call("POST", `/v4/flows/${flowId}/copy`);
  const before = await exportFlow(platform, copy.body.id as number);
  expect(before.artifacts).toHaveLength(1);
  await platform.call("DELETE", `/v4/releases/${releaseId}`);
  const after = await exportFlow(platform, copy.body.id as number);
  expect(contentDigest(after)).toBe(contentDigest(before));
  expect(after.artifacts).toEqual(before.artifacts);
});
