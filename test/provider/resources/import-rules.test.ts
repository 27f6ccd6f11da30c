import { describe, expect, it } from "vitest";
import { smallPackage, WAREHOUSE_UUID } from "../../flow/small-package.js";
import { importByHand, makeConnection, makeDeployment } from "../by-hand.js";
import { errorOf } from "../client/scripted-server.js";
import { startProviderTest, writesOf } from "../provider-test.js";
import type { ManagedResource, ProviderTest, Values } from "../provider-test.js";

type Rule = { type: string; on: string; with: string };

const bucket = { type: "s3Bucket", on: "acme-dev", with: "acme-prod" };
const folder = { type: "fileLocation", on: "//development//", with: "/production/" };
const BOTH = [{ importRules: "replace-list" as const }, { importRules: "replace-by-key" as const }];

interface Prepared {
  test: ProviderTest;
  rules: ManagedResource;
  deploymentId: string;
  connection: string;
}

async function prepare(settings: Parameters<typeof startProviderTest>[0] = {}): Promise<Prepared> {
  const test = await startProviderTest(settings);
  const deploymentId = await makeDeployment(test);
  const connection = await makeConnection(test, "warehouse");
  return { test, rules: test.resource("ImportRules"), deploymentId, connection };
}

async function valueRules(test: ProviderTest): Promise<Rule[]> {
  return (await test.call<{ data: Rule[] }>("GET", "/v4/deployments/1/valueImportRules")).data;
}

async function objectRules(test: ProviderTest): Promise<Values[]> {
  return (await test.call<{ data: Values[] }>("GET", "/v4/deployments/1/objectImportRules")).data;
}

/** Where the small package's first dataset lies after an import under the rules in force. */
async function importedPath(test: ProviderTest): Promise<string> {
  const answer = await importByHand(test, "1", smallPackage());
  const { data } = await test.call<{ data: { storageLocation?: { fullUri: string } }[] }>(
    "GET",
    `/v4/flows/${answer.primaryFlowIds[0]}/inputs`,
  );
  return data.map((input) => input.storageLocation?.fullUri ?? "").find((uri) => uri.startsWith("s3:")) ?? "";
}

describe.each(BOTH)("rules on a platform with $importRules", (settings) => {
  it("are in force in the order of the program, also after the order changed", async () => {
    const { test, rules, deploymentId } = await prepare(settings);
    await rules.up({ deploymentId, values: [bucket, folder] });
    expect(await valueRules(test)).toEqual([bucket, folder]);
    await rules.up({ deploymentId, values: [folder, bucket] });
    expect(await valueRules(test)).toEqual([folder, bucket]);
    expect(await rules.up({ deploymentId, values: [folder, bucket] })).toBe("same");
  });

  it("that are taken out have no effect on a later import", async () => {
    const { test, rules, deploymentId, connection } = await prepare(settings);
    const connections = [{ on: { uuid: WAREHOUSE_UUID }, with: connection }];
    const pattern = { type: "fileLocation", on: "`{start}/development`", with: "/nowhere" };
    await rules.up({ deploymentId, connections, values: [bucket, folder, pattern] });
    expect(await importedPath(test)).toBe("s3://acme-prod/production/orders.csv");
    await rules.up({ deploymentId, connections, values: [] });
    expect(await importedPath(test)).toBe("s3://acme-dev/development/orders.csv");
    await rules.refresh();
    expect(rules.state.values).toEqual([]);
    expect(await rules.up({ deploymentId, connections, values: [] })).toBe("same");
  });

  it("that change nothing are rules like others when the program states them", async () => {
    const { test, rules, deploymentId } = await prepare(settings);
    const same = { type: "s3Bucket", on: "acme-dev", with: "acme-dev" };
    await rules.up({ deploymentId, values: [same, folder] });
    await rules.refresh();
    expect(rules.state.values).toEqual([same, folder]);
    expect(await rules.up({ deploymentId, values: [same, folder] })).toBe("same");
    expect(await valueRules(test)).toEqual([same, folder]);
  });

  it("that stand half-written after a broken-off update are finished, not refused", async () => {
    const { test, rules, deploymentId } = await prepare(settings);
    await test.call("PATCH", `/v4/deployments/${deploymentId}/valueImportRules`, [bucket]);
    expect(await rules.up({ deploymentId, values: [bucket, folder] })).toBe("create");
    expect(await valueRules(test)).toEqual([bucket, folder]);
  });

  it("of somebody else are refused with their number before anything is written, and replaced with adopt", async () => {
    const { test, rules, deploymentId } = await prepare(settings);
    await test.call("PATCH", `/v4/deployments/${deploymentId}/valueImportRules`, [folder]);
    const requests = await test.requestsDuring(async () => {
      const error = await errorOf(rules.up({ deploymentId, values: [bucket] }));
      expect(error.message).toContain("already has import rules (0 for connections, 1 for values)");
      expect(error.message).toContain("set `adopt: true` to replace them");
    });
    expect(writesOf(requests)).toEqual([]);
    await makeConnection(test, "twin", WAREHOUSE_UUID);
    await rules.up({ deploymentId, values: [bucket], adopt: true });
    await rules.refresh();
    expect(rules.state.values).toEqual([bucket]);
    expect(await importedPath(test)).toBe("s3://acme-prod/development/orders.csv");
  });

  it("set by hand show as drift, and are taken back", async () => {
    const { test, rules, deploymentId } = await prepare(settings);
    await rules.up({ deploymentId, values: [bucket] });
    await test.call("PATCH", `/v4/deployments/${deploymentId}/valueImportRules`, [
      { ...bucket, with: "elsewhere" },
    ]);
    await rules.refresh();
    expect(rules.state.values).toEqual([{ ...bucket, with: "elsewhere" }]);
    expect(await rules.up({ deploymentId, values: [bucket] })).toBe("update");
    await rules.refresh();
    expect(rules.state.values).toEqual([bucket]);
  });
});

