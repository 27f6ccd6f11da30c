import { z } from "zod";
import { settings, secretSettings } from "../config.js";
import type { FunctionDefinition } from "../framework/define-function.js";
import type { ResourceDefinition } from "../framework/define-resource.js";
import { commonInputs, listFields } from "../framework/fields.js";
import { nameOf, rulesOf } from "../framework/field-rules.js";
import { ProviderBug } from "../framework/define-resource.js";
import { functionFields } from "../framework/invocation.js";
import { tokenOf } from "../framework/token.js";

/** A type or property in Pulumi's package schema. */
export interface SchemaType {
  type?: "string" | "integer" | "number" | "boolean" | "array" | "object";
  $ref?: string;
  items?: SchemaType;
  additionalProperties?: SchemaType;
  oneOf?: SchemaType[];
  description?: string;
  default?: string | number | boolean;
  secret?: boolean;
  replaceOnChanges?: boolean;
}

export interface SchemaObject {
  type?: "object" | "string";
  description?: string;
  properties?: Record<string, SchemaType>;
  required?: string[];
  enum?: { value: string }[];
}

export interface SchemaResource {
  description: string;
  properties: Record<string, SchemaType>;
  required: string[];
  inputProperties: Record<string, SchemaType>;
  requiredInputs: string[];
  /** What the engine's own list of existing objects takes; only a resource with it can be listed. */
  listInputs: SchemaObject;
}

export interface SchemaFunction {
  description: string;
  inputs: SchemaObject;
  outputs: SchemaObject;
}

export interface PackageSchema {
  name: string;
  version: string;
  displayName: string;
  description: string;
  license: string;
  language: Record<string, unknown>;
  config: { variables: Record<string, SchemaType> };
  provider: { description: string; inputProperties: Record<string, SchemaType> };
  types: Record<string, SchemaObject>;
  resources: Record<string, SchemaResource>;
  functions: Record<string, SchemaFunction>;
}

/** What Pulumi's own generators are told; with the schema's version in an SDK, it asks for that version of the plugin. */
const sdkSettings = {
  nodejs: { packageName: "pulumi-sluice", respectSchemaVersion: true },
  python: {
    packageName: "pulumi_sluice",
    respectSchemaVersion: true,
    pyproject: { enabled: true },
    readme:
      "Sluice for Pulumi programs in Python: connections, deployments, import rules, releases and schedules.\n\n" +
      "It needs the plugin `pulumi-resource-sluice`, which the npm package pulumi-sluice brings.\n",
  },
  go: {
    modulePath: "github.com/sluice-dev/pulumi-sluice/sdk/go",
    importBasePath: "github.com/sluice-dev/pulumi-sluice/sdk/go/sluice",
    respectSchemaVersion: true,
  },
};

/** The Pulumi package schema of the definitions; everything that is generated starts from it. */
export function toSchema(
  definitions: readonly ResourceDefinition[],
  functions: readonly FunctionDefinition[],
  about: { version: string; description: string },
): PackageSchema {
  const types: Record<string, SchemaObject> = {};
  const variables = Object.fromEntries(
    Object.entries(settings.shape).map(([name, field]) => [
      name,
      {
        ...toSetting(field, pascal(name), types),
        ...(secretSettings.includes(name) && { secret: true }),
      },
    ]),
  );
  const resources = Object.fromEntries(
    definitions.map((definition) => [tokenOf(definition.name), toResource(definition, types)]),
  );
  const invocable = Object.fromEntries(
    functions.map((definition) => [tokenOf(definition.name), toFunction(definition, types)]),
  );
  return {
    name: "sluice",
    version: about.version,
    displayName: "Sluice",
    description: about.description,
    license: "Apache-2.0",
    language: sdkSettings,
    config: { variables },
    provider: { description: "Settings of the Sluice provider.", inputProperties: variables },
    types: Object.fromEntries(Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1))),
    resources,
    functions: invocable,
  };
}

/** Tokens of the named types that the given types lead to, the nearest first. */
export function typesReachedFrom(schema: PackageSchema, types: readonly SchemaType[]): Set<string> {
  const reached = new Set<string>();
  const visit = (type: SchemaType): void => {
    for (const inner of [type.items, type.additionalProperties, ...(type.oneOf ?? [])])
      if (inner) visit(inner);
    const token = type.$ref?.startsWith("#/types/") ? type.$ref.slice("#/types/".length) : undefined;
    if (token === undefined || reached.has(token)) return;
    reached.add(token);
    Object.values(schema.types[token]?.properties ?? {}).forEach(visit);
  };
  types.forEach(visit);
  return reached;
}

/**
 * A setting that may be text is text in the schema: what is not is handed over as JSON by the SDKs, quoted where it is
 * text. The other form is then its JSON.
 */
function toSetting(field: z.ZodType, place: string, types: Record<string, SchemaObject>): SchemaType {
  const { oneOf, ...property } = toProperty(field, place, types);
  if (oneOf === undefined) return property;
  return oneOf.some(({ type }) => type === "string")
    ? { type: "string", ...property }
    : { ...property, oneOf };
}

