import { describe, expect, it, onTestFinished, vi } from "vitest";
import { provider } from "../../../provider/hosts/dynamic.js";
import { ordersFlow } from "../../platform/jobs/job-fixture.js";
import { makeDeployment } from "../by-hand.js";
import { errorOf } from "../client/scripted-server.js";
import { startProviderTest, TOKEN } from "../provider-test.js";

const LINE = { __provider: "exports.handler=()=>…" };
const OWNER = { owner: "shop/prod/it" };

describe("the dynamic host", () => {
  it("says of settings that cannot be used in the preview already, as a failure, for every resource", async () => {
    for (const name of ["Connection", "Deployment", "ImportRules"]) {
      const subject = provider(name);
      await subject.configure({ config: { rawConfig: { "sluice:endpiont": "https://example.com" } } });
      const given =
        name === "ImportRules" ? { deploymentId: "1", ...OWNER } : { name: "a", vendor: "b", ...OWNER };
      const { failures } = await subject.check({}, name === "Deployment" ? { name: "a", ...OWNER } : given);
      expect(failures).toEqual([
        {
          property: "",
          reason: `checking ${name} "it": the stack's configuration cannot be used: sluice:endpiont is not a setting (did you mean "endpoint"?)`,
        },
      ]);
    }
  });

  it("knows no resource of another name", () => {
    expect(() => provider("Conection")).toThrow("there is no resource named Conection");
  });

  it("keeps the engine's own line out of checks, diffs and requests", async () => {
    const test = await startProviderTest();
    const resource = test.resource("Deployment");
    const { inputs, failures } = await resource.check({ name: "orders", ...LINE });
    expect(failures).toEqual([]);
    expect(inputs).not.toHaveProperty("__provider");
    await resource.up({ name: "orders" });
    const subject = await resource.provider();
    const { changes } = await subject.diff(
      resource.id,
      { ...resource.state, ...LINE },
      { ...inputs, __provider: "x" },
    );
    expect(changes).toBe(false);
  });

  it("gives the line back with what was made but not finished: the engine needs it for the next update", async () => {
    const test = await startProviderTest();
    const resource = test.resource("Connection");
    const { inputs } = await resource.check({ name: "a", vendor: "b", sharing: [{ personId: 4711 }] });
    const error = await errorOf((await resource.provider()).create({ ...inputs, ...LINE }));
    expect(error).toMatchObject({ id: "1", properties: { name: "a", ...LINE }, reasons: [error.message] });
  });

  it("says gone by an empty answer, and drift by inputs", async () => {
    const test = await startProviderTest();
    const resource = test.resource("Deployment");
    await resource.up({ name: "orders" });
    const read = async () => (await resource.provider()).read(resource.id, resource.state);
    expect(await read()).toEqual({ id: "1", props: resource.state });
    await test.call("PATCH", "/v4/deployments/1", { name: "renamed" });
    expect(await read()).toMatchObject({ props: { name: "renamed" }, inputs: { name: "renamed" } });
    await test.call("DELETE", "/v4/deployments/1");
    expect(await read()).toEqual({});
  });

  it.each(["read", "delete"] as const)(
    "tells why a %s failed by the error's message, and not again where its caller prints the error",
    async (operation) => {
      const test = await startProviderTest();
      const resource = test.resource("Deployment");
      await resource.up({ name: "orders" });
      const stranger = test.resource("Deployment", "it", "shop/prod", { "sluice:token": "another" });
      const error = await errorOf((await stranger.provider())[operation](resource.id, resource.state));
      const verb = operation === "read" ? "reading" : "deleting";
      expect(error.message).toContain(`${verb} Deployment "it": `);
      expect(error.message).toContain("check sluice:token");
      // As Pulumi's host for dynamic providers prints it.
      expect(`${String(error)}: ${error.stack}`).toBe(
        `${verb} Deployment "it": failed, as its resource tells`,
      );
    },
  );

  it("sends a resource to the environment that it names", async () => {
    const test = await startProviderTest();
    const environments = JSON.stringify({ dev: { endpoint: test.platform.endpoint("dev"), token: TOKEN } });
    const resource = test.resource("Deployment", "it", "shop/prod", { "sluice:environments": environments });
    const requests = await test.requestsDuring(() => resource.up({ name: "orders", environment: "dev" }));
    expect(new Set(requests.map(({ environment }) => environment))).toEqual(new Set(["dev"]));
    expect((await test.call<{ data: unknown[] }>("GET", "/v4/deployments")).data).toEqual([]);
    expect(await resource.up({ name: "orders" })).toBe("replace");
    expect((await test.call<{ data: unknown[] }>("GET", "/v4/deployments")).data).toHaveLength(1);
  });

  it("prints warnings with the resource they are about, where Pulumi shows them", async () => {
    const test = await startProviderTest();
    const deploymentId = await makeDeployment(test);
    const release = await test.resource("Release", "orders").provider();
    const schedule = await test.resource("Schedule", "nightly").provider();
    const path = await test.packageFile("orders.zip", ordersFlow());
    const rules = { connections: [], values: [] };
    await release.check({}, { deploymentId, package: path, rules, owner: "shop/prod/orders" });
    const stated = {
      deploymentId,
      name: "nightly",
      triggers: [{ daily: { hourOfDay: 2, minuteOfHour: 30 } }],
      parameters: { region: "01" },
      owner: "shop/prod/nightly",
    };
    const printed = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    onTestFinished(() => printed.mockRestore());
    expect(await schedule.check(stated, { ...stated, enabled: false })).toMatchObject({ failures: [] });
    expect(printed.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^warning: Schedule "nightly": parameters\.region: the package .* has no parameter of this name/,
        ),
      ],
    ]);
  });

  it("asks for a list once in an operation, however many resources are read", async () => {
    const test = await startProviderTest();
    const subject = await test.resource("Connection").provider();
    const check = (name: string) => subject.check({}, { name, vendor: "postgres", adopt: true, ...OWNER });
    const rules = await test.resource("ImportRules").provider();
    expect((await check("a")).failures).toEqual([]);
    const requests = await test.requestsDuring(() =>
      Promise.all(
        Array.from({ length: 20 }, () =>
          rules.check(
            {},
            { deploymentId: "1", adopt: true, connections: [{ on: { id: "1" }, with: "9" }], ...OWNER },
          ),
        ),
      ),
    );
    expect(requests.filter(({ path }) => path.startsWith("/v4/connections"))).toHaveLength(1);
  });
});
