import type { z } from "zod";
import type { ResourceDefinition } from "../framework/define-resource.js";
import { rulesOf } from "../framework/field-rules.js";
import { typesReachedFrom } from "./schema.js";
import type { PackageSchema, SchemaObject, SchemaResource, SchemaType } from "./schema.js";
import { tokenOf } from "../framework/token.js";

/** The Node.js SDK for the dynamic host, file by file: typed classes over the schema's resources. */
export function toNodejsSdk(
  schema: PackageSchema,
  definitions: readonly ResourceDefinition[],
): Record<string, string> {
  const files: Record<string, string> = { "types.ts": toTypes(schema) };
  const exports: string[] = [];
  for (const definition of definitions) {
    const resource = schema.resources[tokenOf(definition.name)];
    if (resource === undefined) continue;
    const file = kebab(definition.name);
    files[`${file}.ts`] = toClass(definition, resource);
    exports.push(
      `export { ${definition.name} } from "./${file}.js";`,
      `export type { ${definition.name}Args } from "./${file}.js";`,
    );
  }
  files["index.ts"] = `${NOTICE}${exports.join("\n")}\nexport type * as types from "./types.js";\n`;
  return files;
}

const NOTICE = "// Generated from schema.json by `npm run generate`. Changes here are lost.\n\n";

/** Types of functions are left out: the dynamic host has none. */
function toTypes(schema: PackageSchema): string {
  const places = [
    schema.config.variables,
    ...Object.values(schema.resources).flatMap(({ inputProperties, properties }) => [
      inputProperties,
      properties,
    ]),
  ];
  const reached = typesReachedFrom(schema, places.flatMap(Object.values<SchemaType>));
  const used = Object.entries(schema.types).filter(([token]) => reached.has(token));
  const types = used.map(([token, type]) => {
    const name = token.split(":")[2] ?? token;
    return [
      comment(type.description, ""),
      `export interface ${name}Args {\n${members(type, "input")}\n}\n`,
      comment(type.description, ""),
      `export interface ${name} {\n${members(type, "output")}\n}\n`,
    ].join("");
  });
  return `${NOTICE}import type * as pulumi from "@pulumi/pulumi";\n\n${types.join("\n")}`;
}

function members(type: SchemaObject, side: "input" | "output"): string {
  return Object.entries(type.properties ?? {})
    .map(([name, property]) => {
      const isRequired =
        type.required?.includes(name) === true || (side === "output" && property.default !== undefined);
      const text =
        side === "input" ? `pulumi.Input<${typeText(property, "input")}>` : typeText(property, "output");
      return `${comment(property.description, "  ")}  ${side === "output" ? "readonly " : ""}${name}${isRequired ? "" : "?"}: ${text}${isRequired ? "" : " | undefined"};`;
    })
    .join("\n");
}

function toClass(definition: ResourceDefinition, resource: SchemaResource): string {
  const { name } = definition;
  const args = Object.entries(resource.inputProperties).map(([key, property]) => {
    const isRequired = resource.requiredInputs.includes(key);
    return `${comment(property.description, "  ")}  ${key}${isRequired ? "" : "?"}: pulumi.Input<${typeText(property, "input", "types.")}>${isRequired ? "" : " | undefined"};`;
  });
  const fields = Object.entries(resource.properties).map(([key, property]) => {
    const text = typeText(property, "output", "types.");
    const type = resource.required.includes(key) ? text : `${text} | undefined`;
    return `${comment(property.description, "  ")}  declare public readonly ${key}: pulumi.Output<${type}>;`;
  });
  const secrets = Object.entries(definition.inputs.shape as Record<string, z.ZodType>)
    .filter(([, field]) => rulesOf(field).secret !== undefined)
    .map(([key]) => key);
  const shape = {
    name,
    properties: Object.keys(resource.properties),
    secrets,
    fromResource: Object.fromEntries(
      Object.entries(resource.inputProperties).flatMap(([key, property]) =>
        property.$ref === RULE_SET ? [[key, ["connections", "values"]]] : [],
      ),
    ),
  };
  const usesTypes = [...fields, ...args].some((line) => line.includes("types."));
  const isOptional = resource.requiredInputs.length === 0;
  return `${NOTICE}import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../provider/index.js";
${usesTypes ? 'import type * as types from "./types.js";\n' : ""}
${comment(`${resource.description}\n\n@example\n${definition.examples.full}`, "")}export class ${name} extends DynamicResource {
${fields.join("\n")}

  constructor(name: string, args${isOptional ? "?" : ""}: ${name}Args, options?: pulumi.CustomResourceOptions) {
    super(${JSON.stringify(shape)}, name, { ...args }, options);
  }
}

/** Inputs of {@link ${name}}. */
export interface ${name}Args {
${args.join("\n")}
}
`;
}

const RULE_SET = "#/types/sluice:index:RuleSet";

function typeText(type: SchemaType, side: "input" | "output", prefix = ""): string {
  if (type.oneOf) return type.oneOf.map((option) => typeText(option, side, prefix)).join(" | ");
  if (type.$ref === "pulumi.json#/Asset") return "pulumi.asset.FileAsset";
  if (type.$ref === "pulumi.json#/Any") return "unknown";
  if (type.$ref !== undefined) {
    const name = `${prefix}${type.$ref.split(":")[2] ?? ""}`;
    return side === "input" ? `${name}Args` : name;
  }
  if (type.type === "array") {
    const item = type.items ? typeText(type.items, side, prefix) : "unknown";
    return side === "input" ? `pulumi.Input<${item}>[]` : item.includes(" ") ? `(${item})[]` : `${item}[]`;
  }
  if (type.type === "object") {
    const value = type.additionalProperties ? typeText(type.additionalProperties, side, prefix) : "unknown";
    return side === "input" ? `Record<string, pulumi.Input<${value}>>` : `Readonly<Record<string, ${value}>>`;
  }
  return type.type === "integer" ? "number" : (type.type ?? "unknown");
}

function comment(text: string | undefined, indent: string): string {
  if (text === undefined) return "";
  const lines = text.split("\n").map((line) => `${indent} * ${line}`.trimEnd());
  return lines.length === 1
    ? `${indent}/** ${text} */\n`
    : `${indent}/**\n${lines.join("\n")}\n${indent} */\n`;
}

function kebab(name: string): string {
  return name.replaceAll(/(?<!^)([A-Z])/g, "-$1").toLowerCase();
}
