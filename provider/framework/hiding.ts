import { hidingTexts } from "../client/hidden-texts.js";
import type { ResourceDefinition } from "./define-resource.js";
import { inputFields } from "./fields.js";
import { rulesOf } from "./field-rules.js";
import { resolveReference, SecretUnavailable } from "./secrets.js";

/** Where a value stands inside values, outermost key first. */
export type Path = readonly (string | number)[];

/** Values of a resource, and the places in them that a host knows to be secret. */
export interface Marked {
  readonly values: Readonly<Record<string, unknown>>;
  readonly secrets: readonly Path[];
}

/** Fields that the definition calls secret. */
export function secretFields(definition: ResourceDefinition): string[] {
  const fields = Object.entries(inputFields(definition));
  return fields.filter(([, field]) => rulesOf(field).secret !== undefined).map(([name]) => name);
}

/**
 * Makes texts fit to be printed: secrets of these values and what references in them point to are hidden, unless the
 * same values say them in clear as well.
 */
export function hiding(definition: ResourceDefinition, given: readonly Marked[]): (text: string) => string {
  const hidden = new Set<string>();
  const shown = new Set<string>();
  const always = secretFields(definition).map((name) => [name]);
  for (const { values, secrets } of given) collect(values, [...secrets, ...always], hidden, shown);
  return hidingTexts([...hidden].filter((text) => !shown.has(text)));
}

function collect(value: unknown, secrets: readonly Path[], hidden: Set<string>, shown: Set<string>): void {
  if (secrets.some((path) => path.length === 0)) return collectHidden(value, hidden);
  if (typeof value === "string" || typeof value === "number") {
    shown.add(String(value));
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    const below = secrets.filter(([first]) => String(first) === key).map((path) => path.slice(1));
    collect(member, below, hidden, shown);
  }
}

/** A reference to a secret names where it is, which is no secret; what stands there is one. */
function collectHidden(value: unknown, hidden: Set<string>): void {
  if (typeof value === "string" || typeof value === "number") hidden.add(String(value));
  if (typeof value !== "object" || value === null) return;
  const referred = readOrNothing(value);
  if (referred === undefined) Object.values(value).forEach((member) => collectHidden(member, hidden));
  else hidden.add(referred);
}

/** Empty where there is nothing: a message about that must not fail itself. */
function readOrNothing(value: object): string | undefined {
  try {
    return resolveReference(value);
  } catch (error) {
    if (error instanceof SecretUnavailable) return "";
    throw error;
  }
}
