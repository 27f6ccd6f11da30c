import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Client } from "../../../provider/client/client.js";
import { defineFunction, InputRefused } from "../../../provider/framework/define-function.js";
import type { FunctionDefinition } from "../../../provider/framework/define-function.js";
import { named } from "../../../provider/framework/field-rules.js";
import { Invocation } from "../../../provider/framework/invocation.js";
import type { InvocationContexts } from "../../../provider/framework/invocation.js";
import { UNKNOWN } from "../../../provider/framework/unknown.js";

const inputs = z.strictObject({
  name: z.string().min(1),
  size: z.int().default(3),
  place: named("Place", z.strictObject({ city: z.string(), code: z.string().default("none") })).optional(),
});
const outputs = z.object({ said: z.unknown() });
const form = { description: "Says its inputs.", inputs, outputs, example: "" } as const;

const local = defineFunction({
  ...form,
  name: "sayInputs",
  usesPlatform: false,
  invoke: (_context, given) => Promise.resolve({ said: given }),
});
const remote = defineFunction({
  ...form,
  name: "sayPlatform",
  usesPlatform: true,
  invoke: ({ client }, given) => Promise.resolve({ said: [client.endpoint, given] }),
});

/** Contexts whose client leads to the address of the environment's name. */
function contexts(asked: unknown[] = []): InvocationContexts {
  const surroundings = { sourceMarkers: [], say: () => undefined };
  return {
    local: () => surroundings,
    platform: (values) => {
      asked.push(values.environment);
      const endpoint = `http://${typeof values.environment === "string" ? values.environment : "own"}.example`;
      const settings = { timeoutSeconds: 1, retries: 0, requestsPerSecond: 0 };
      return { ...surroundings, client: new Client({ endpoint, authorization: "none", ...settings }) };
    },
  };
}

const call = (definition: FunctionDefinition, given: Record<string, unknown>) =>
  new Invocation(definition, contexts()).invoke(given);

describe("a call of a function", () => {
  it("gets valid inputs with their defaults, at every depth", async () => {
    expect(await call(local, { name: "a", place: { city: "b" } })).toEqual({
      outputs: { said: { name: "a", size: 3, place: { city: "b", code: "none" } } },
    });
  });

  it("gets all problems at once, each with the path of the input", async () => {
    const answer = await call(local, { size: "2", place: { city: 1, cod: "x" }, nmae: "a" });
    expect(answer).toEqual({
      failures: expect.arrayContaining([
        { property: "name", reason: "is required (string)" },
        { property: "size", reason: expect.stringContaining("number") as string },
        { property: "place.city", reason: expect.stringContaining("string") as string },
        { property: "place.cod", reason: 'there is no such property (did you mean "code"?)' },
        { property: "nmae", reason: 'there is no such property (did you mean "name"?)' },
      ]) as unknown,
    });
  });

  it("answers nothing while an input, or a part of one, is unknown", async () => {
    expect(await call(local, { name: UNKNOWN })).toEqual({ outputs: {} });
    expect(await call(local, { name: "a", place: { city: UNKNOWN } })).toEqual({ outputs: {} });
  });

  it("goes to the environment that it names, and asks for no platform that it does not need", async () => {
    const asked: unknown[] = [];
    const run = (definition: FunctionDefinition, given: Record<string, unknown>) =>
      new Invocation(definition, contexts(asked)).invoke(given);
    await run(local, { name: "a" });
    expect(asked).toEqual([]);
    expect(await run(remote, { name: "a", environment: "dev" })).toEqual({
      outputs: { said: ["http://dev.example", { name: "a", size: 3 }] },
    });
    expect(asked).toEqual(["dev"]);
    expect(await run(local, { name: "a", environment: "dev" })).toHaveProperty("failures");
  });

  it("turns what the function refuses into failures, and names the function in any other error", async () => {
    const failing = (error: Error) => call({ ...local, invoke: () => Promise.reject(error) }, { name: "a" });
    const failures = [{ property: "place.city", reason: "is nowhere" }];
    expect(await failing(new InputRefused(failures))).toEqual({ failures });
    await expect(failing(new TypeError("broken"))).rejects.toThrow("calling sayInputs: broken");
    await expect(failing(new TypeError("broken"))).rejects.toBeInstanceOf(TypeError);
  });
});
