import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registry } from "../../provider/registry.js";
import { cases } from "../conformance/cases.js";
import { errorOf } from "./client/scripted-server.js";
import { PluginHost } from "./hosts/plugin/plugin-host.js";
import { startOperation } from "./lifecycle-of.js";
import { dynamicHost, startProviderTest, writesOf } from "./provider-test.js";
import type { Host, ManagedResource, ProviderTest, Values } from "./provider-test.js";

let plugin: PluginHost;
beforeAll(async () => {
  plugin = await PluginHost.start();
});
afterAll(() => plugin.close());

const hosts: { host: "dynamic" | "plugin"; hostOf: () => Host }[] = [
  { host: "dynamic", hostOf: () => dynamicHost },
  { host: "plugin", hostOf: () => plugin },
];
const guarded = hosts.flatMap((host) => registry.map(({ name }) => ({ ...host, name })));

/** What stands before the ways on, when the object's maker is not known, and when it was stack shop/prod. */
const REFUSALS: Record<string, { byHand?: string; byOther: string }> = {
  Connection: {
    byHand: 'a connection named "warehouse" already exists (id 1), where this update would make one',
    byOther: 'a connection named "warehouse" already exists (id 1), where this update would make one',
  },
  Deployment: {
    byHand: 'a deployment named "orders" already exists (id 1), where this update would make one: another',
    byOther:
      'a deployment named "orders" already exists (id 1), where this update would make one: the active release of its deployment was imported by shop/prod/orders,',
  },
  ImportRules: {
    byHand:
      "deployment 1 already has import rules (1 for connections, 2 for values) that this program did not make",
    byOther:
      "deployment 1 already has import rules (1 for connections, 2 for values) and its active release was imported by shop/prod/orders: two stacks would set the rules in turns",
  },
  Release: { byOther: "the active release #1 of deployment 1 belongs to shop/prod/orders; two programs" },
  Schedule: {
    byHand:
      'a schedule named "nightly" of this deployment already exists (id 1), where this update would make one: another',
    byOther:
      'a schedule named "nightly" of this deployment already exists (id 1), where this update would make one: the active release of its deployment was imported by shop/prod/orders,',
  },
};

/** Of the object of each case. Going on with another program's release is by `adopt` alone. */
const IMPORTS: Record<string, string | undefined> = {
  Connection: "pulumi import --generate-code=false --protect=false sluice:index:Connection it 1",
  Deployment: "pulumi import --generate-code=false --protect=false sluice:index:Deployment it 1",
  ImportRules: "pulumi import --generate-code=false --protect=false sluice:index:ImportRules it 1",
  Release: undefined,
  Schedule: "pulumi import --generate-code=false --protect=false sluice:index:Schedule it 1",
};

/** Creating, as the engine asks for it: what must stop a preview, and an update of an object that came after it. */
async function refusals(resource: ManagedResource, inputs: Values): Promise<string[]> {
  const checked = await resource.check(inputs).then(
    ({ failures }) => failures.map(({ reason }) => reason).join("\n"),
    (error: unknown) => (error as Error).message,
  );
  const provider = await resource.provider();
  const { inputs: complete } = await resource.check({ ...inputs, adopt: true });
  const created = await errorOf(provider.create({ ...complete, adopt: false }));
  return [checked, created.message];
}

describe.each(guarded)("a $name on the $host host", ({ name, host, hostOf }) => {
  const entry = cases[name];
  const refusal = REFUSALS[name];
  if (entry === undefined || refusal === undefined) throw new Error(`${name} has no case`);
  const { byHand, byOther } = refusal;

  async function begin(): Promise<{ test: ProviderTest; inputs: Values }> {
    const test = await startProviderTest({}, {}, hostOf());
    const made = (await entry?.prepare?.(test)) ?? {};
    return { test, inputs: entry?.inputs(made) ?? {} };
  }

  async function expectTakenOver(test: ProviderTest, other: ManagedResource, inputs: Values): Promise<void> {
    expect(await other.up({ ...inputs, adopt: true })).toBe("create");
    expect(await other.up(inputs)).toBe("same");
    const { data } = await test.call<{ data: unknown[] }>("GET", "/v4/deployments");
    expect(data.length).toBeLessThan(2);
  }

  // An import by hand does not stop a Release: its own import goes beside it.
  if (byHand !== undefined)
    it("stops at an object that it did not make, names the ways on, and takes it over when told to", async () => {
      const { test, inputs } = await begin();
      const first = test.resource(name);
      await first.up(inputs);
      first.forget();
      const wanted = name === "ImportRules" ? { ...inputs, connections: [], values: [] } : inputs;
      const messages = await refusals(first, wanted);
      for (const message of messages) {
        expect(message).toContain(byHand);
        expect(message).toContain("set `adopt: true` to ");
        const command = IMPORTS[name];
        if (host === "plugin" && command !== undefined)
          expect(message).toContain(`run \`${command}\` to take`);
        else expect(message).not.toContain("pulumi import");
      }
      expect(writesOf(await test.requestsDuring(() => refusals(first, wanted)))).toEqual([]);
      await expectTakenOver(test, first, inputs);
    });

  it("stops at the object of another stack, which it names as far as a release tells", async () => {
    const { test, inputs } = await begin();
    if (name === "ImportRules") await importRelease(test);
    await test.resource(name, "orders").up(inputs);
    if (name === "Deployment") await importRelease(test);
    const other = test.resource(name, "it", "shop/other");
    const messages = await refusals(other, inputs);
    for (const message of messages) expect(message).toContain(byOther);
    await expectTakenOver(test, other, inputs);
  });

  it("is refused when another resource of the program is for the same object", async () => {
    const { test, inputs } = await begin();
    const operation = startOperation(test);
    const check = async (owner: string) =>
      (await operation.of(name).check({}, { ...inputs, adopt: true, owner })).failures;
    expect(await check("shop/prod/one")).toEqual([]);
    const [failure, ...more] = await check("shop/prod/two");
    expect(more).toEqual([]);
    expect(failure?.reason).toMatch(
      /^(the )?.+ is what resource shop\/prod\/one of this program is for; two resources on one object would undo each other/,
    );
    expect(await check("shop/prod/one")).toEqual([]);
    expect(await check("shop/other/one")).toEqual([]);
  });
});

it.each(hosts)(
  "import rules stop at a deployment that has none and that another stack deploys to, on the $host host",
  async ({ hostOf }) => {
    const test = await startProviderTest({}, {}, hostOf());
    const inputs = cases.ImportRules?.inputs((await cases.ImportRules.prepare?.(test)) ?? {}) ?? {};
    await importRelease(test);
    const other = test.resource("ImportRules", "it", "shop/other");
    for (const message of await refusals(other, inputs))
      expect(message).toContain(
        "deployment 1 is not this stack's, as its active release was imported by shop/prod/orders: two stacks would set the rules in turns; set `adopt: true` to set them, or manage the deployment in one program only",
      );
    expect(await other.up({ ...inputs, adopt: true })).toBe("create");
    expect(await other.up(inputs)).toBe("same");
  },
);

/** The program of stack shop/prod deploys to deployment 1. */
async function importRelease(test: ProviderTest): Promise<void> {
  const made = (await cases.Release?.prepare?.(test)) ?? {};
  await test.call("DELETE", `/v4/deployments/${String(made.deploymentId)}`);
  const release = test.resource("Release", "orders");
  await release.up({ ...cases.Release?.inputs(made), deploymentId: "1" });
}
