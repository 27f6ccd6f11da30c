import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { functionFields } from "../../provider/framework/invocation.js";
import { UNKNOWN } from "../../provider/framework/unknown.js";
import { functions } from "../../provider/functions.js";
import { callsUnder, configurationOf } from "../provider/functions/function-test.js";
import { startProviderTest, writesOf } from "../provider/provider-test.js";
import type { ProviderTest, Values } from "../provider/provider-test.js";
import { createExampleCompiler } from "./compile-example.js";
import { CANARY, functionCases } from "./function-cases.js";

const ROOT = join(__dirname, "..", "..");
const definitions = functions.map((definition) => ({ name: definition.name, definition }));
const kebab = (name: string) => name.replaceAll(/([A-Z])/g, "-$1").toLowerCase();

it("every registered function has a case, and no other", () => {
  expect(Object.keys(functionCases).sort()).toEqual(functions.map(({ name }) => name).sort());
});

it("every function that a file defines is registered, and stands in the file of its name", () => {
  const folder = join(ROOT, "provider", "functions");
  const defined = readdirSync(folder).filter((file) =>
    readFileSync(join(folder, file), "utf8").includes("= defineFunction({"),
  );
  expect(defined.sort()).toEqual(functions.map(({ name }) => `${kebab(name)}.ts`).sort());
});

describe.each(definitions)("the definition of $name", ({ name, definition }) => {
  it("has a name and a description that fit, and a test of what is particular to it", () => {
    expect(name).toMatch(/^[a-z]+([A-Z][a-z]+)+$/);
    expect(definition.description).toMatch(/^[A-Z].*\.$/);
    expect(existsSync(join(ROOT, "test", "provider", "functions", `${kebab(name)}.test.ts`))).toBe(true);
  });

  it("describes every input and every output, at every depth, in sentences", () => {
    const inputs = z.strictObject(functionFields(definition));
    const fields = [
      ...fieldsIn(inputs, `${name} inputs`),
      ...fieldsIn(definition.outputs, `${name} outputs`),
    ];
    expect(fields.length).toBeGreaterThan(2);
    const odd = fields.filter(({ field }) => !/^(`|[A-Z]).*[.)]$/s.test(field.description ?? ""));
    expect(odd.map(({ path }) => path)).toEqual([]);
  });
});

/** Every field with its path, also inside objects, lists and optional ones; an asset's own form is the engine's. */
function fieldsIn(schema: z.ZodType, path: string): { path: string; field: z.ZodType }[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return fieldsIn(schema.def.innerType as z.ZodType, path);
  if (schema instanceof z.ZodArray) return fieldsIn(schema.def.element as z.ZodType, `${path}[]`);
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([name, field]) => [
    { path: `${path}.${name}`, field },
    ...fieldsIn(field, `${path}.${name}`),
  ]);
}

describe.each(definitions)("a call of $name", ({ name, definition }) => {
  async function begin(): Promise<{ test: ProviderTest; inputs: Values }> {
    // Without retries: one test takes the platform away.
    const test = await startProviderTest();
    const entry = functionCases[name];
    const made = (await entry?.prepare?.(test)) ?? {};
    return { test, inputs: entry?.inputs(made) ?? {} };
  }

  it("answers what it declares, twice the same, writes nothing and shows no secret", async () => {
    const { test, inputs } = await begin();
    const call = callsUnder(configurationOf(test));
    let answer: unknown;
    const requests = await test.requestsDuring(async () => {
      answer = await call(name, inputs);
      expect(await call(name, inputs)).toEqual(answer);
    });
    const { outputs } = answer as { outputs: Values };
    expect(definition.outputs.parse(outputs), "members that are not declared").toEqual(outputs);
    expect(Object.keys(outputs).length).toBeGreaterThan(1);
    expect(writesOf(requests)).toEqual([]);
    expect(requests.length > 0).toBe(definition.usesPlatform);
    expect(JSON.stringify(answer)).not.toContain(CANARY);
  });

  it("is refused with an input that there is not, and waits for one that is unknown", async () => {
    const { test, inputs } = await begin();
    const call = callsUnder(configurationOf(test));
    const requests = await test.requestsDuring(async () => {
      expect(await call(name, { ...inputs, nonsense: 1 })).toEqual({
        failures: [{ property: "nonsense", reason: "there is no such property" }],
      });
      for (const field of Object.keys(functionFields(definition)))
        expect(await call(name, { ...inputs, [field]: UNKNOWN }), field).toEqual({ outputs: {} });
    });
    expect(requests).toEqual([]);
  });

  it("needs settings and a platform only when it says so", async () => {
    const { test, inputs } = await begin();
    const bare = callsUnder({});
    const cut = callsUnder({ ...configurationOf(test), "sluice:retries": "0" });
    await test.platform.close();
    if (definition.usesPlatform) {
      await expect(bare(name, inputs)).rejects.toThrow(`calling ${name}: no platform is named`);
      await expect(cut(name, inputs)).rejects.toThrow(`calling ${name}: `);
    } else {
      expect(await bare(name, inputs)).toHaveProperty("outputs");
      expect(await cut(name, inputs)).toEqual(await bare(name, inputs));
    }
  });
});

describe("the examples of the docs", () => {
  const compile = createExampleCompiler(join(ROOT, "tsconfig.plugin.json"), join(ROOT, "sdk", "plugin"));
  const problemsOf = (example: string) =>
    compile(`import * as sluice from "./index.js";
declare const deployment: sluice.Deployment;
declare const rules: sluice.ImportRules;
${example}
`);

  it.each(definitions)(
    "the one of $name compiles",
    ({ name, definition }) => {
      expect(definition.example).toContain(`sluice.${name}Output({`);
      expect(problemsOf(definition.example)).toEqual([]);
    },
    60_000,
  );

  it("one with a misspelt or missing input, or an output that there is not, would not", () => {
    expect(problemsOf(`sluice.getReleasesOutput({ deployment: "1" });`).join()).toContain("'deployment'");
    expect(problemsOf(`sluice.getReleasesOutput({});`).join()).toContain("'deploymentId' is missing");
    const output = `export const id = sluice.getReleasesOutput({ deploymentId: "1" }).activId;`;
    expect(problemsOf(output).join()).toContain("'activId' does not exist");
  }, 60_000);
});
