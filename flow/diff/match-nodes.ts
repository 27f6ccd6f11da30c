import type { Recipe } from "../model.js";
import { digestRecipe } from "../recipe-digest.js";
import { contentKey } from "./fields.js";
import { labelInRounds, type GraphSide, type Labels, type Neighbour } from "./labels.js";
import { similarity } from "./match-parts.js";
import { shorten, textWithoutNames } from "./step-keys.js";

/** Above this many possible pairs of look-alikes their neighbours are not weighed. */
const MOST_WEIGHED_PAIRS = 10_000;

/**
 * Finds the partners of nodes: after's node id → before's. `flows` holds the partners of flows; only nodes of partner
 * flows are partners. Nodes that look alike with far surroundings come first, then those with nearer ones, then those of
 * one name, then renamed ones, and last those that are similar or stand in one place.
 */
export function matchNodes(
  before: GraphSide,
  after: GraphSide,
  flows: ReadonlyMap<number, number>,
): Map<number, number> {
  return new NodeMatcher(before, after, flows).match();
}

class NodeMatcher {
  /** After's node → before's. */
  private readonly partners = new Map<number, number>();
  private readonly taken = new Set<number>();

  constructor(
    private readonly before: GraphSide,
    private readonly after: GraphSide,
    private readonly flows: ReadonlyMap<number, number>,
  ) {}

  match(): Map<number, number> {
    for (const family of ["content", "name", "nameless"] as const) {
      if (this.openAfter().length === 0) break;
      const rounds = labelInRounds([this.before, this.after], family, (side, flow) =>
        side === 0 ? String(flow) : String(this.flows.get(flow) ?? `new ${flow}`),
      );
      for (const [before, after] of rounds.reverse()) this.matchLabels(before, after);
    }
    this.matchSimilar();
    return this.partners;
  }

  private openAfter(): number[] {
    return [...this.after.tables.nodes.keys()].filter((id) => !this.partners.has(id));
  }

  private openBefore(): number[] {
    return [...this.before.tables.nodes.keys()].filter((id) => !this.taken.has(id));
  }

  private pair(before: number, after: number): void {
    this.partners.set(after, before);
    this.taken.add(before);
  }

  private matchLabels(beforeLabels: Labels, afterLabels: Labels): void {
    const groups = new Map<number, { before: number[]; after: number[] }>();
    for (const id of this.openBefore()) {
      const label = beforeLabels.get(id) ?? -1;
      const group = groups.get(label) ?? { before: [], after: [] };
      group.before.push(id);
      groups.set(label, group);
    }
    for (const id of this.openAfter()) groups.get(afterLabels.get(id) ?? -1)?.after.push(id);
    const possible = [...groups.values()].filter(({ after }) => after.length > 0);
    possible.sort((a, b) => a.before.length * a.after.length - b.before.length * b.after.length);
    for (const group of possible) {
      const isWeighed = group.before.length * group.after.length <= MOST_WEIGHED_PAIRS;
      for (;;) {
        const before = group.before.filter((id) => !this.taken.has(id));
        const after = group.after.filter((id) => !this.partners.has(id));
        const best = isWeighed ? this.bestPair(before, after) : firstPair(before, after);
        if (best === undefined) break;
        this.pair(best.before, best.after);
        this.spread(best.before, best.after, beforeLabels, afterLabels);
      }
    }
  }

  private bestPair(
    before: readonly number[],
    after: readonly number[],
  ): { before: number; after: number } | undefined {
    let best: { before: number; after: number } | undefined;
    let bestVotes = -1;
    for (const one of before) {
      for (const other of after) {
        const votes = this.countVotes(one, other);
        if (votes > bestVotes) {
          best = { before: one, after: other };
          bestVotes = votes;
        }
      }
    }
    return best;
  }

  /** How many neighbours of two nodes are partners in the same role. */
  private countVotes(before: number, after: number): number {
    const around = new Set(
      neighboursOf(this.before, before).map(({ looseRole, node }) => `${looseRole} ${node}`),
    );
    return neighboursOf(this.after, after).filter(({ looseRole, node }) =>
      around.has(`${looseRole} ${String(this.partners.get(node))}`),
    ).length;
  }

