import { createGraph, type PlacedNode } from "../graph.js";
import { suggestWord } from "../language/nearest-word.js";
import type { FlowPackage } from "../model.js";

/** No recipe has the name, or several have; the message lists the candidates. */
export class RecipeNotFound extends Error {
  override readonly name = "RecipeNotFound";
}

/**
 * The recipe or dataset of a name: its own, or `Flow name / recipe name`. The second recipe of one name in a flow is called
 * `name (2)`. Throws RecipeNotFound.
 */
export function findRecipe(pkg: FlowPackage, name: string): PlacedNode {
  const all = [...createGraph(pkg).nodes.values()];
  const found = all.filter((placed) => placed.name === name || fullRecipeName(placed) === name);
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  if (first === undefined) {
    const names = all.map((placed) => placed.name);
    const hint = suggestWord(name, names);
    throw new RecipeNotFound(
      `no recipe is named "${name}"${hint}; there are ${names.map((one) => `"${one}"`).join(", ")}`,
    );
  }
  throw new RecipeNotFound(
    `several recipes are named "${name}"; say which: ${found.map(fullRecipeName).join(", ")}`,
  );
}

/** `Flow name / recipe name`. */
export function fullRecipeName({ flow, name }: PlacedNode): string {
  return `${flow.name} / ${name}`;
}
