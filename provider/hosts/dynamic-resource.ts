import * as pulumi from "@pulumi/pulumi";
import { findUnstorable, formatPath } from "../../flow/storable-text.js";
import { dynamicTypeOf, PROVIDER_KEY, trampolineOf } from "./dynamic-names.js";

/** What the generated classes tell about their resource beside its type. */
export interface ResourceShape {
  /** PascalCase name of the resource. */
  name: string;
  /** Inputs and outputs that the engine gives back. */
  properties: readonly string[];
  /** Inputs whose values are encrypted. */
  secrets: readonly string[];
  /** Inputs that take a resource in place of an object with the listed properties. */
  fromResource: Readonly<Record<string, readonly string[]>>;
}

/**
 * Base of the classes that programs use: a dynamic resource whose provider, as state keeps it, is one
 * constant line. Nothing is captured, so no secret and no code ever enters state, and an update of this
 * package needs no update of state.
 */
export abstract class DynamicResource extends pulumi.CustomResource {
  protected constructor(
    shape: ResourceShape,
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: pulumi.CustomResourceOptions | undefined,
  ) {
    const properties: Record<string, unknown> = {};
    const dependsOn: pulumi.Resource[] = [];
    for (const property of shape.properties) properties[property] = undefined;
    for (const [property, value] of Object.entries(args)) {
      if (value === undefined) continue;
      refuseUnstorable(`${shape.name} "${name}"`, property, value);
      const parts = shape.fromResource[property];
      const isStandIn = parts !== undefined && pulumi.Resource.isInstance(value);
      if (isStandIn) dependsOn.push(value);
      const input = isStandIn ? pick(value, parts) : value;
      properties[property] = shape.secrets.includes(property) ? pulumi.secret(input) : input;
    }
    properties.owner = `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;
    properties[PROVIDER_KEY] = trampolineOf(shape.name);
    super(
      dynamicTypeOf(shape.name),
      name,
      properties,
      pulumi.mergeOptions(options, {
        dependsOn,
        ...(shape.secrets.length > 0 && { additionalSecretOutputs: ["secretFingerprints"] }),
      }),
    );
    givenTo.set(this, args);
  }
}

/** On the way to the engine, Pulumi leaves out half of a character without a word: nobody behind it can refuse that. */
function refuseUnstorable(resource: string, property: string, value: unknown): void {
  const [first] = findUnstorable({ [property]: value });
  if (first === undefined) return;
  throw new pulumi.RunError(`${resource}: ${formatPath(first.path)} ${first.problem}; remove it`);
}

/** The arguments of the resources of this program. */
const givenTo = new WeakMap<pulumi.Resource, Readonly<Record<string, unknown>>>();

/**
 * What a resource that stands for an object says. Its arguments are taken rather than its outputs: before it
 * is made, an output with one unknown inside is unknown as a whole, and a first preview would show nothing.
 */
function pick(resource: pulumi.Resource, properties: readonly string[]): Record<string, unknown> {
  const source = givenTo.get(resource) ?? (resource as unknown as Record<string, unknown>);
  return Object.fromEntries(properties.map((property) => [property, source[property]]));
}