  /** A choice among look-alikes decides for their look-alike neighbours too. */
  private spread(before: number, after: number, beforeLabels: Labels, afterLabels: Labels): void {
    const open: [number, number][] = [[before, after]];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [one, other] = next;
      for (const { role, node } of neighboursOf(this.after, other)) {
        if (this.partners.has(node)) continue;
        const label = afterLabels.get(node);
        const twin = neighboursOf(this.before, one).find(
          (neighbour) =>
            neighbour.role === role &&
            !this.taken.has(neighbour.node) &&
            beforeLabels.get(neighbour.node) === label,
        );
        if (twin === undefined) continue;
        this.pair(twin.node, node);
        open.push([twin.node, node]);
      }
    }
  }

  private matchSimilar(): void {
    const openBefore = this.openBefore();
    if (openBefore.length === 0) return;
    const scores: { before: number; after: number; score: number }[] = [];
    const beforeByFlow = new Map<number, number[]>();
    for (const id of openBefore) {
      const flow = this.before.tables.nodes.get(id)?.owner ?? 0;
      beforeByFlow.set(flow, [...(beforeByFlow.get(flow) ?? []), id]);
    }
    for (const after of this.openAfter()) {
      const flow = this.flows.get(this.after.tables.nodes.get(after)?.owner ?? Number.NaN);
      const candidates = flow === undefined ? [] : (beforeByFlow.get(flow) ?? []);
      if (candidates.length > 100) continue;
      for (const before of candidates) {
        const score = this.scoreSimilarity(before, after);
        if (score >= 0.5) scores.push({ before, after, score });
      }
    }
    scores.sort((a, b) => b.score - a.score);
    for (const { before, after } of scores) {
      if (!this.taken.has(before) && !this.partners.has(after)) this.pair(before, after);
    }
  }

  private scoreSimilarity(before: number, after: number): number {
    const one = this.before.tables.nodes.get(before)?.value;
    const other = this.after.tables.nodes.get(after)?.value;
    if (one === undefined || other?.isWrangled !== one.isWrangled) return 0;
    const isSamePlace = this.isSamePlace(before, after);
    if (!one.isWrangled) {
      return isSamePlace ? 1 : Number(locationOf(this.before, before) === locationOf(this.after, after)) / 2;
    }
    const beforeSteps = visibleSteps(this.before.tables.recipes.get(one.recipeId)?.value);
    const afterSteps = visibleSteps(this.after.tables.recipes.get(other.recipeId)?.value);
    if (beforeSteps.length + afterSteps.length === 0) return isSamePlace ? 0.5 : 0;
    return similarity(beforeSteps, afterSteps) + (isSamePlace ? 0.25 : 0);
  }

  /** Whether two nodes have neighbours, and all of them are partners. */
  private isSamePlace(before: number, after: number): boolean {
    const count = neighboursOf(this.after, after).length;
    return (
      count > 0 &&
      count === neighboursOf(this.before, before).length &&
      this.countVotes(before, after) === count
    );
  }
}

function firstPair(
  before: readonly number[],
  after: readonly number[],
): { before: number; after: number } | undefined {
  const [one] = before;
  const [other] = after;
  return one === undefined || other === undefined ? undefined : { before: one, after: other };
}

function neighboursOf(side: GraphSide, node: number): readonly Neighbour[] {
  return side.neighbours.get(node) ?? [];
}

/** Where a dataset's node reads from; unlike any other's when it reads from nowhere. */
function locationOf({ tables }: GraphSide, node: number): string {
  const recipe = tables.recipes.get(tables.nodes.get(node)?.value.recipeId ?? Number.NaN)?.value;
  const [id] = recipe === undefined ? [] : digestRecipe(recipe).datasetIds;
  const dataset = tables.datasets.get(id ?? Number.NaN)?.value;
  if (dataset === undefined) return `nowhere, node ${node}`;
  return contentKey(
    "datasets",
    dataset,
    "name",
    "parsingRecipeId",
    "conversion",
    "hasTypeInference",
    "columns",
  );
}

function visibleSteps(recipe: Recipe | undefined): string[] {
  return (recipe?.steps ?? [])
    .filter((step) => step.task.type !== "Load")
    .map((step) => shorten(textWithoutNames(step)));
}
