import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { registry } from "../../provider/registry.js";
import { startPlatformProxy } from "../engine/platform-proxy.js";
import { errorOf } from "../provider/client/scripted-server.js";
import { withoutSecrets } from "../provider/hosts/plugin/engine-form.js";
import { PluginHost } from "../provider/hosts/plugin/plugin-host.js";
import { dynamicHost, startProviderTest, writesOf } from "../provider/provider-test.js";
import type { Host, ManagedResource, ProviderTest, Values } from "../provider/provider-test.js";
import { CANARY, cases } from "./cases.js";
import { hasUnknown, UNKNOWN } from "../../provider/framework/unknown.js";

/** Rules are a part of their deployment: without them it still has its, empty, lists. */
const LIVES_IN_ANOTHER = new Set(["ImportRules"]);

it("every registered resource has a case, and no other", () => {
  expect(Object.keys(cases).sort()).toEqual(registry.map(({ name }) => name).sort());
});

const lives = registry.flatMap((definition) => {
  const entry = cases[definition.name];
  if (entry === undefined) return [];
  return (entry.platforms ?? [{}]).map((settings) => ({ name: definition.name, entry, settings }));
});

let plugin: PluginHost;
beforeAll(async () => {
  plugin = await PluginHost.start();
});
afterAll(() => plugin.close());

const hosts: { hostName: string; hostOf: () => Host }[] = [
  { hostName: "dynamic", hostOf: () => dynamicHost },
  { hostName: "plugin", hostOf: () => plugin },
];
const livesOnHosts = hosts.flatMap((host) => lives.map((life) => ({ ...host, ...life })));

describe.each(livesOnHosts)("$name on the $hostName host and a platform with $settings", (life) => {
  const { name, entry, settings, hostName, hostOf } = life;

  interface Life {
    test: ProviderTest;
    resource: ManagedResource;
    inputs: Values;
    changed: Values;
  }

  async function begin(): Promise<Life> {
    // Without retries: one test takes the platform away.
    const test = await startProviderTest(settings, { "sluice:retries": "0" }, hostOf());
    const made = (await entry.prepare?.(test)) ?? {};
    const resource = test.resource(name, "subject");
    return { test, resource, inputs: entry.inputs(made), changed: entry.changed(made) };
  }

  async function expectSettled({ test, resource }: Life, inputs: Values): Promise<void> {
    const before = { state: resource.state, inputs: resource.inputs };
    expect(await resource.refresh()).toBe(true);
    expect({ state: resource.state, inputs: resource.inputs }).toEqual(before);
    expect(await resource.diff(inputs)).toMatchObject({ changes: false, replaces: [] });
    expect(writesOf(await test.requestsDuring(() => resource.up(inputs)))).toEqual([]);
  }

  it("is what was asked for after create and after update, and a second run writes nothing", async () => {
    const life = await begin();
    expect(await life.resource.up(life.inputs)).toBe("create");
    await expectSettled(life, life.inputs);
    expect(await life.resource.diff(life.changed)).toMatchObject({ changes: true, replaces: [] });
    expect(await life.resource.up(life.changed)).toBe("update");
    await expectSettled(life, life.changed);
    expect(await life.resource.up(life.inputs)).toBe("update");
    await expectSettled(life, life.inputs);
  });

  it("a preview sends nothing but GET and dry runs, before and after it is there", async () => {
    const { test, resource, inputs, changed } = await begin();
    const look = async () => {
      await resource.check(inputs);
      await resource.check(changed);
      await resource.preview(changed);
    };
    const before = { state: resource.state, inputs: resource.inputs };
    expect(writesOf(await test.requestsDuring(look))).toEqual([]);
    expect({ state: resource.state, inputs: resource.inputs }).toEqual(before);
    await resource.up(inputs);
    expect(writesOf(await test.requestsDuring(look))).toEqual([]);
    expect(writesOf(await test.requestsDuring(() => resource.refresh()))).toEqual([]);
  });

  it("a change by hand shows when it is read, and the next run takes it back", async () => {
    const life = await begin();
    const { test, resource, inputs } = life;
    await resource.up(inputs);
    const before = structuredClone(resource.state);
    await entry.editByHand(test, resource);
    await resource.refresh();
    const drifted = Object.keys(resource.state).filter(
      (field) => JSON.stringify(resource.state[field]) !== JSON.stringify(before[field]),
    );
    expect(drifted.sort()).toEqual([...entry.drifted].sort());
    expect(await resource.diff(inputs)).toMatchObject({ changes: true, replaces: [] });
    expect(await resource.up(inputs)).toBe("update");
    await expectSettled(life, inputs);
  });

  it("is gone after delete, which may be repeated", async () => {
    const { resource, inputs } = await begin();
    await resource.up(inputs);
    const { id, state } = resource;
    await resource.destroy();
    const provider = await resource.provider();
    await provider.delete(id, state);
    if (!LIVES_IN_ANOTHER.has(name)) expect(await provider.read(id, state)).toEqual({});
  });

  it("can be made again after delete", async () => {
    const life = await begin();
    await life.resource.up(life.inputs);
    await life.resource.destroy();
    expect(await life.resource.up(life.inputs)).toBe("create");
    await expectSettled(life, life.inputs);
  });

  it("keeps no secret in clear: not in state, not in what the platform records, not in an error", async () => {
    const { test, resource, inputs, changed } = await begin();
    plugin.answers = [];
    await resource.preview(inputs);
    await resource.up(inputs);
    const states = [resource.state];
    await resource.preview(changed);
    await resource.up(changed);
    states.push(resource.state);
    await resource.refresh();
    states.push(resource.state);
    expect(JSON.stringify(states)).not.toContain(CANARY);
    expect(JSON.stringify(test.platform.requests)).not.toContain(CANARY);
    await test.platform.close();
    await expect(resource.refresh()).rejects.not.toThrow(CANARY);
    await resource.up(inputs).catch(() => undefined);
    expect(JSON.stringify(withoutSecrets(plugin.answers))).not.toContain(CANARY);
  });

  // A dynamic provider cannot import.
  if (hostName === "plugin")
    it("is imported by its name as the engine does it, and a program that states the same changes nothing", async () => {
      const { test, resource, inputs } = await begin();
      await resource.up(inputs);
      const taken = test.resource(name, "taken", "shop/elsewhere");
      const found = await (await taken.provider()).read(entry.importName, {}, {});
      expect(found.id).toBe(resource.id);
      Object.assign(taken, { id: found.id, state: found.props, inputs: found.inputs });
      const unknown = entry.unknownToImport ?? [];
      const stated = Object.fromEntries(Object.entries(inputs).filter(([field]) => !unknown.includes(field)));
      // What `pulumi import` checks before anybody has written a program.
      expect((await taken.check(taken.inputs)).failures).toEqual([]);
      expect((await taken.check(stated)).failures).toEqual([]);
      expect(await taken.diff(stated)).toMatchObject({ changes: false, replaces: [] });
      expect(await taken.refresh()).toBe(true);
      expect(JSON.stringify(withoutSecrets(taken))).not.toContain(CANARY);
    });

  it("a preview promises only what comes true", async () => {
    const { resource, inputs, changed } = await begin();
    for (const given of [inputs, changed, inputs]) {
      const promised = await resource.preview(given);
      // The engine asks a dynamic provider nothing of the kind.
      expect(promised === undefined).toBe(hostName === "dynamic");
      await resource.up(given);
      const known = Object.entries(promised ?? {}).filter(([, value]) => !hasUnknown(value));
      expect(Object.fromEntries(known.map(([field]) => [field, resource.state[field]]))).toEqual(
        Object.fromEntries(known),
      );
    }
  });

  it("an unknown in any input passes a preview", async () => {
    const { resource, inputs } = await begin();
    for (const field of Object.keys(inputs)) {
      const { failures } = await resource.check({ ...inputs, [field]: UNKNOWN });
      expect(failures, field).toEqual([]);
    }
  });
});

