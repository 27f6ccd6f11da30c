import { createHash } from "node:crypto";
import type { Recipe } from "./model.js";
import { canonicalJson } from "./canonical.js";
import { writeStep, type StepNamer } from "./step-text.js";

/** A recipe's meaning, free of ids; what its steps refer to by id stands in lists, in order of first use. */
export interface RecipeDigest {
  /** SHA-256, hex, of the name, description, state, rules and steps. */
  readonly hash: string;
  /** Ids of the datasets that the steps load. */
  readonly datasetIds: readonly number[];
  readonly artifactIds: readonly number[];
  /** Side-input ports; their position here is their identity. */
  readonly ports: readonly number[];
  /** Tables that the recipe loads or names, its own included. */
  readonly tables: readonly string[];
}

const digests = new WeakMap<Recipe, RecipeDigest>();

/** Computes (once per recipe object) the digest of a recipe. Column lists are left out: exporters let them go stale. */
export function digestRecipe(recipe: Recipe): RecipeDigest {
  const known = digests.get(recipe);
  if (known !== undefined) return known;
  const tables = new Ordinals<string>();
  const ports = new Ordinals<number>();
  const datasets = new Ordinals<number>();
  const artifacts = new Ordinals<number>();
  const namer: StepNamer = {
    table: (name) => tables.of(name),
    port: (port) => ports.of(port),
    dataset: (id) => datasets.of(id),
    artifact: (id) => artifacts.of(id),
  };
  const loadedTables = new Set<string>();
  const hash = createHash("sha256");
  hash.update(
    canonicalJson([
      recipe.name,
      recipe.description ?? "",
      recipe.isActive,
      recipe.qualityRules.map((rule) => rule),
    ]),
  );
  for (const step of recipe.steps) hash.update(writeStep(step, namer, loadedTables));
  const digest: RecipeDigest = {
    hash: hash.digest("hex"),
    datasetIds: datasets.ids,
    artifactIds: artifacts.ids,
    ports: ports.ids,
    tables: tables.ids,
  };
  digests.set(recipe, digest);
  return digest;
}

/** Gives each new id the next ordinal. */
class Ordinals<Id> {
  readonly ids: Id[] = [];
  private readonly ordinals = new Map<Id, number>();

  of(id: Id): number {
    let ordinal = this.ordinals.get(id);
    if (ordinal === undefined) {
      ordinal = this.ids.length;
      this.ids.push(id);
      this.ordinals.set(id, ordinal);
    }
    return ordinal;
  }
}
