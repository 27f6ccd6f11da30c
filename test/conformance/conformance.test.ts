import { describe, expect, it } from "vitest";
import { registry } from "../../provider/registry.js";
import { startProviderTest, writesOf } from "../provider/provider-test.js";
import type { ManagedResource, ProviderTest, Values } from "../provider/provider-test.js";
import { CANARY, cases } from "./cases.js";
import { UNKNOWN } from "../../provider/framework/unknown.js";

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

describe.each(lives)("$name on a platform with $settings", ({ name, entry, settings }) => {
  interface Life {
    test: ProviderTest;
    resource: ManagedResource;
    inputs: Values;
    changed: Values;
  }

  async function begin(): Promise<Life> {
    // Without retries: one test takes the platform away.
    const test = await startProviderTest(settings, { "sluice:retries": "0" });
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

  it("check and diff send nothing but GET and dry runs, before and after it is there", async () => {
    const { test, resource, inputs, changed } = await begin();
    const look = async () => {
      await resource.check(inputs);
      await resource.check(changed);
      await resource.diff(changed);
    };
    expect(writesOf(await test.requestsDuring(look))).toEqual([]);
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
    await resource.up(inputs);
    const states = [resource.state];
    await resource.up(changed);
    states.push(resource.state);
    await resource.refresh();
    states.push(resource.state);
    expect(JSON.stringify(states)).not.toContain(CANARY);
    expect(JSON.stringify(test.platform.requests)).not.toContain(CANARY);
    await test.platform.close();
    await expect(resource.refresh()).rejects.not.toThrow(CANARY);
  });

  it("an unknown in any input passes a preview", async () => {
    const { resource, inputs } = await begin();
    for (const field of Object.keys(inputs)) {
      const { failures } = await resource.check({ ...inputs, [field]: UNKNOWN });
      expect(failures, field).toEqual([]);
    }
  });
});
