import { z } from "zod";
import type { ResourceDefinition } from "../../provider/framework/define-resource.js";
import { rulesOf } from "../../provider/framework/field-rules.js";
import { secretText } from "../../provider/framework/secret-text.js";
import type { Canaries } from "./canaries.js";

/** Where a secret lies that an input refers to. */
export interface ReferredSecret {
  readonly kind: "fromEnv" | "fromFile";
  /** Name of the variable or of the file. */
  readonly name: string;
  readonly canary: string;
}

/** Values for all secret inputs of a resource, and what the references in them are to point to. */
export interface SecretInputs {
  readonly values: Readonly<Record<string, unknown>>;
  readonly references: readonly ReferredSecret[];
}

/**
 * Canaries for every input that the definition calls secret, read out of its field rules: a new secret field is in every
 * search by itself. Undefined when there is none. Places end with `(literal)` or `(reference)`.
 */
export function secretInputs(definition: ResourceDefinition, canaries: Canaries): SecretInputs | undefined {
  const references: ReferredSecret[] = [];
  const shape = definition.inputs.shape as Record<string, z.ZodType>;
  const secret = Object.entries(shape).filter(([, field]) => rulesOf(field).secret !== undefined);
  const values = secret.map(([name, field]) => [
    name,
    valueOf(field, `${definition.name}.${name}`, canaries, references),
  ]);
  return secret.length === 0
    ? undefined
    : { values: Object.fromEntries(values) as Record<string, unknown>, references };
}

function valueOf(field: z.ZodType, place: string, canaries: Canaries, references: ReferredSecret[]): unknown {
  const at = (inner: z.ZodType, more = "") => valueOf(inner, place + more, canaries, references);
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault || field instanceof z.ZodNullable)
    return at(field.def.innerType as z.ZodType);
  if (field instanceof z.ZodString) return canaries.make(`${place} (literal)`);
  if (field instanceof z.ZodArray) return [at(field.def.element as z.ZodType)];
  if (field instanceof z.ZodObject)
    return Object.fromEntries(
      Object.entries(field.shape as Record<string, z.ZodType>).map(([name, member]) => [
        name,
        at(member, `.${name}`),
      ]),
    );
  if (field instanceof z.ZodRecord) {
    const member = field.def.valueType as z.ZodType;
    if (!isSecretText(member)) return { canary: at(member, ".canary") };
    return {
      literal: canaries.make(`${place}.literal (literal)`),
      fromEnv: refer("fromEnv", place, canaries, references),
      fromFile: refer("fromFile", place, canaries, references),
    };
  }
  if (isSecretText(field)) return refer("fromEnv", place, canaries, references);
  if (field instanceof z.ZodUnion) return at((field.def.options as z.ZodType[])[0] ?? z.never());
  throw new Error(`${place} is secret and of type ${field.type}: say here what a canary in it looks like`);
}

function isSecretText(field: z.ZodType): boolean {
  return field instanceof z.ZodUnion && field.def.options === secretText.def.options;
}

function refer(
  kind: ReferredSecret["kind"],
  place: string,
  canaries: Canaries,
  references: ReferredSecret[],
): Record<string, string> {
  const words = place.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const name = kind === "fromFile" ? `canary-${words}` : `canary-${words}`.replaceAll("-", "_").toUpperCase();
  references.push({ kind, name, canary: canaries.make(`${place}.${kind} (reference)`) });
  return { [kind]: name };
}
