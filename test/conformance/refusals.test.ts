import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { formatPath } from "../../flow/storable-text.js";
import { inputFields } from "../../provider/framework/fields.js";
import { functionFields } from "../../provider/framework/invocation.js";
import { functions } from "../../provider/functions.js";
import { registry } from "../../provider/registry.js";
import { callsUnder, configurationOf } from "../provider/functions/function-test.js";
import { PluginHost } from "../provider/hosts/plugin/plugin-host.js";
import { dynamicHost, startProviderTest, writesOf } from "../provider/provider-test.js";
import type { Host, Values } from "../provider/provider-test.js";
import { cases } from "./cases.js";
import { functionCases } from "./function-cases.js";

type Path = readonly (string | number)[];
type Texts = Readonly<Record<string, string>>;

/** Texts that no platform keeps, and what is said of them. */
const NUL = { "a\0b": "holds the character U+0000, which no platform keeps; remove it" };
const HALF = { "a\ud800b": "holds half of a character (U+D800 alone), which no platform keeps; remove it" };

/** A way in which inputs cannot be, at one place of them. */
interface Wrong {
  readonly path: Path;
  readonly inputs: Values;
  readonly reason: string;
}

/** Valid inputs, each time with one member too many, or one of the texts. */
function wrongInputs(fields: Readonly<Record<string, z.ZodType>>, valid: Values, texts: Texts): Wrong[] {
  const places = [...placesIn(z.strictObject(fields), valid, [])];
  return places.flatMap(({ path, isText }) => {
    const at = isText ? path : [...path, "nonsense"];
    const wrong = isText ? Object.entries(texts) : [[1, "there is no such property"] as const];
    return wrong.map(([value, reason]) => ({
      path: at,
      reason,
      inputs: withValue(valid, at, value) as Values,
    }));
  });
}

/** Places of objects with members of their own, and of texts that may be any. */
function* placesIn(
  schema: z.ZodType,
  value: unknown,
  path: Path,
): Generator<{ path: Path; isText: boolean }> {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable)
    yield* placesIn(schema.def.innerType as z.ZodType, value, path);
  else if (schema instanceof z.ZodUnion) {
    const fitting = (schema.def.options as z.ZodType[]).find((option) => option.safeParse(value).success);
    if (fitting !== undefined) yield* placesIn(fitting, value, path);
  } else if (schema instanceof z.ZodObject) {
    yield { path, isText: false };
    const shape: Readonly<Record<string, z.ZodType>> = schema.shape;
    for (const [name, member] of Object.entries(shape))
      if ((value as Values)[name] !== undefined)
        yield* placesIn(member, (value as Values)[name], [...path, name]);
  } else if (schema instanceof z.ZodArray) {
    for (const [index, element] of (value as unknown[]).entries())
      yield* placesIn(schema.def.element as z.ZodType, element, [...path, index]);
  } else if (schema instanceof z.ZodRecord) {
    for (const [name, member] of Object.entries(value as Values))
      yield* placesIn(schema.def.valueType as z.ZodType, member, [...path, name]);
  } else if (schema instanceof z.ZodString && schema.safeParse("a\0b").success) {
    yield { path, isText: true };
  }
}

function withValue(target: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  const member = withValue((target as Values)[key], rest, value);
  return Array.isArray(target)
    ? target.map((one: unknown, index) => (index === key ? member : one))
    : { ...(target as Values), [key]: member };
}

let plugin: PluginHost;
beforeAll(async () => {
  plugin = await PluginHost.start();
});
afterAll(() => plugin.close());

// What a message of the protocol holds is UTF-8, and half of a character has no form there.
const hosts: [string, () => Host, Texts][] = [
  ["dynamic", () => dynamicHost, { ...NUL, ...HALF }],
  ["plugin", () => plugin, NUL],
];

describe.each(hosts)("on the %s host", (_name, hostOf, texts) => {
  it.each(registry.map(({ name }) => name))(
    "a %s with a member that there is not, or a text that no platform keeps, is refused by its path, and nothing is asked",
    async (name) => {
      const test = await startProviderTest({}, {}, hostOf());
      const entry = cases[name] ?? expect.fail();
      const definition = registry.find((one) => one.name === name) ?? expect.fail();
      const made = (await entry.prepare?.(test)) ?? {};
      const { owner: _owner, ...fields } = inputFields(definition);
      for (const valid of [entry.inputs(made), entry.changed(made)]) {
        const wrong = wrongInputs(fields, valid, texts);
        expect(wrong.length).toBeGreaterThan(1);
        for (const { path, inputs, reason } of wrong) {
          const requests = await test.requestsDuring(async () => {
            const { failures } = await test.resource(name).check(inputs);
            const said = failures.map((failure) =>
              failure.property === "" ? failure.reason : `${failure.property}: ${failure.reason}`,
            );
            expect(said.join("\n")).toContain(`${formatPath(path)}: ${reason}`);
          });
          expect(requests).toEqual([]);
        }
      }
    },
    60_000,
  );
});

it.each(functions.map((definition) => ({ name: definition.name, definition })))(
  "a call of $name with a member that there is not, or a text that no platform keeps, is refused by its path",
  async ({ name, definition }) => {
    const test = await startProviderTest();
    const entry = functionCases[name] ?? expect.fail();
    const valid = entry.inputs((await entry.prepare?.(test)) ?? {});
    const call = callsUnder(configurationOf(test));
    for (const { path, inputs, reason } of wrongInputs(functionFields(definition), valid, {
      ...NUL,
      ...HALF,
    })) {
      const requests = await test.requestsDuring(async () => {
        const answer = await call(name, inputs);
        const failures = "failures" in answer ? answer.failures : [];
        expect(failures).toContainEqual({
          property: formatPath(path),
          reason: expect.stringContaining(reason) as string,
        });
      });
      expect(requests).toEqual([]);
    }
  },
);

/** Texts that mean something to a terminal, a log, a list of releases or a reader's eye. */
const STRANGE = [
  "\u001b[2J\u001b]0;mine\u0007",
  "two\nlines\r\nand\ta tab",
  "\u202edesrever",
  "\u007f\u0085",
];

describe("names and notes with characters that one does not see", () => {
  const texts: Readonly<Record<string, string>> = {
    Connection: "description",
    Deployment: "name",
    Release: "notes",
    Schedule: "name",
  };

  it.each(Object.entries(texts))(
    "a %s keeps its %s as it is, and does not change by it",
    async (name, field) => {
      const test = await startProviderTest();
      const entry = cases[name] ?? expect.fail();
      const made = (await entry.prepare?.(test)) ?? {};
      const resource = test.resource(name);
      for (const text of STRANGE) {
        const inputs = { ...entry.inputs(made), [field]: `before ${text} after` };
        await resource.up(inputs);
        expect(await resource.refresh()).toBe(true);
        expect(resource.inputs[field] ?? resource.state[field]).toBe(`before ${text} after`);
        expect(writesOf(await test.requestsDuring(() => resource.up(inputs)))).toEqual([]);
      }
    },
  );
});
