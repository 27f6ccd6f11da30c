import { canonicalJson } from "../canonical.js";
import type { Recipe } from "../model.js";
import { digestRecipe } from "../recipe-digest.js";
import { contentKey } from "./fields.js";
import { byOwner, type OutputHead, type Tables } from "./tables.js";

/** What nodes are recognised by: all of their own content; name and kind alone; all content but the name. */
export type LabelFamily = "content" | "name" | "nameless";

/** A neighbour of a node in the graph. */
export interface Neighbour {
  /** Direction and kind of the connection. Side inputs are told apart by the order in which steps load them. */
  readonly role: string;
  /** The same, side inputs all alike: holds when a step that loads one is put in or taken out. */
  readonly looseRole: string;
  readonly node: number;
}

/** A package's graph, ready to be compared with another's. */
export interface GraphSide {
  readonly tables: Tables;
  readonly neighbours: ReadonlyMap<number, readonly Neighbour[]>;
  readonly outputsOf: ReadonlyMap<number, readonly OutputHead[]>;
}

/** Indexes one package. */
export function createSide(tables: Tables): GraphSide {
  const outputsOf = new Map<number, OutputHead[]>();
  for (const { value } of tables.outputs.values()) {
    outputsOf.set(value.nodeId, [...(outputsOf.get(value.nodeId) ?? []), value]);
  }
  return { tables, neighbours: linkNodes(tables), outputsOf };
}

function linkNodes(tables: Tables): Map<number, Neighbour[]> {
  const neighbours = new Map<number, Neighbour[]>();
  const link = (from: number, to: number, role: string, looseRole: string) => {
    for (const [node, neighbour] of [
      [from, { role: `out ${role}`, looseRole: `out ${looseRole}`, node: to }],
      [to, { role: `in ${role}`, looseRole: `in ${looseRole}`, node: from }],
    ] as const) {
      const list = neighbours.get(node);
      if (list === undefined) neighbours.set(node, [neighbour]);
      else list.push(neighbour);
    }
  };
  const publishers = publishersOf(tables);
  for (const { value: node } of tables.nodes.values()) {
    const publisher = node.sourceReferenceId === null ? undefined : publishers.get(node.sourceReferenceId);
    if (publisher !== undefined) link(publisher, node.id, "reference", "reference");
  }
  for (const { value: edge } of tables.edges.values()) {
    if (edge.port === null) {
      link(edge.from, edge.to, "primary", "primary");
      continue;
    }
    const recipe = tables.recipes.get(tables.nodes.get(edge.to)?.value.recipeId ?? Number.NaN)?.value;
    const ordinal = recipe === undefined ? -1 : digestRecipe(recipe).ports.indexOf(edge.port);
    link(edge.from, edge.to, `port ${ordinal}`, "port");
  }
  return neighbours;
}

/** Reference id → id of the node that publishes it. */
export function publishersOf(tables: Tables): Map<number, number> {
  const publishers = new Map<number, number>();
  for (const { value: node } of tables.nodes.values()) {
    if (node.referenceId !== null) publishers.set(node.referenceId, node.id);
  }
  return publishers;
}

/** A node's own content as text, without its place in the graph. */
export function ownContent(side: GraphSide, nodeId: number, family: LabelFamily): string {
  const { tables, outputsOf } = side;
  const node = tables.nodes.get(nodeId)?.value;
  const recipe = tables.recipes.get(node?.recipeId ?? Number.NaN)?.value;
  if (node === undefined || recipe === undefined) return "";
  if (family === "name") return canonicalJson([recipe.name, node.isWrangled]);
  const leftOut = family === "nameless" ? ["name", "parsingRecipeId"] : ["parsingRecipeId"];
  const digest = digestRecipe(family === "nameless" ? withoutName(recipe) : recipe);
  const reference = tables.references.get(node.referenceId ?? Number.NaN)?.value;
  return canonicalJson([
    digest.hash,
    node.isWrangled,
    digest.datasetIds.map((id) => {
      const dataset = tables.datasets.get(id)?.value;
      return dataset === undefined ? "?" : contentKey("datasets", dataset, ...leftOut);
    }),
    digest.artifactIds.map((id) => {
      const artifact = tables.artifacts.get(id)?.value;
      return artifact === undefined ? "?" : contentKey("artifacts", artifact);
    }),
    (outputsOf.get(nodeId) ?? []).map((output) => outputContent(tables, output)).sort(),
    reference === undefined ? "" : contentKey("references", reference),
  ]);
}

/** An output with all its targets as text. */
export function outputContent(tables: Tables, output: OutputHead, ...leftOut: readonly string[]): string {
  return canonicalJson([
    contentKey("outputs", output, ...leftOut),
    byOwner(tables.files, output.id)
      .map(({ value }) => contentKey("files", value))
      .sort(),
    byOwner(tables.tables, output.id)
      .map(({ value }) => contentKey("tables", value))
      .sort(),
    output.sqlScripts.map((script) => ({ ...script, id: 0 })),
  ]);
}

const nameless = new WeakMap<Recipe, Recipe>();

/** The same object for the same recipe, so that its digest is computed once. */
function withoutName(recipe: Recipe): Recipe {
  const known = nameless.get(recipe) ?? { ...recipe, name: "", description: null };
  nameless.set(recipe, known);
  return known;
}

/** Gives equal texts equal numbers, across both packages. */
export class Interner {
  private readonly numbers = new Map<string, number>();

  of(text: string): number {
    const number = this.numbers.get(text) ?? this.numbers.size;
    this.numbers.set(text, number);
    return number;
  }
}

/** Farther neighbours tell nodes apart in no package that we know. */
const MOST_ROUNDS = 12;

export type Labels = ReadonlyMap<number, number>;

/**
 * Labels for the nodes of both packages, one pair of maps per round: in round r, nodes of equal labels look alike as far
 * as r steps away. `flowName` tells flows apart, and is equal for partners.
 */
export function labelInRounds(
  sides: readonly [GraphSide, GraphSide],
  family: LabelFamily,
  flowName: (side: 0 | 1, flow: number) => string,
): (readonly [Labels, Labels])[] {
  const interner = new Interner();
  const start = (index: 0 | 1): Labels =>
    new Map(
      [...sides[index].tables.nodes].map(([id, { owner }]) => [
        id,
        interner.of(`${flowName(index, owner)} ${ownContent(sides[index], id, family)}`),
      ]),
    );
  const rounds: (readonly [Labels, Labels])[] = [[start(0), start(1)]];
  const countDistinct = ([left, right]: readonly [Labels, Labels]) =>
    new Set([...left.values(), ...right.values()]).size;
  for (let last = rounds[0]; last !== undefined && rounds.length <= MOST_ROUNDS;) {
    const refine = (index: 0 | 1, labels: Labels): Labels =>
      new Map(
        [...labels].map(([id, label]) => {
          const around = (sides[index].neighbours.get(id) ?? []).map(
            ({ role, looseRole, node }) =>
              `${family === "content" ? role : looseRole} ${String(labels.get(node))}`,
          );
          return [id, interner.of(`${String(label)} ${around.sort().join()}`)];
        }),
      );
    const next = [refine(0, last[0]), refine(1, last[1])] as const;
    if (countDistinct(next) === countDistinct(last)) break;
    rounds.push(next);
    last = next;
  }
  return rounds;
}