describe("connection rules on a platform that replaces by key", () => {
  it("that it does not let go are listed, are no drift, and do not stop a second run", async () => {
    const { test, rules, deploymentId, connection } = await prepare({ importRules: "replace-by-key" });
    const other = await makeConnection(test, "other");
    const byUuid = { on: { uuid: WAREHOUSE_UUID }, with: connection };
    const byName = { on: { name: "dev" }, with: other };
    await rules.up({ deploymentId, connections: [byUuid] });
    await rules.up({ deploymentId, connections: [byName] });
    expect(rules.state.kept).toEqual([`{"uuid":"${WAREHOUSE_UUID}"} → connection ${connection}`]);
    expect(await objectRules(test)).toHaveLength(2);
    await rules.refresh();
    expect(rules.state.connections).toEqual([byName]);
    expect(await rules.up({ deploymentId, connections: [byName] })).toBe("same");
    await rules.up({ deploymentId, connections: [byUuid, byName] });
    expect(rules.state.kept).toEqual([]);
  });

  it("are listed nowhere on a platform that replaces the list", async () => {
    const { test, rules, deploymentId, connection } = await prepare({ importRules: "replace-list" });
    await rules.up({ deploymentId, connections: [{ on: { uuid: WAREHOUSE_UUID }, with: connection }] });
    await rules.up({ deploymentId, connections: [] });
    expect(rules.state.kept).toEqual([]);
    expect(await objectRules(test)).toEqual([]);
  });
});

describe("rules that cannot be", () => {
  it.each([
    ["an invalid regular expression", { type: "fileLocation", on: "/(dev/", with: "x" }, "values[0].on"],
    ["what RE2 does not have", { type: "fileLocation", on: "/(?<=a)b/", with: "x" }, "values[0].on"],
    ["an unknown type", { type: "bucket", on: "a", with: "b" }, "values[0].type"],
    ["a group that is not there", { type: "fileLocation", on: "/a/", with: "$1" }, "values[0].with"],
    ["an empty pattern", { type: "fileLocation", on: "//", with: "x" }, "values[0].on"],
  ])("with %s fail in the check, with the place", async (_name, rule, property) => {
    const { test, rules, deploymentId } = await prepare();
    const requests = await test.requestsDuring(async () => {
      const { failures } = await rules.check({ deploymentId, values: [rule] });
      expect(failures.map((failure) => failure.property)).toEqual([property]);
    });
    expect(writesOf(requests)).toEqual([]);
  });

  it("with a regular expression for a connection fail: connections are matched by literals", async () => {
    const { rules, deploymentId, connection } = await prepare();
    const { failures } = await rules.check({
      deploymentId,
      connections: [{ on: { uuid: "/a.*/" }, with: connection }],
    });
    expect(failures.map(({ property }) => property)).toEqual(["connections[0].on.uuid"]);
  });

  it("with a connection that is not there fail in the check, all of them at once", async () => {
    const { test, rules, deploymentId, connection } = await prepare();
    const { failures } = await rules.check({
      deploymentId,
      connections: ["98", connection, "99"].map((target, index) => ({
        on: { id: String(index) },
        with: target,
      })),
    });
    expect(failures).toEqual(
      [0, 2].map((index) => ({
        property: `connections[${index}].with`,
        reason: `there is no connection ${index === 0 ? 98 : 99} at ${test.platform.endpoint("prod")} that this account can see; if it was deleted by hand, run \`pulumi refresh\` first`,
      })),
    );
  });

  it("for a deployment that is gone say what to run", async () => {
    const { test, rules, deploymentId } = await prepare();
    await rules.up({ deploymentId, values: [bucket] });
    await test.call("DELETE", `/v4/deployments/${deploymentId}`);
    const error = await errorOf(rules.up({ deploymentId, values: [folder] }));
    expect(error.message).toContain("run `pulumi refresh`, then `pulumi up`");
    expect(await rules.refresh()).toBe(false);
  });
});

it("rules of another deployment are other rules: the resource is replaced", async () => {
  const { test, rules, deploymentId } = await prepare();
  await rules.up({ deploymentId, values: [bucket] });
  const other = await makeDeployment(test, "other");
  expect(await rules.up({ deploymentId: other, values: [bucket] })).toBe("replace");
  expect((await valueRules(test)).filter((rule) => rule.with !== rule.on)).toEqual([]);
});
