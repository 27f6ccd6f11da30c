import { LanguageError } from "./language/parse.js";
import { suggestWord } from "./language/nearest-word.js";
import type { FlowEdge, Recipe, Step } from "./model.js";
import type { SourcePath, SourceProblems } from "./source-error.js";
import type { DatasetSource, FlowSource, PackageSource } from "./source-format.js";
import {
  bindTables,
  parsingLoad,
  parsingSteps,
  plainStep,
  primaryLoad,
  readSourceStep,
  sideLoad,
  withHeaderNames,
} from "./source-steps.js";

/** A dataset, recipe or reference that steps can read, with the ids it gets. */
export interface PlannedNode {
  readonly name: string;
  readonly nodeId: number;
  readonly recipeId: number;
  /** Set for a dataset. */
  readonly datasetId: number | null;
  /** Set for a node that stands for a reference of another flow. */
  readonly sourceReferenceId: number | null;
}

/** One flow's names with their ids. `readers` fills while recipes name references of other flows. */
export interface FlowPlan {
  readonly source: FlowSource;
  readonly path: SourcePath;
  readonly flowId: number;
  readonly nodes: ReadonlyMap<string, PlannedNode>;
  readonly references: ReadonlyMap<string, number>;
  readonly readers: Map<string, PlannedNode>;
}

/** Gives each object its id: counting from 1 through the source, so that equal sources give equal packages. */
export function createIds(): () => number {
  let last = 0;
  return () => (last += 1);
}

/** Gives ids to everything that has a name in a flow. */
export function planFlows(source: PackageSource, nextId: () => number, problems: SourceProblems): FlowPlan[] {
  const names = new Set<string>();
  return source.flows.map((flow, index) => {
    const path: SourcePath = ["flows", index];
    if (names.has(flow.name)) problems.add([...path, "name"], `there is another flow named "${flow.name}"`);
    names.add(flow.name);
    const nodes = new Map<string, PlannedNode>();
    const flowId = nextId();
    const plan = (name: string, datasetId: number | null): PlannedNode => ({
      name,
      nodeId: nextId(),
      recipeId: nextId(),
      datasetId,
      sourceReferenceId: null,
    });
    for (const name of Object.keys(flow.datasets)) nodes.set(name, plan(name, nextId()));
    for (const name of Object.keys(flow.recipes)) {
      if (nodes.has(name))
        problems.add([...path, "recipes", name], "a dataset of the flow has the same name");
      nodes.set(name, plan(name, null));
    }
    const references = new Map(Object.keys(flow.references).map((name) => [name, nextId()]));
    return { source: flow, path, flowId, nodes, references, readers: new Map<string, PlannedNode>() };
  });
}

/** Builds the recipes and edges of one flow. */
export class RecipeBuilder {
  readonly edges: FlowEdge[] = [];

  constructor(
    private readonly plan: FlowPlan,
    private readonly plans: readonly FlowPlan[],
    private readonly nextId: () => number,
    private readonly problems: SourceProblems,
  ) {}

  /** The parsing recipe of a dataset. */
  datasetRecipe(name: string, source: DatasetSource, node: PlannedNode): Recipe {
    const path = [...this.plan.path, "datasets", name];
    const steps = [parsingLoad(node.datasetId ?? 0, source)];
    if ("parse" in source) {
      for (const line of parsingSteps(source)) {
        steps.push(plainStep(withHeaderNames(readSourceStep(line).task, source.columns)));
      }
    } else if ("steps" in source) {
      source.steps.forEach((line, index) => {
        const read = this.readStep(line, [...path, "steps", index]);
        if (read?.side != null) {
          this.problems.add(
            [...path, "steps", index],
            "a parsing step reads one file: move this step into a recipe",
          );
        } else if (read !== null) steps.push(plainStep(read.task));
      });
    }
    return toRecipe(node, null, steps);
  }

