import { describe, expect, it, onTestFinished } from "vitest";
import { startPlatformProxy } from "../../engine/platform-proxy.js";
import { smallPackage, WAREHOUSE_UUID } from "../../flow/small-package.js";
import { importByHand, makeConnection, makeDeployment } from "../by-hand.js";
import { errorOf } from "../client/scripted-server.js";
import { importInto, startOperation } from "../lifecycle-of.js";
import { startProviderTest, writesOf } from "../provider-test.js";
import type { ProviderTest, Values } from "../provider-test.js";

const OWNER = { owner: "shop/prod/it" };
const CANARY = "canary-71c3";
const TRIGGERS = [{ timeBased: { daily: { hourOfDay: 2, minuteOfHour: 0 }, timezone: "UTC" } }];
const nightly = { name: "nightly", triggers: [{ daily: { hourOfDay: 2, minuteOfHour: 0 } }] };

/** A proxy that answers some paths as a platform does that does not offer them. */
async function startWithout(test: ProviderTest, missing: RegExp): Promise<string> {
  const proxy = await startPlatformProxy(test.platform.endpoint("prod"));
  onTestFinished(() => proxy.close());
  const body = JSON.stringify({ exception: { name: "RouteNotFoundException", message: "no such route" } });
  proxy.interfere(({ path }) => (missing.test(path) ? { kind: "answer", status: 404, body } : undefined));
  return proxy.endpoint;
}

describe("a connection made by hand", () => {
  async function make(test: ProviderTest): Promise<string> {
    const { id } = await test.call<{ id: number }>("POST", "/v4/connections", {
      name: "warehouse",
      vendor: "postgres",
      vendorName: "postgres",
      type: "jdbc",
      credentialType: "basic",
      credentials: [{ username: "loader", password: CANARY }],
      params: { database: "sales", connectStrOpts: null },
    });
    return String(id);
  }

  it("comes without its credentials: a program that states some changes them, one that states none leaves them", async () => {
    const test = await startProviderTest();
    await make(test);
    const resource = test.resource("Connection");
    await importInto(test, resource, "warehouse");
    expect(JSON.stringify(resource.state)).not.toContain(CANARY);
    expect(resource.inputs).toEqual({
      name: "warehouse",
      vendor: "postgres",
      params: { database: "sales" },
      owner: resource.owner,
    });
    const stated = { name: "warehouse", vendor: "postgres", params: { database: "sales" } };
    expect(await resource.up(stated)).toBe("same");
    const credentials = { username: "loader", password: "another" };
    expect(await resource.up({ ...stated, credentials })).toBe("update");
    expect(await test.call("GET", "/v4/connections/1")).toMatchObject({
      credentials: [{ username: "loader" }],
    });
  });

  it("comes with the people that it is shared with, where the platform tells", async () => {
    const test = await startProviderTest();
    const id = await make(test);
    const { data } = await test.call<{ data: { id: number }[] }>("GET", "/v4/people");
    const ana = await test.call<{ id: number }>("POST", "/v4/people", {
      email: "ana@example.com",
      name: "Ana",
      password: "long enough 1",
    });
    expect(data).toHaveLength(1);
    await test.call("POST", `/v4/connections/${id}/permissions`, {
      data: [{ person: { id: ana.id }, role: "readOnly", policyTag: "connection_viewer" }],
    });
    const resource = test.resource("Connection");
    await importInto(test, resource, id);
    expect(resource.inputs.sharing).toEqual([{ personId: ana.id, role: "readOnly" }]);
    const endpoint = await startWithout(test, /permissions/);
    await importInto(test, resource, id, { endpoint });
    expect(resource.inputs).not.toHaveProperty("sharing");
  });
});

