import { describe, expect, it } from "vitest";
import { smallPackage, WAREHOUSE_UUID } from "../../flow/small-package.js";
import { importByHand, makeConnection, makeDeployment } from "../by-hand.js";
import { startProviderTest, TOKEN } from "../provider-test.js";
import { configurationOf, failuresOf, invoke, outputsOf } from "./function-test.js";

describe("getDeployment", () => {
  it("finds one by its name or its id, with its active release", async () => {
    const test = await startProviderTest();
    const configuration = configurationOf(test);
    const id = await makeDeployment(test, "orders");
    await makeDeployment(test, "payments");
    const empty = await outputsOf("getDeployment", { name: "orders" }, configuration);
    expect(empty).toMatchObject({ id, name: "orders", releaseCount: 0 });
    expect(empty).not.toHaveProperty("activeReleaseId");

    await makeConnection(test, "warehouse", WAREHOUSE_UUID);
    await importByHand(test, id, smallPackage());
    const { release } = await importByHand(test, id, smallPackage());
    const found = await outputsOf("getDeployment", { id }, configuration);
    expect(found).toMatchObject({ id, activeReleaseId: String(release.id), releaseCount: 2 });
    expect(found.createdAt).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(await outputsOf("getDeployment", { name: "orders" }, configuration)).toEqual(found);
  });

  it("refuses one that is not there, and names what is near or what there is", async () => {
    const test = await startProviderTest();
    const configuration = configurationOf(test);
    const reasonOf = async (inputs: Record<string, unknown>) => {
      const [failure] = await failuresOf("getDeployment", inputs, configuration);
      return `${failure?.property}: ${failure?.reason}`;
    };
    expect(await reasonOf({ name: "orders" })).toBe(
      'name: there is no deployment of the name "orders"; this environment has no deployment',
    );
    await makeDeployment(test, "orders");
    expect(await reasonOf({ name: "ordres" })).toBe(
      'name: there is no deployment of the name "ordres" (did you mean "orders"?)',
    );
    for (const name of ["a", "b", "c", "d", "e"]) await makeDeployment(test, name);
    expect(await reasonOf({ name: "invoices" })).toMatch(/; there are ("\w+", ){4}"\w+" and 1 more$/);
    expect(await reasonOf({ id: "99" })).toMatch(/^id: there is no deployment 99 in this environment/);
    expect(await reasonOf({ id: "../connections" })).toBe("id: must be an id, which is a number");
    expect(await reasonOf({})).toBe(": needs exactly one of id and name, to say which deployment it is");
    expect(await reasonOf({ id: "1", name: "orders" })).toMatch(/^: needs exactly one/);
  });

  it("names every candidate of an ambiguous name", async () => {
    const test = await startProviderTest();
    const first = await makeDeployment(test, "orders");
    const second = await makeDeployment(test, "orders");
    const [failure] = await failuresOf("getDeployment", { name: "orders" }, configurationOf(test));
    expect(failure).toEqual({
      property: "name",
      reason: `2 deployments have the name "orders" (ids ${first}, ${second}); give the id`,
    });
  });

  it("asks the environment that it is told to", async () => {
    const test = await startProviderTest();
    const configuration = {
      ...configurationOf(test),
      "sluice:environments": { dev: { endpoint: test.platform.endpoint("dev"), token: TOKEN } },
    };
    await makeDeployment(test, "orders");
    const inputs = { name: "orders", environment: "dev" };
    expect(await failuresOf("getDeployment", inputs, configuration)).toMatchObject([{ property: "name" }]);
    await expect(
      invoke("getDeployment", { name: "orders", environment: "dve" }, configuration),
    ).rejects.toThrow(/calling getDeployment: environment "dve" .*"dev"/);
  });

  it("says what to configure where no platform is, and what the platform refuses", async () => {
    const test = await startProviderTest();
    await expect(invoke("getDeployment", { name: "orders" }, { "sluice:token": "x" })).rejects.toThrow(
      /calling getDeployment: no platform is named/,
    );
    const configuration = { ...configurationOf(test), "sluice:token": "wrong" };
    await expect(invoke("getDeployment", { id: "1" }, configuration)).rejects.toMatchObject({
      name: "Unauthorized",
    });
  });
});
