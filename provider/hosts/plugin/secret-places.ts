import type { ResourceDefinition } from "../../framework/define-resource.js";
import { inputFields } from "../../framework/fields.js";
import { rulesOf } from "../../framework/field-rules.js";
import { FINGERPRINTS } from "../../framework/state.js";
import type { Decoded, Path } from "./values.js";

/**
 * Places that stay secret in everything that is told of the resource: what came as a secret, what the definition calls
 * one, fingerprints, and, as it may hold a secret's text, what is worked out of inputs among which there is a secret.
 */
export function secretsOf(definition: ResourceDefinition, { secrets }: Decoded): Path[] {
  const always = alwaysSecret(definition);
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

/** Shorter texts are in every message. */
const SHORTEST = 3;
/** A reference to a secret names where it is, which is no secret. */
const REFERENCES: readonly string[] = ["fromEnv", "fromFile"];

/** Makes texts fit to be printed: secrets of these values are hidden, unless the same values say them in clear as well. */
export function hiding(definition: ResourceDefinition, given: readonly Decoded[]): (text: string) => string {
  const hidden = new Set<string>();
  const shown = new Set<string>();
  for (const { values, secrets } of given) {
    const places = [...secrets, ...alwaysSecret(definition).map((name) => [name])];
    collect(values, places, hidden, shown);
  }
  const texts = [...hidden].filter((text) => text.length >= SHORTEST && !shown.has(text));
  // Longest first: one secret may be a part of another.
  const forms = texts.flatMap(formsOf).sort((a, b) => b.length - a.length);
  return (text) => forms.reduce((safe, form) => safe.replaceAll(form, "[secret]"), text);
}

function alwaysSecret(definition: ResourceDefinition): string[] {
  const fields = Object.entries(inputFields(definition));
  return fields.filter(([, field]) => rulesOf(field).secret !== undefined).map(([name]) => name);
}

function collect(value: unknown, secrets: readonly Path[], hidden: Set<string>, shown: Set<string>): void {
  if (secrets.some((path) => path.length === 0)) return collect(value, [], hidden, hidden);
  if (typeof value === "string" || typeof value === "number") {
    shown.add(String(value));
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (shown === hidden && REFERENCES.includes(key)) continue;
    const below = secrets.filter(([first]) => String(first) === key).map((path) => path.slice(1));
    collect(member, below, hidden, shown);
  }
}

/** As it stands in a sentence, in JSON and in a URL. */
function formsOf(text: string): string[] {
  // Through a buffer, as half of a surrogate pair cannot be encoded.
  const encoded = encodeURIComponent(Buffer.from(text).toString());
  return [...new Set([text, JSON.stringify(text).slice(1, -1), encoded, encoded.replaceAll("%20", "+")])];
}