/** Resources whose creation takes more than one write, with inputs that make it so. */
const severalWrites: Record<string, (test: ProviderTest) => Promise<Values>> = {
  Connection: async (test) => {
    const { id } = await test.call<{ id: number }>("POST", "/v4/people", {
      email: "ann@example.com",
      name: "Ann",
    });
    return { sharing: [{ personId: id }] };
  },
  ImportRules: () => Promise.resolve({}),
  Release: () => Promise.resolve({}),
  Schedule: () => Promise.resolve({ enabled: false }),
};
const brokenLives = hosts.flatMap((host) =>
  Object.entries(severalWrites).map(([name, more]) => ({ ...host, name, more })),
);

describe.each(brokenLives)("a $name on the $hostName host", ({ name, more, hostOf }) => {
  it("whose creation broke off is known, shows no secret, and is finished by the next run", async () => {
    const test = await startProviderTest({}, {}, hostOf());
    const proxy = await startPlatformProxy(test.platform.endpoint("prod"));
    onTestFinished(() => proxy.close());
    const entry = cases[name];
    const made = (await entry?.prepare?.(test)) ?? {};
    const inputs = { ...entry?.inputs(made), ...(await more(test)) };
    const resource = test.resource(name, "subject", "shop/prod", {
      "sluice:endpoint": proxy.endpoint,
      "sluice:retries": "0",
    });
    let writes = 0;
    proxy.interfere(({ method }) =>
      method !== "GET" && ++writes > 1 ? { kind: "answer", status: 500 } : undefined,
    );
    plugin.answers = [];
    const failure = await errorOf(resource.up(inputs));
    expect(failure.message).toMatch(new RegExp(`^creating ${name} "subject": `));
    // Rules have no object of their own: they are found by their deployment.
    expect(resource.id === "").toBe(LIVES_IN_ANOTHER.has(name));
    expect(JSON.stringify([failure.message, resource.state])).not.toContain(CANARY);
    expect(JSON.stringify(withoutSecrets(plugin.answers))).not.toContain(CANARY);
    proxy.interfere(undefined);
    const posts = () => test.platform.requests.filter(({ method }) => method === "POST").length;
    const before = posts();
    await resource.up(inputs);
    expect(posts() - before).toBe(name === "Connection" || name === "Schedule" ? 1 : 0);
    expect(await resource.refresh()).toBe(true);
    expect(await resource.diff(inputs)).toMatchObject({ changes: false, replaces: [] });
  });
});