describe("import rules set by hand", () => {
  it("are imported as they are, and later changes of them are updates", async () => {
    const test = await startProviderTest();
    const deploymentId = await makeDeployment(test);
    const values = [{ type: "s3Bucket", on: "acme-dev", with: "acme-prod" }];
    await test.call("PATCH", `/v4/deployments/${deploymentId}/valueImportRules`, values);
    const rules = test.resource("ImportRules");
    await importInto(test, rules, "orders");
    expect(await rules.up({ deploymentId, values })).toBe("same");
    expect(await rules.up({ deploymentId, values: [] })).toBe("update");
  });

  it("that the platform does not let go are warned of", async () => {
    const test = await startProviderTest({ importRules: "replace-by-key" });
    const deploymentId = await makeDeployment(test);
    const target = await makeConnection(test, "warehouse");
    await test.call("PATCH", `/v4/deployments/${deploymentId}/objectImportRules`, [
      { tableName: "connections", onCondition: { name: "old" }, withCondition: { id: Number(target) } },
    ]);
    const operation = startOperation(test);
    const life = operation.of("ImportRules");
    const found = await life.import("orders", OWNER);
    const { inputs } = await life.check(found?.inputs, { deploymentId, ...OWNER });
    await life.update(deploymentId, found?.state ?? {}, inputs);
    expect(operation.messages).toEqual([
      `warning: the platform keeps 1 connection rule(s) that this program no longer states: {"name":"old"} → connection ${target}. They still map connections of later imports; remove them by hand, or state a rule for the same connection`,
    ]);
  });

  it("that the platform does not tell are refused, saying what to do instead", async () => {
    const test = await startProviderTest();
    await makeDeployment(test);
    const endpoint = await startWithout(test, /ImportRules/);
    const error = await errorOf(importInto(test, test.resource("ImportRules"), "orders", { endpoint }));
    expect(error.message).toBe(
      `importing ImportRules "it": ${endpoint} does not tell which import rules deployment "orders" has, so they cannot be imported; state them in the program with \`adopt: true\` instead, which sets them`,
    );
  });
});

describe("schedules made by hand", () => {
  async function prepare(settings: Parameters<typeof startProviderTest>[0] = {}) {
    const test = await startProviderTest(settings);
    await makeConnection(test, "warehouse", WAREHOUSE_UUID);
    const deployments = [await makeDeployment(test, "orders"), await makeDeployment(test, "payments")];
    return { test, deployments };
  }

  it("of one name are told apart by their deployments, and imported by their ids", async () => {
    const { test, deployments } = await prepare();
    for (const id of deployments)
      await test.call("POST", "/v4/deploymentSchedules", {
        name: "nightly",
        deployment: { id: Number(id) },
        triggers: TRIGGERS,
      });
    const life = startOperation(test).of("Schedule");
    const objects = await life.list(OWNER);
    expect(objects.map(({ name, place }) => [name, place]).sort()).toEqual([
      ["nightly", 'of deployment "orders"'],
      ["nightly", 'of deployment "payments"'],
    ]);
    expect((await errorOf(life.import("nightly", OWNER))).message).toContain(
      'importing Schedule "it": the name "nightly" means 2 objects of the type Schedule: ',
    );
    const payments = objects.find(({ place }) => place?.includes("payments"));
    expect(await life.import(payments?.id ?? "", OWNER)).toMatchObject({
      inputs: { deploymentId: deployments[1] },
    });
  });

  it("whose name is a number are found by it when no schedule has that id", async () => {
    const { test, deployments } = await prepare();
    await test.call("POST", "/v4/deploymentSchedules", {
      name: "42",
      deployment: { id: Number(deployments[0]) },
      triggers: TRIGGERS,
    });
    const life = startOperation(test).of("Schedule");
    expect(await life.import("42", OWNER)).toMatchObject({ id: "1", inputs: { name: "42" } });
    expect(await life.import("id:42", OWNER)).toBeUndefined();
  });

  describe("on a platform that schedules flows only", () => {
    const plain = { deploymentSchedules: false };

    it("belong to the deployment whose release holds their flow, also of a release made by hand", async () => {
      const { test, deployments } = await prepare(plain);
      const [deploymentId = ""] = deployments;
      const { primaryFlowIds } = await importByHand(test, deploymentId, smallPackage());
      await test.call("POST", "/v4/schedules", {
        name: "nightly",
        triggers: TRIGGERS,
        tasks: [{ runFlow: { flowId: primaryFlowIds[0] } }],
      });
      const resource = test.resource("Schedule");
      await importInto(test, resource, "nightly");
      expect(resource.state).toMatchObject({ deploymentId, boundTo: "flow" });
      expect(await resource.up({ deploymentId, ...nightly })).toBe("same");
      expect(await resource.up({ deploymentId, ...nightly, name: "later" })).toBe("update");
    });

    it("that run a flow of no release are not listed, and not imported", async () => {
      const { test } = await prepare(plain);
      const flow = await test.call<{ id: number }>("POST", "/v4/flows", { name: "somebody's own" });
      await test.call("POST", "/v4/schedules", {
        name: "nightly",
        triggers: TRIGGERS,
        tasks: [{ runFlow: { flowId: flow.id } }],
      });
      const life = startOperation(test).of("Schedule");
      expect(await life.list(OWNER)).toEqual([]);
      expect((await errorOf(life.import("1", OWNER))).message).toBe(
        'importing Schedule "it": schedule 1 ("nightly") runs a flow of no release that this account sees; Sluice schedules deployments',
      );
    });
  });
});