function toResource(definition: ResourceDefinition, types: Record<string, SchemaObject>): SchemaResource {
  const fields = Object.entries({ ...definition.inputs.shape, ...commonInputs } as Record<string, z.ZodType>);
  const settable = fields.filter(([, field]) => rulesOf(field).derived === undefined);
  const kept = [
    ...fields.filter(([, field]) => rulesOf(field).writeOnly === undefined),
    ...(Object.entries(definition.outputs.shape) as [string, z.ZodType][]),
  ];
  const property = ([name, field]: [string, z.ZodType]) =>
    [name, toProperty(field, `${definition.name}${pascal(name)}`, types)] as const;
  return {
    description: definition.description,
    properties: Object.fromEntries(kept.map(property)),
    required: kept.filter(([, field]) => !isOptional(field) || hasDefault(field)).map(([name]) => name),
    inputProperties: Object.fromEntries(settable.map(property)),
    requiredInputs: settable.filter(([, field]) => !isOptional(field)).map(([name]) => name),
    listInputs: toMembers(listFields, `${definition.name}List`, types),
  };
}

function toFunction(definition: FunctionDefinition, types: Record<string, SchemaObject>): SchemaFunction {
  const place = pascal(definition.name);
  const answered = definition.outputs.shape as Record<string, z.ZodType>;
  return {
    description: definition.description,
    inputs: toMembers(functionFields(definition), place, types),
    outputs: toMembers(answered, place, types),
  };
}

function toMembers(
  fields: Readonly<Record<string, z.ZodType>>,
  place: string,
  types: Record<string, SchemaObject>,
): SchemaObject {
  const members = Object.entries(fields);
  const required = members.filter(([, field]) => !isOptional(field)).map(([name]) => name);
  return {
    type: "object",
    properties: Object.fromEntries(
      members.map(([name, field]) => [name, toProperty(field, `${place}${pascal(name)}`, types)]),
    ),
    // Pulumi leaves an empty list out, and what it tells of the plugin's schema is to equal this file.
    ...(required.length > 0 && { required }),
  };
}

function toProperty(field: z.ZodType, place: string, types: Record<string, SchemaObject>): SchemaType {
  const rules = rulesOf(field);
  const value = field instanceof z.ZodDefault ? field.def.defaultValue : undefined;
  return {
    ...toType(field, place, types),
    ...(field.description !== undefined && { description: field.description }),
    ...(isScalar(value) && { default: value }),
    ...(rules.secret !== undefined && { secret: true }),
    ...(rules.immutable !== undefined && { replaceOnChanges: true }),
  };
}

/** The schema of a zod type; objects become named types of the package. */
function toType(field: z.ZodType, place: string, types: Record<string, SchemaObject>): SchemaType {
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault || field instanceof z.ZodNullable)
    return toType(field.def.innerType as z.ZodType, place, types);
  if (field instanceof z.ZodBoolean) return { type: "boolean" };
  if (field instanceof z.ZodNumber)
    return { type: field.def.checks?.some(isIntegerCheck) || isInteger(field) ? "integer" : "number" };
  if (
    field instanceof z.ZodEnum ||
    field instanceof z.ZodString ||
    field instanceof z.ZodStringFormat ||
    field instanceof z.ZodLiteral
  )
    return { type: "string" };
  if (field instanceof z.ZodAny) return { $ref: "pulumi.json#/Any" };
  if (field instanceof z.ZodArray)
    return { type: "array", items: toType(field.def.element as z.ZodType, place, types) };
  if (field instanceof z.ZodRecord)
    return { type: "object", additionalProperties: toType(field.def.valueType as z.ZodType, place, types) };
  if (field instanceof z.ZodUnion)
    return { oneOf: (field.def.options as z.ZodType[]).map((option) => toType(option, place, types)) };
  if (field instanceof z.ZodObject) return toObject(field, place, types);
  throw new ProviderBug(`${place} has a type that the schema cannot say: ${field.type}`);
}

function toObject(object: z.ZodObject, place: string, types: Record<string, SchemaObject>): SchemaType {
  // The engine's own form of an asset.
  if (!(object.def.catchall instanceof z.ZodNever) && object.def.catchall !== undefined)
    return { $ref: "pulumi.json#/Asset" };
  const name = nameOf(object) ?? place;
  const { description } = object;
  const members = toMembers(object.shape, name, types);
  types[tokenOf(name)] = { ...(description !== undefined && { description }), ...members };
  return { $ref: `#/types/${tokenOf(name)}` };
}

function isOptional(field: z.ZodType): boolean {
  return field instanceof z.ZodOptional || hasDefault(field);
}

function hasDefault(field: z.ZodType): boolean {
  return field instanceof z.ZodDefault;
}

function isInteger(field: z.ZodNumber): boolean {
  return field.format === "safeint";
}

function isIntegerCheck(check: unknown): boolean {
  const definition = (check as { _zod?: { def?: { format?: string } } })._zod?.def;
  return definition?.format === "safeint";
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
