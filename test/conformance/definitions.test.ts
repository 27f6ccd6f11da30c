import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { inputFields } from "../../provider/framework/fields.js";
import { rulesOf } from "../../provider/framework/field-rules.js";
import { findDefinition, registry } from "../../provider/registry.js";

const ROOT = join(__dirname, "..", "..");
const definitions = registry.map((definition) => ({ name: definition.name, definition }));

/** Every field with its path, also inside objects, lists, maps and unions. */
function fieldsIn(schema: z.ZodType, path: string): { path: string; field: z.ZodType }[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return fieldsIn(schema.def.innerType as z.ZodType, path);
  if (schema instanceof z.ZodArray) return fieldsIn(schema.def.element as z.ZodType, `${path}[]`);
  if (schema instanceof z.ZodRecord) return fieldsIn(schema.def.valueType as z.ZodType, `${path}{}`);
  if (schema instanceof z.ZodUnion)
    return (schema.def.options as z.ZodType[]).flatMap((option) => fieldsIn(option, path));
  if (!(schema instanceof z.ZodObject) || !(schema.def.catchall instanceof z.ZodNever)) return [];
  return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([name, field]) => [
    { path: `${path}.${name}`, field },
    ...fieldsIn(field, `${path}.${name}`),
  ]);
}

/** The description of a field, also when a wrapper of it has none. */
function describedAs(field: z.ZodType): string {
  if (field.description) return field.description;
  const inner = (field.def as { innerType?: z.ZodType }).innerType;
  return inner ? describedAs(inner) : "";
}

describe.each(definitions)("the definition of $name", ({ name, definition }) => {
  it("describes every input, at every depth, and every output", () => {
    const inputs = fieldsIn(z.strictObject(definition.inputs.shape), name);
    const outputs = Object.entries(definition.outputs.shape as Record<string, z.ZodType>).map(
      ([key, field]) => ({ path: `${name}.${key}`, field }),
    );
    expect(inputs.length).toBeGreaterThan(0);
    const undescribed = [...inputs, ...outputs].filter(
      ({ field }) => !/^[^a-z].*\S$/s.test(describedAs(field)),
    );
    expect(undescribed.map(({ path }) => path)).toEqual([]);
  });

  it("ends every description as a sentence ends", () => {
    const fields = fieldsIn(z.strictObject(definition.inputs.shape), name);
    expect(fields.filter(({ field }) => !/[.)]$/.test(describedAs(field))).map(({ path }) => path)).toEqual(
      [],
    );
  });

  it("gives a reason with every rule", () => {
    for (const [key, field] of Object.entries(inputFields(definition))) {
      const { replaceWhen, absentAs, refersTo: _, ...texts } = rulesOf(field);
      const inside = [replaceWhen, absentAs].flatMap((rule) => rule?.reason ?? []);
      const reasons = [...Object.values(texts), ...inside];
      for (const reason of reasons) expect(reason, key).toMatch(/^\S+ \S+/);
    }
  });

  it("refers only to what other resources have", () => {
    const broken = fieldsIn(z.strictObject(definition.inputs.shape), name).flatMap(({ path, field }) =>
      (rulesOf(field).refersTo ?? [])
        .filter(({ resource, output }) => {
          const fields = findDefinition(resource)?.inputs.shape;
          return fields === undefined || (output !== undefined && output !== "id" && !(output in fields));
        })
        .map(({ resource, output }) => `${path} → ${resource}.${String(output)}`),
    );
    expect(broken).toEqual([]);
  });

  it("has a name and an API that fit, and no field twice", () => {
    expect(name).toMatch(/^([A-Z][a-z]+)+$/);
    expect(definition.api).toContain("/v4/");
    const inputs = Object.keys(inputFields(definition));
    expect(Object.keys(definition.outputs.shape).filter((key) => inputs.includes(key))).toEqual([]);
  });
});

describe("the examples of the docs", () => {
  const options = ts.getParsedCommandLineOfConfigFile(
    join(ROOT, "tsconfig.json"),
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  )?.options;
  const host = ts.createCompilerHost(options ?? {});
  const readFromDisk = host.getSourceFile.bind(host);
  const sources = new Map<string, ts.SourceFile | undefined>();
  const file = join(ROOT, "sdk", "nodejs", "example-of-the-docs.ts");

  /** What the compiler says to a program of the example alone; the files that it imports are parsed once. */
  function problemsOf(example: string): string[] {
    const text = `import * as sluice from "./index.js";
declare const warehouse: sluice.Connection;
declare const deployment: sluice.Deployment;
declare const rules: sluice.ImportRules;
declare const release: sluice.Release;
${example}
`;
    host.getSourceFile = (name, version) => {
      if (name === file) return ts.createSourceFile(name, text, version);
      if (!sources.has(name)) sources.set(name, readFromDisk(name, version));
      return sources.get(name);
    };
    host.fileExists = (name) => name === file || ts.sys.fileExists(name);
    const program = ts.createProgram([file], { ...options, noEmit: true }, host);
    return [...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()].map((problem) =>
      ts.flattenDiagnosticMessageText(problem.messageText, "\n"),
    );
  }

  it.each(
    definitions.flatMap(({ name, definition }) =>
      (["minimal", "full"] as const).map((kind) => ({ name, kind, example: definition.examples[kind] })),
    ),
  )(
    "the $kind one of $name compiles",
    ({ name, example }) => {
      expect(example).toMatch(new RegExp(`^new sluice\\.${name}\\(`));
      expect(problemsOf(example)).toEqual([]);
    },
    60_000,
  );

  it("one with a misspelt or missing input would not", () => {
    expect(problemsOf(`new sluice.Deployment("a", { nam: "a" });`).join()).toContain("'nam' does not exist");
    expect(problemsOf(`new sluice.Deployment("a", {});`).join()).toContain("'name' is missing");
  }, 60_000);
});

describe("minimal examples", () => {
  it.each(definitions)("of $name hold exactly the required inputs", ({ definition }) => {
    const source = ts.createSourceFile("a.ts", definition.examples.minimal, ts.ScriptTarget.Latest);
    const given: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isNewExpression(node) && node.arguments?.[1] && ts.isObjectLiteralExpression(node.arguments[1]))
        for (const property of node.arguments[1].properties) given.push(property.name?.getText(source) ?? "");
      ts.forEachChild(node, visit);
    };
    ts.forEachChild(source, visit);
    const required = Object.entries(definition.inputs.shape as Record<string, z.ZodType>)
      .filter(([, field]) => !(field instanceof z.ZodOptional || field instanceof z.ZodDefault))
      .map(([key]) => key);
    expect(given.sort()).toEqual(required.sort());
  });
});