it("what a person writes reaches no path but as an id", async () => {
  const test = await startProviderTest();
  await makeDeployment(test);
  const texts = [
    "../connections/1",
    "1/../../v4/people",
    "1?embed=releases",
    "%2e%2e/1",
    "1#",
    "ä/ß",
    '"',
    "'",
    "1\n",
  ];
  for (const text of texts) {
    const requests = await test.requestsDuring(async () => {
      const life = startOperation(test).of("Deployment");
      await expect(life.import(text, OWNER)).rejects.toMatchObject({ name: "ImportIdRefused" });
    });
    expect(requests.map(({ path }) => path.split("?")[0])).toEqual(["/v4/deployments"]);
  }
});

describe("an interruption while something is made", () => {
  /** An operation that is interrupted at its first POST. */
  async function interruptAtPost(test: ProviderTest) {
    const proxy = await startPlatformProxy(test.platform.endpoint("prod"));
    onTestFinished(() => proxy.close());
    const controller = new AbortController();
    proxy.interfere(({ method }) => {
      if (method === "POST") controller.abort();
      return undefined;
    });
    return startOperation(test, { endpoint: proxy.endpoint }, controller.signal);
  }

  it("loses nothing of what was made: its id and state are told with the error", async () => {
    const test = await startProviderTest();
    const operation = await interruptAtPost(test);
    const given = { name: "warehouse", vendor: "postgres", sharing: [] };
    const resource = test.resource("Connection");
    const { inputs } = await resource.check(given);
    const error = await errorOf(operation.of("Connection").create(inputs));
    expect(error).toMatchObject({ name: "NotReadyError", id: "1", state: { name: "warehouse" } });
    expect(error.message).toMatch(/connection 1 was made, but not finished: GET \S+ was interrupted/);
  });

  it("of a release does not import it twice", async () => {
    const test = await startProviderTest();
    await makeConnection(test, "warehouse", WAREHOUSE_UUID);
    const deploymentId = await makeDeployment(test);
    const release = test.resource("Release", "orders");
    const given = { deploymentId, package: await test.packageFile("orders.zip", smallPackage()) };
    const { inputs } = await release.check(given);
    const operation = await interruptAtPost(test);
    const error = (await errorOf(operation.of("Release").create(inputs))) as Error & {
      id?: string;
      state?: Values;
    };
    expect(error).toMatchObject({ name: "NotReadyError", id: deploymentId, state: { releaseId: "1" } });
    Object.assign(release, { id: error.id, state: error.state, inputs });
    const requests = await test.requestsDuring(() => release.up({ ...given, notes: "finished" }));
    expect(writesOf(requests)).toEqual(["PATCH /v4/releases/N"]);
    expect(await test.call("GET", "/v4/releases")).toMatchObject({ data: [{ id: 1, active: true }] });
  });
});