  /** A user's recipe with its hidden Loads, one more before each step that reads a side table. */
  recipe(name: string, source: FlowSource["recipes"][string], node: PlannedNode): Recipe {
    const path = [...this.plan.path, "recipes", name];
    const input = this.resolve(source.from, [...path, "from"]);
    const steps = [primaryLoad(`original_datasource_${String(input?.datasetId ?? input?.nodeId ?? 0)}`)];
    if (input !== null) this.connect(input, node, null);
    let lastPort = 0;
    source.steps.forEach((line, index) => {
      const read = this.readStep(line, [...path, "steps", index]);
      if (read === null) return;
      if (read.side === null) return void steps.push(plainStep(read.task));
      const side = this.resolve(read.side, [...path, "steps", index]);
      if (side === null) return;
      lastPort += 1;
      this.connect(side, node, lastPort);
      steps.push(sideLoad(lastPort), plainStep(bindTables(read.task, read.side, lastPort, index)));
    });
    return toRecipe(node, source.description ?? null, steps);
  }

  /** The recipe of a node that stands for another flow's reference: nothing but its input. */
  readerRecipe(node: PlannedNode): Recipe {
    return toRecipe(node, null, [primaryLoad(`original_datasource_${String(node.nodeId)}`)]);
  }

  private connect(from: PlannedNode, to: PlannedNode, port: number | null): void {
    this.edges.push({ id: this.nextId(), from: from.nodeId, to: to.nodeId, port });
  }

  private readStep(line: string, path: SourcePath): ReturnType<typeof readSourceStep> | null {
    try {
      return readSourceStep(line);
    } catch (error) {
      if (!(error instanceof LanguageError)) throw error;
      this.problems.add(path, error.message);
      return null;
    }
  }

  private resolve(name: string, path: SourcePath): PlannedNode | null {
    const here = this.plan.nodes.get(name) ?? this.plan.readers.get(name);
    if (here !== undefined) return here;
    for (const other of this.plans) {
      if (other === this.plan) continue;
      for (const [reference, sourceReferenceId] of other.references) {
        if (`${other.source.name} / ${reference}` !== name) continue;
        const ids = { nodeId: this.nextId(), recipeId: this.nextId() };
        const reader = { name, ...ids, datasetId: null, sourceReferenceId };
        this.plan.readers.set(name, reader);
        return reader;
      }
    }
    const hint = suggestWord(name, this.knownNames());
    this.problems.add(path, `no dataset, recipe or reference is named "${name}"${hint}`);
    return null;
  }

  private knownNames(): string[] {
    const others = this.plans.filter((other) => other !== this.plan);
    const references = others.flatMap((other) =>
      [...other.references.keys()].map((reference) => `${other.source.name} / ${reference}`),
    );
    return [...this.plan.nodes.keys(), ...references];
  }
}

function toRecipe(node: PlannedNode, description: string | null, steps: readonly Step[]): Recipe {
  return { id: node.recipeId, name: node.name, description, isActive: true, steps, qualityRules: [] };
}

/** Reports recipes that read their own rows through others, within a flow or across flows. */
export function checkCycles(
  edges: readonly FlowEdge[],
  plans: readonly FlowPlan[],
  problems: SourceProblems,
): void {
  const publishers = new Map(
    plans.flatMap((plan) =>
      [...plan.references].map(([name, id]): [number, number | undefined] => [
        id,
        plan.nodes.get(plan.source.references[name]?.recipe ?? "")?.nodeId,
      ]),
    ),
  );
  const inputs = new Map<number, number[]>();
  const add = (to: number, from: number): void => void inputs.set(to, [...(inputs.get(to) ?? []), from]);
  for (const edge of edges) add(edge.to, edge.from);
  for (const reader of plans.flatMap((plan) => [...plan.readers.values()])) {
    const publisher = publishers.get(reader.sourceReferenceId ?? 0);
    if (publisher !== undefined) add(reader.nodeId, publisher);
  }
  for (const plan of plans) {
    for (const node of plan.nodes.values()) {
      if (!reaches(node.nodeId, inputs)) continue;
      problems.add(
        [...plan.path, "recipes", node.name],
        "reads its own rows, directly or through other recipes",
      );
      return;
    }
  }
}

function reaches(start: number, inputs: ReadonlyMap<number, readonly number[]>): boolean {
  const seen = new Set<number>();
  const open = [...(inputs.get(start) ?? [])];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node === start) return true;
    if (seen.has(node)) continue;
    seen.add(node);
    open.push(...(inputs.get(node) ?? []));
  }
  return false;
}
