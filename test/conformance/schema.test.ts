import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import type {
  PackageSchema,
  SchemaObject,
  SchemaResource,
  SchemaType,
} from "../../provider/codegen/schema.js";
import { rulesOf } from "../../provider/framework/field-rules.js";
import { functionFields } from "../../provider/framework/invocation.js";
import { functions } from "../../provider/functions.js";
import { registry } from "../../provider/registry.js";

const ROOT = join(__dirname, "..", "..");
const schema = readJson("schema.json") as PackageSchema;
const validate = new Ajv({
  allErrors: true,
  strict: true,
  strictRequired: false,
  strictTypes: false,
}).compile(readJson("test/conformance/package-schema.json") as object);

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}

function problemsOf(value: unknown): string[] {
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** Every type of the schema with its place. */
function typesIn(place: string, type: SchemaType): { place: string; type: SchemaType }[] {
  return [
    { place, type },
    ...(type.items ? typesIn(`${place}[]`, type.items) : []),
    ...(type.additionalProperties ? typesIn(`${place}{}`, type.additionalProperties) : []),
    ...(type.oneOf ?? []).flatMap((option) => typesIn(place, option)),
  ];
}

function membersOf(place: string, { properties = {}, required = [] }: SchemaObject) {
  return { place, properties, required };
}

const propertyLists = [
  ...Object.entries(schema.resources).flatMap(([token, resource]) => [
    { place: token, properties: resource.properties, required: resource.required },
    { place: `${token} inputs`, properties: resource.inputProperties, required: resource.requiredInputs },
    membersOf(`${token} list`, resource.listInputs),
  ]),
  ...Object.entries(schema.functions).flatMap(([token, { inputs, outputs }]) => [
    membersOf(`${token} inputs`, inputs),
    membersOf(`${token} outputs`, outputs),
  ]),
  ...Object.entries(schema.types).map(([token, type]) => membersOf(token, type)),
  { place: "configuration", properties: schema.config.variables, required: [] },
];
const types = propertyLists.flatMap(({ place, properties }) =>
  Object.entries(properties).flatMap(([name, type]) => typesIn(`${place}.${name}`, type)),
);

describe("schema.json", () => {
  it("has the form of a Pulumi package schema", () => {
    expect(problemsOf(schema)).toEqual([]);
  });

  it.each<[string, (copy: PackageSchema) => void]>([
    ["a property without a type", (copy) => (copy.config.variables.token = { description: "A token." })],
    ["a property without a description", (copy) => (copy.config.variables.token = { type: "string" })],
    [
      "a default of another type",
      (copy) => Object.assign(copy.config.variables.retries ?? {}, { default: "4" }),
    ],
    ["a list without items", (copy) => (copy.config.variables.token = { type: "array", description: "a" })],
    ["an unknown member", (copy) => Object.assign(copy, { resurces: {} })],
    [
      "a token of another module",
      (copy) => Object.assign(copy.types, { "sluice:other:A": { type: "object" } }),
    ],
    [
      "a function whose name is a type's",
      (copy) =>
        Object.assign(copy.functions, { "sluice:index:A": copy.functions["sluice:index:getRelease"] }),
    ],
    [
      "a function without a description",
      (copy) => Object.assign(copy.functions["sluice:index:getRelease"] ?? {}, { description: "" }),
    ],
    [
      "a resource that cannot be listed",
      (copy) => delete (copy.resources["sluice:index:Release"] as Partial<SchemaResource>).listInputs,
    ],
  ])("would not with %s", (_name, damage) => {
    const copy = structuredClone(schema);
    damage(copy);
    expect(problemsOf(copy)).not.toEqual([]);
  });

  it("describes every type and every member of one", () => {
    const descriptions = Object.entries(schema.types).flatMap(([token, { description, properties = {} }]) => [
      [token, description] as const,
      ...Object.entries(properties).map(
        ([name, member]) => [`${token}.${name}`, member.description] as const,
      ),
    ]);
    const undescribed = descriptions.filter(([, text = ""]) => !/^(`|[A-Z0-9]).*[.)]$/s.test(text));
    expect(undescribed).toEqual([]);
  });

  it("refers only to types that it holds, and holds no other", () => {
    const prefix = "#/types/";
    const refs = types.flatMap(({ type }) =>
      type.$ref?.startsWith(prefix) ? [type.$ref.slice(prefix.length)] : [],
    );
    expect([...new Set(refs)].sort()).toEqual(Object.keys(schema.types).sort());
  });

  it("requires only properties that it has", () => {
    const unknown = propertyLists.flatMap(({ place, properties, required }) =>
      required.filter((name) => !(name in properties)).map((name) => `${place}.${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it("has every resource and no other", () => {
    expect(Object.keys(schema.resources).sort()).toEqual(
      registry.map(({ name }) => `sluice:index:${name}`).sort(),
    );
  });

  it.each(registry.map((definition) => [definition.name, definition] as const))(
    "says of %s what is secret, replaces, is worked out, and never comes back",
    (name, definition) => {
      const resource = schema.resources[`sluice:index:${name}`];
      const fields: Record<string, z.ZodType> = definition.inputs.shape;
      for (const [key, field] of Object.entries(fields)) {
        const rules = rulesOf(field);
        const input = resource?.inputProperties[key];
        expect(key in (resource?.inputProperties ?? {}), `${key} is an input`).toBe(
          rules.derived === undefined,
        );
        expect(key in (resource?.properties ?? {}), `${key} is an output`).toBe(
          rules.writeOnly === undefined,
        );
        expect(input?.secret === true, `${key} is secret`).toBe(rules.secret !== undefined);
        expect(input?.replaceOnChanges === true, `${key} replaces`).toBe(rules.immutable !== undefined);
      }
    },
  );

  it("has every function and no other, each with all its inputs and outputs", () => {
    expect(Object.keys(schema.functions).sort()).toEqual(
      functions.map(({ name }) => `sluice:index:${name}`).sort(),
    );
    for (const definition of functions) {
      const { inputs, outputs } = schema.functions[`sluice:index:${definition.name}`] ?? {};
      expect(Object.keys(inputs?.properties ?? {})).toEqual(Object.keys(functionFields(definition)));
      expect(Object.keys(outputs?.properties ?? {})).toEqual(Object.keys(definition.outputs.shape));
    }
  });

  it("has no type that a generated SDK would give the name of something else", () => {
    // The generators make classes of resources, and `…Args` and `…Result` of functions.
    const taken = [
      ...registry.map(({ name }) => name),
      ...functions.flatMap(({ name }) => {
        const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
        return [type, `${type}Args`, `${type}Result`];
      }),
    ];
    const names = Object.keys(schema.types).map((token) => token.split(":")[2] ?? "");
    expect(names.filter((name) => taken.includes(name))).toEqual([]);
  });

  it("shows nothing that the host or the framework keeps for itself", () => {
    for (const { place, properties } of propertyLists)
      for (const name of ["owner", "secretFingerprints", "__provider"])
        expect(name in properties, place).toBe(false);
  });

  it("says which settings are secret", () => {
    const secret = Object.entries(schema.config.variables).filter(([, type]) => type.secret === true);
    expect(secret.map(([name]) => name).sort()).toEqual(["environments", "password", "token"]);
  });
});
