import { describe, expect, it } from "vitest";
import { smallPackage, WAREHOUSE_UUID } from "../../flow/small-package.js";
import { makeConnection, makeDeployment } from "../by-hand.js";
import { startProviderTest, writesOf } from "../provider-test.js";
import { configurationOf, failuresOf, invoke, outputsOf } from "./function-test.js";

describe("previewImport", () => {
  it("tells what an import would make and what the deployment's rules would change, and keeps nothing", async () => {
    const test = await startProviderTest();
    const connection = await makeConnection(test, "warehouse");
    const deploymentId = await makeDeployment(test);
    await test.call("PATCH", `/v4/deployments/${deploymentId}/objectImportRules`, [
      {
        tableName: "connections",
        onCondition: { uuid: WAREHOUSE_UUID },
        withCondition: { id: Number(connection) },
      },
    ]);
    const source = smallPackage();
    const path = await test.packageFile("small.zip", source);
    const requests = await test.requestsDuring(async () => {
      const inputs = { deploymentId, package: path };
      expect(await outputsOf("previewImport", inputs, configurationOf(test))).toEqual({
        isAccepted: true,
        flows: source.flows.map(({ name }) => name),
        connectionRuleChanges: [expect.objectContaining({ rule: expect.any(Object) as unknown })],
        valueRuleChanges: [],
      });
    });
    expect(requests.map(({ path }) => path)).toEqual([`/v4/deployments/${deploymentId}/releases/dryRun`]);
    expect(writesOf(requests)).toEqual([]);
    expect(await test.call("GET", `/v4/releases?deploymentId=${deploymentId}`)).toMatchObject({ data: [] });
  });

  it("answers why the platform would refuse the package", async () => {
    const test = await startProviderTest();
    const deploymentId = await makeDeployment(test);
    const path = await test.packageFile("small.zip", smallPackage());
    const answer = await outputsOf("previewImport", { deploymentId, package: path }, configurationOf(test));
    expect(answer).toMatchObject({
      isAccepted: false,
      reason: expect.stringContaining(WAREHOUSE_UUID) as string,
      flows: [],
    });
  });

  it("refuses a package that cannot be read and a deployment that is not there", async () => {
    const test = await startProviderTest();
    const configuration = configurationOf(test);
    const path = await test.packageFile("small.zip", smallPackage());
    expect(
      await failuresOf("previewImport", { deploymentId: "99", package: path }, configuration),
    ).toMatchObject([
      { property: "deploymentId", reason: expect.stringContaining("there is no deployment 99") as string },
    ]);
    expect(
      await failuresOf("previewImport", { deploymentId: "1", package: "none.zip" }, configuration),
    ).toMatchObject([{ property: "package" }]);
  });

  it("is no answer where the platform cannot be reached", async () => {
    const test = await startProviderTest();
    const path = await test.packageFile("small.zip", smallPackage());
    await test.platform.close();
    const configuration = { ...configurationOf(test), "sluice:retries": "0" };
    await expect(
      invoke("previewImport", { deploymentId: "1", package: path }, configuration),
    ).rejects.toMatchObject({
      name: "Unavailable",
      message: expect.stringMatching(/^calling previewImport: /) as string,
    });
  });
});
