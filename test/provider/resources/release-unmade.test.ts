import { describe, expect, it } from "vitest";
import type { PackageContents } from "../../../flow/index.js";
import { buildPackage } from "../../../flow/source.js";
import { UNKNOWN } from "../../../provider/framework/unknown.js";
import { makeConnection, makeDeployment } from "../by-hand.js";
import { startProviderTest } from "../provider-test.js";
import type { Values } from "../provider-test.js";

/** The connection that the example packages name. */
const WAREHOUSE = "a7d6b1c0-0b52-11ef-8c55-0242ac120002";

async function prepare() {
  const test = await startProviderTest();
  const source = await buildPackage("examples/quickstart/packages/orders-1.0.0");
  const packagePath = await test.packageFile("orders.zip", source);
  return {
    test,
    release: test.resource("Release", "orders"),
    mappedTo: async (target: string, more: Values = {}): Promise<Values> => ({
      deploymentId: await makeDeployment(test, `orders for ${target}`),
      package: packagePath,
      rules: {
        connections: [{ on: { uuid: WAREHOUSE }, with: target }],
        values: [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" }],
        ...more,
      },
    }),
  };
}

describe("a release whose connection is yet to be made", () => {
  it("shows what it will hold; only what the connection's id decides is unknown", async () => {
    const { test, release, mappedTo } = await prepare();
    const id = await makeConnection(test, "warehouse");
    const { inputs: before } = await release.check(await mappedTo(UNKNOWN));
    const { inputs: after } = await release.check(await mappedTo(id));
    const contents = after.contents as PackageContents;
    expect(contents.connections).toEqual({ "warehouse dev": `uuid ${WAREHOUSE} → connection ${id}` });
    expect(before).toMatchObject({
      contents: { ...contents, connections: { "warehouse dev": UNKNOWN } },
      contentDigest: after.contentDigest,
      action: after.action,
    });
  });

  it("leaves open what is still to be found, and names what is found already", async () => {
    const { release, mappedTo } = await prepare();
    expect((await release.check(await mappedTo(UNKNOWN))).inputs.findings).toBe(UNKNOWN);
    const useless = { values: [{ type: "s3Bucket", on: "nowhere", with: "acme-prod" }] };
    expect((await release.check(await mappedTo(UNKNOWN, useless))).inputs.findings).toEqual([
      expect.stringMatching(/^rule-matches-nothing: /),
    ]);
  });

  it("is not said to share a table with another one, whose connection is to be made too", async () => {
    const { test, release, mappedTo } = await prepare();
    const operation = await release.provider();
    const given = await mappedTo(UNKNOWN, { values: [] });
    await operation.check({}, { owner: release.owner, ...given });
    const second = test.resource("Release", "second");
    const { inputs } = await operation.check({}, { owner: second.owner, ...given, deploymentId: UNKNOWN });
    expect(inputs.findings).toEqual([expect.stringMatching(/^output-shared: s3:/)]);
  });
});
