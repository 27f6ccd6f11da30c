import type { ResourceDefinition } from "../../framework/define-resource.js";
import { inputFields } from "../../framework/fields.js";
import { rulesOf } from "../../framework/field-rules.js";
import { secretFields } from "../../framework/hiding.js";
import type { Marked, Path } from "../../framework/hiding.js";
import { FINGERPRINTS } from "../../framework/state.js";

/**
 * Places that stay secret in everything that is told of the resource: what came as a secret, what the definition calls
 * one, fingerprints, and, as it may hold a secret's text, what is worked out of inputs among which there is a secret.
 */
export function secretsOf(definition: ResourceDefinition, { secrets }: Marked): Path[] {
  const always = secretFields(definition);
  const following = Object.entries(inputFields(definition)).filter(
    ([, field]) => rulesOf(field).derived !== undefined,
  );
  return [
    ...always.map((name) => [name]),
    ...secrets.filter(([name]) => !always.some((known) => known === name)),
    [FINGERPRINTS],
    ...(secrets.length > 0 ? following.map(([name]) => [name]) : []),
  ];
}

/** The places when these fields hold other values: what was secret inside of one may now stand anywhere in it. */
export function widened(places: readonly Path[], fields: readonly string[]): Path[] {
  return places.map((path) => (fields.includes(String(path[0])) ? path.slice(0, 1) : path));
}

/** The field that a property path starts with. */
export function fieldOf(path: string): string {
  return path.split(/[.[]/)[0] ?? "";
}
