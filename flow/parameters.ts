import { suggestWord } from "./language/nearest-word.js";
import type { Flow, FlowPackage, JsonValue } from "./model.js";

/** A name for which a run gives a value and that no parameter has. */
export interface UnknownParameter {
  readonly name: string;
  /** In words for people, with the nearest name and those that there are. */
  readonly reason: string;
}

/** Names of a flow's parameters, those in its places and those that only steps use included; sorted, each once. */
export function parameterNames({ parameters, overrides, datasets, outputs, recipes }: Flow): string[] {
  const places = [...datasets, ...outputs.flatMap(({ files, tables }) => [...files, ...tables])];
  const named = [...parameters, ...overrides, ...places.flatMap((place) => place.parameters)];
  const used = recipes.flatMap(({ steps }) =>
    steps.flatMap(({ task }) => Object.values(task.parameters).flatMap(variablesIn)),
  );
  return [...new Set([...named.map(({ name }) => name), ...used])].sort();
}

/** Names of the parameters of all flows of a package; sorted, each once. */
export function packageParameters({ flows }: FlowPackage): string[] {
  return [...new Set(flows.flatMap(parameterNames))].sort();
}

/** Those of the names that no flow of the package knows: a run would pass them over without a word. */
export function unknownParameters(pkg: FlowPackage, names: readonly string[]): UnknownParameter[] {
  return unknownAmong(packageParameters(pkg), names, "the package");
}

/** The same where only the known names are at hand; `where` says in words what has them. */
export function unknownAmong(
  known: readonly string[],
  names: readonly string[],
  where: string,
): UnknownParameter[] {
  const there = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
  return names
    .filter((name) => !known.includes(name))
    .map((name) => ({
      name,
      reason: `${where} has no parameter of this name${suggestWord(name, known)}; ${there}`,
    }));
}

/** Parameters that an expression uses. `$col` is the current column. */
function variablesIn(value: JsonValue): string[] {
  if (typeof value !== "object" || value === null) return [];
  if ("kind" in value && value["kind"] === "variable") {
    const name = value["value"];
    return typeof name === "string" && name !== "col" ? [name] : [];
  }
  return Object.values(value).flatMap(variablesIn);
}
