import { createGraph, type PlacedNode } from "../graph.js";
import { suggestWord } from "../language/nearest-word.js";
import type { FlowPackage } from "../model.js";

/**
 * The recipe or dataset of a name: its own, or `Flow name / recipe name`. The second recipe of one name in a flow is called
 * `name (2)`. Throws Error that lists the candidates when there is none or more than one.
 */
export function findRecipe(pkg: FlowPackage, name: string): PlacedNode {
  const all = [...createGraph(pkg).nodes.values()];
  const fullName = (placed: PlacedNode): string => `${placed.flow.name} / ${placed.name}`;
  const found = all.filter((placed) => placed.name === name || fullName(placed) === name);
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  if (first === undefined) {
    const names = all.map((placed) => placed.name);
    const hint = suggestWord(name, names);
    throw new Error(
      `no recipe is named "${name}"${hint}; there are ${names.map((one) => `"${one}"`).join(", ")}`,
    );
  }
  throw new Error(`several recipes are named "${name}"; say which: ${found.map(fullName).join(", ")}`);
}
