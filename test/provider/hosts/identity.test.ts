import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PluginHost } from "./plugin/plugin-host.js";
import { dynamicHost, startProviderTest, writesOf } from "../provider-test.js";
import type { Host, Values } from "../provider-test.js";

let plugin: PluginHost;
beforeAll(async () => {
  plugin = await PluginHost.start();
});
afterAll(() => plugin.close());

const hosts: { name: string; hostOf: () => Host }[] = [
  { name: "dynamic", hostOf: () => dynamicHost },
  { name: "plugin", hostOf: () => plugin },
];

describe.each(hosts)("sluice:expect on the $name host", ({ hostOf }) => {
  /** Calls of the platform but the question who it is. */
  async function begin(expected: unknown) {
    const settings = { stages: { prod: "production", dev: "development" } };
    const test = await startProviderTest(
      settings,
      { "sluice:expect": expected, "sluice:retries": "0" },
      hostOf(),
    );
    const others = () => test.platform.requests.filter(({ path }) => path !== "/v4/workspaces/current");
    return { test, others };
  }
  const failuresOf = async (action: Promise<{ failures: { reason: string }[] }>) =>
    (await action).failures.map(({ reason }) => reason).join();

  it("lets a program have its way with the environment that it means", async () => {
    const { test } = await begin(JSON.stringify({ name: "prod", stage: "production" }));
    const requests = await test.requestsDuring(() => test.resource("Deployment").up({ name: "orders" }));
    expect(writesOf(requests)).toEqual(["POST /v4/deployments"]);
  });

  it.each([
    ["dev", "name"],
    ['{"stage":"development"}', "stage"],
    ['{"id":"1"}', "id"],
  ])(
    "stops a preview, and every other operation, where the environment is not %s",
    async (expected, property) => {
      const { test, others } = await begin(expected);
      const made = test.resource("Deployment", "made", "shop/prod", { "sluice:expect": "prod" });
      await made.up({ name: "made" });
      const before = others().length;
      const lost = Object.assign(test.resource("Deployment", "made"), {
        id: made.id,
        state: made.state,
        inputs: made.inputs,
      });
      const said = `and sluice:expect wants`;
      expect(await failuresOf(lost.check({ name: "made" }))).toContain(`with the ${property} `);
      expect(await failuresOf(test.resource("Connection").check({ name: "a", vendor: "s3" }))).toContain(
        said,
      );
      const renamed = { ...lost.inputs, name: "renamed" };
      const provider = await lost.provider();
      await expect(provider.create({ name: "new", owner: "shop/prod/new" })).rejects.toThrow(said);
      await expect(provider.update(lost.id, lost.state, renamed, lost.inputs)).rejects.toThrow(said);
      // Not "gone": what is not there would be taken out of state.
      await expect(lost.refresh()).rejects.toThrow(said);
      await expect(lost.destroy()).rejects.toThrow(said);
      expect(others()).toHaveLength(before);
    },
  );

  it("holds for each named environment by itself", async () => {
    const { test } = await begin("prod");
    const configured = (dev: Values, prod: Values) => ({
      "sluice:environments": JSON.stringify({ dev, prod }),
    });
    const place = (name: string, expected: string) => ({
      endpoint: test.platform.endpoint(name),
      token: test.platform.token,
      expect: { name: expected },
    });
    const swapped = configured(place("prod", "dev"), place("prod", "prod"));
    const wrong = test.resource("Deployment", "wrong", "shop/prod", swapped);
    expect(await failuresOf(wrong.check({ name: "orders", environment: "dev" }))).toContain(
      `is the environment with the name "prod", and sluice:expect wants "dev"`,
    );
    const right = test.resource("Deployment", "right", "shop/prod", swapped);
    await right.up({ name: "orders", environment: "prod" });
    expect(right.id).not.toBe("");
  });
});
