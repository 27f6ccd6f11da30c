import { describe, expect, it } from "vitest";
import { smallPackage, WAREHOUSE_UUID } from "../../flow/small-package.js";
import { importByHand, makeConnection } from "../by-hand.js";
import { errorOf } from "../client/scripted-server.js";
import { startProviderTest, writesOf } from "../provider-test.js";
import type { ProviderTest, Values } from "../provider-test.js";

async function deployments(test: ProviderTest): Promise<Values[]> {
  return (await test.call<{ data: Values[] }>("GET", "/v4/deployments")).data;
}

/** A release that somebody else has imported. */
async function importForeign(test: ProviderTest, id: string): Promise<void> {
  await makeConnection(test, "warehouse", WAREHOUSE_UUID);
  await importByHand(test, id, smallPackage());
}

describe("deleting a deployment", () => {
  it("that holds a release which nobody of this stack imported is refused, with its number", async () => {
    const test = await startProviderTest();
    const resource = test.resource("Deployment");
    await resource.up({ name: "orders" });
    await importForeign(test, resource.id);
    const requests = await test.requestsDuring(async () => {
      const error = await errorOf(resource.destroy());
      expect(error).toMatchObject({ name: "Conflict" });
      expect(error.message).toBe(
        'deleting Deployment "it": deployment "orders" holds 1 release(s) that this stack did not import (#1); remove them first, or set `forceDelete: true` and run `pulumi up` before destroying',
      );
    });
    expect(writesOf(requests)).toEqual([]);
    expect(await deployments(test)).toHaveLength(1);
  });

  it("does so with forceDelete, once an update has brought that into state", async () => {
    const test = await startProviderTest();
    const resource = test.resource("Deployment");
    await resource.up({ name: "orders" });
    await importForeign(test, resource.id);
    const requests = await test.requestsDuring(async () => {
      expect(await resource.up({ name: "orders", forceDelete: true })).toBe("update");
    });
    expect(writesOf(requests)).toEqual([]);
    await resource.destroy();
    expect(await deployments(test)).toEqual([]);
  });

  it("goes with releases of the same stack that were left", async () => {
    const test = await startProviderTest();
    const resource = test.resource("Deployment");
    await resource.up({ name: "orders" });
    await importForeign(test, resource.id);
    const marker =
      "[sluice v1 content=0123456789abcdef rules=0123456789abcdef flow=1 by=shop/prod/other name]";
    await test.call("PATCH", "/v4/releases/1", { notes: marker });
    await resource.destroy();
    expect(await deployments(test)).toEqual([]);
  });

  it("does not take a stack for another whose name only begins alike", async () => {
    const test = await startProviderTest();
    const resource = test.resource("Deployment", "it", "shop/prod");
    await resource.up({ name: "orders" });
    await importForeign(test, resource.id);
    const marker = "[sluice v1 content=0123456789abcdef rules=0123456789abcdef flow=1 by=shop/prod2/it]";
    await test.call("PATCH", "/v4/releases/1", { notes: marker });
    expect((await errorOf(resource.destroy())).message).toContain("did not import (#1)");
  });
});

describe("a deployment's name", () => {
  it("that exists stops before anything is written, already when checking", async () => {
    const test = await startProviderTest();
    await test.resource("Deployment", "first").up({ name: "orders" });
    const second = test.resource("Deployment", "second", "shop/other");
    const { failures } = await second.check({ name: "orders" });
    expect(failures.map(({ property }) => property)).toEqual(["name"]);
    expect(failures[0]?.reason).toContain('a deployment named "orders" already exists (id 1)');
    await expect(second.up({ name: "orders" })).rejects.toThrow("set `adopt: true` to take it over");
    expect(await deployments(test)).toHaveLength(1);
  });

  it("that exists is taken over with adopt, without a write", async () => {
    const test = await startProviderTest();
    await test.resource("Deployment", "first").up({ name: "orders" });
    const second = test.resource("Deployment", "second", "shop/other");
    const requests = await test.requestsDuring(() => second.up({ name: "orders", adopt: true }));
    expect(writesOf(requests)).toEqual([]);
    expect(second.id).toBe("1");
  });

  it("of the resource itself is no conflict with itself", async () => {
    const test = await startProviderTest();
    const resource = test.resource("Deployment");
    await resource.up({ name: "orders" });
    expect((await resource.check({ name: "orders" })).failures).toEqual([]);
    expect(await resource.up({ name: "orders, renamed" })).toBe("update");
    expect(resource.id).toBe("1");
  });
});

it("a deployment deleted by hand is gone, and an update before that is known says what to run", async () => {
  const test = await startProviderTest();
  const resource = test.resource("Deployment");
  await resource.up({ name: "orders" });
  await test.call("DELETE", `/v4/deployments/${resource.id}`);
  const error = await errorOf(resource.up({ name: "renamed" }));
  expect(error).toMatchObject({ name: "NotFound" });
  expect(error.message).toContain("run `pulumi refresh`, then `pulumi up`");
  expect(await resource.refresh()).toBe(false);
  expect(await resource.up({ name: "orders" })).toBe("create");
});
