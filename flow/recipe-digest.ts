import { createHash } from "node:crypto";
import type { JsonObject, JsonValue, Recipe, Step } from "./model.js";
import { canonicalJson } from "./canonical.js";

/** A recipe's meaning, free of ids; what its steps refer to by id stands in lists, in order of first use. */
export interface RecipeDigest {
  /** SHA-256, hex, of the name, description, state, rules and steps. */
  readonly hash: string;
  /** Ids of the datasets that the steps load. */
  readonly datasetIds: readonly number[];
  readonly artifactIds: readonly number[];
  /** Side-input ports; their position here is their identity. */
  readonly ports: readonly number[];
}

const digests = new WeakMap<Recipe, RecipeDigest>();

/** Computes (once per recipe object) the digest of a recipe. Column lists are left out: exporters let them go stale. */
export function digestRecipe(recipe: Recipe): RecipeDigest {
  const known = digests.get(recipe);
  if (known !== undefined) return known;
  const writer = new StepWriter();
  const hash = createHash("sha256");
  hash.update(
    canonicalJson([
      recipe.name,
      recipe.description ?? "",
      recipe.isActive,
      recipe.qualityRules.map((rule) => rule),
    ]),
  );
  for (const step of recipe.steps) hash.update(writer.write(step));
  const digest: RecipeDigest = {
    hash: hash.digest("hex"),
    datasetIds: writer.datasets.ids,
    artifactIds: writer.artifacts.ids,
    ports: writer.ports.ids,
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

/** Parameters that hold nothing but an id of the exporting instance. */
export const ID_PARAMETERS: ReadonlySet<string> = new Set(["exampleMappingId"]);

/** The names that exporters give to loaded tables and to the recipe's own; other tables are known by their Load. */
export const TABLE_NAME = /^table_[0-9a-f]{40}$/;

/** What a step's text points to, when it points to something of the package: a side input, a dataset or an artifact. */
export function readPlace(
  text: string,
): { readonly kind: "portId" | "id" | "artifactId"; readonly id: number } | null {
  const found = /^(portId|artifactId|id):\/\/(\d+)$/.exec(text);
  if (found === null) return null;
  return { kind: found[1] as "portId" | "id" | "artifactId", id: Number(found[2]) };
}

/** Writes steps as canonical text in which ids and table names are ordinals of the recipe. */
class StepWriter {
  readonly datasets = new Ordinals<number>();
  readonly artifacts = new Ordinals<number>();
  readonly ports = new Ordinals<number>();
  private readonly tables = new Ordinals<string>();
  /** Names of loaded tables that are not of the usual form, for example `load_port_2`. */
  private readonly loadedTables = new Set<string>();

  write(step: Step): string {
    const { task } = step;
    const port = step.port === null ? "" : String(this.ports.of(step.port));
    const { outputName } = task;
    if (outputName !== null && outputName !== "" && task.type === "Load") this.loadedTables.add(outputName);
    let text = `\n${port} ${JSON.stringify(task.type)}`;
    for (const name of Object.keys(task.parameters).sort()) {
      const node = task.parameters[name];
      if (node === undefined || ID_PARAMETERS.has(name)) continue;
      text += ` ${JSON.stringify(name)}:${this.node(node)}`;
    }
    text += ` annotations:${this.node(task.annotations)} output:${this.text(outputName ?? "")}`;
    return task.as === undefined ? text : `${text} as:${this.value(task.as)}`;
  }

  private node(node: JsonObject): string {
    let text = "{";
    for (const key of Object.keys(node).sort()) text += `${quote(key)}:${this.value(node[key] ?? null)},`;
    return `${text}}`;
  }

  private value(value: JsonValue): string {
    if (typeof value === "string") return this.text(value);
    if (typeof value !== "object" || value === null) return String(value);
    if (!Array.isArray(value)) return this.node(value);
    let text = "[";
    for (const element of value) text += `${this.value(element)},`;
    return `${text}]`;
  }

  private text(value: string): string {
    // Cheap tests first: nearly all strings of a recipe are column names and words.
    const isTable = value.length === 46 && /^table_[0-9a-f]{40}$/.test(value);
    if (isTable || this.loadedTables.has(value)) return `table#${this.tables.of(value)}`;
    const place = value.includes("://") ? /^(portId|artifactId|id):\/\/(\d+)$/.exec(value) : null;
    if (place === null) return quote(value);
    const id = Number(place[2]);
    if (place[1] === "portId") return `port#${this.ports.of(id)}`;
    return place[1] === "id" ? `dataset#${this.datasets.of(id)}` : `artifact#${this.artifacts.of(id)}`;
  }
}

const quoted = new Map<string, string>();
const MAX_QUOTED = 4096;

/** Most strings of a recipe are the same few words; quoting each once saves a third of the time. */
function quote(text: string): string {
  let result = quoted.get(text);
  if (result === undefined) {
    result = JSON.stringify(text);
    if (quoted.size < MAX_QUOTED && text.length < 40) quoted.set(text, result);
  }
  return result;
}
