import { describe, expect, it } from "vitest";
import { rulesOf } from "../../provider/framework/field-rules.js";
import { inputFields } from "../../provider/framework/fields.js";
import { registry } from "../../provider/registry.js";
import { startOperation } from "../provider/lifecycle-of.js";
import { startProviderTest, writesOf } from "../provider/provider-test.js";
import type { Values } from "../provider/provider-test.js";
import { CANARY, cases } from "./cases.js";

/** Another program than the one that made the object. */
const OWNER = "shop/imported/subject";

const lives = registry.flatMap((definition) => {
  const entry = cases[definition.name];
  if (entry === undefined) return [];
  return (entry.platforms ?? [{}]).map((settings) => ({
    name: definition.name,
    definition,
    entry,
    settings,
  }));
});

describe.each(lives)("$name on a platform with $settings", ({ name, definition, entry, settings }) => {
  async function make() {
    const test = await startProviderTest(settings);
    const made = (await entry.prepare?.(test)) ?? {};
    const resource = test.resource(name, "subject");
    const inputs = entry.inputs(made);
    await resource.up(inputs);
    const unknown = entry.unknownToImport ?? [];
    const stated: Values = { owner: OWNER };
    for (const [field, value] of Object.entries(inputs)) if (!unknown.includes(field)) stated[field] = value;
    return { test, id: resource.id, stated };
  }

  it("is listed with its id and its name", async () => {
    const { test, id } = await make();
    const objects = await startOperation(test).of(name).list({ owner: OWNER });
    expect(objects.filter((object) => object.id === id)).toMatchObject([{ id, name: entry.importName }]);
  });

  it("is imported by its id and by its name, and a program that states the same changes nothing", async () => {
    const { test, id, stated } = await make();
    for (const text of [id, `id:${id}`, entry.importName, `name:${entry.importName}`]) {
      const requests = await test.requestsDuring(async () => {
        const life = startOperation(test).of(name);
        const found = await life.import(text, { owner: OWNER });
        expect(found?.id).toBe(id);
        const { state = {}, inputs = {} } = found ?? {};
        const checked = await startOperation(test).of(name).check(inputs, stated);
        expect(checked.failures).toEqual([]);
        expect(life.diff(state, checked.inputs)).toEqual({ changes: [], replaces: [] });
        expect(await startOperation(test).of(name).read(id, state)).toMatchObject({ state, drifted: [] });
      });
      expect(writesOf(requests)).toEqual([]);
    }
  });

  it("gives inputs that pass the engine's check of an import, and shows no secret", async () => {
    const { test, id } = await make();
    const life = startOperation(test).of(name);
    const found = await life.import(id, { owner: OWNER });
    const { state = {}, inputs = {} } = found ?? {};
    expect((await life.check(inputs, inputs)).failures).toEqual([]);
    expect(JSON.stringify(found)).not.toContain(CANARY);
    const fields = inputFields(definition);
    const known = Object.keys(inputs).map((field) => fields[field]);
    expect(known.every((field) => field !== undefined && rulesOf(field).writeOnly === undefined)).toBe(true);
    expect(state).toMatchObject(inputs);
  });

  it("of an id that does not exist is not found, and of another name says so", async () => {
    const { test } = await make();
    const life = startOperation(test).of(name);
    expect(await life.import("987654", { owner: OWNER })).toBeUndefined();
    await expect(life.import("nothing of this name", { owner: OWNER })).rejects.toThrow(
      `importing ${name} "subject": no ${name} at ${test.platform.endpoint("prod")} has the name "nothing of this name"; there are`,
    );
  });
});
