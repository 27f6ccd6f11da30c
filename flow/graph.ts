import type { Flow, FlowEdge, FlowNode, FlowPackage, Recipe } from "./model.js";

/** A node with its recipe, its flow and the name that tells it apart from the flow's other recipes. */
export interface PlacedNode {
  readonly node: FlowNode;
  readonly flow: Flow;
  readonly recipe: Recipe;
  /** The recipe's name; the second of one name in a flow gets ` (2)`, and so on, by ascending node id. */
  readonly name: string;
}

/** Answers questions on a package's graph, each in constant time. */
export interface Graph {
  readonly nodes: ReadonlyMap<number, PlacedNode>;
  /** The nodes of a flow, by ascending id. */
  nodesOf(flow: Flow): readonly PlacedNode[];
  /** Edges that lead to a node, the primary input first, then by port. */
  inputsOf(nodeId: number): readonly FlowEdge[];
  /** The node that publishes a reference. */
  publisherOf(referenceId: number): PlacedNode | undefined;
  /** For a node's recipe: name of a loaded table (its Load's output) → name of the recipe, or of the open port, it comes from. */
  tableNames(nodeId: number): ReadonlyMap<string, string>;
}

/** Indexes a package that `readPackage` accepted. */
export function createGraph(pkg: FlowPackage): Graph {
  const recipes = new Map(
    pkg.flows.flatMap((flow) => flow.recipes.map((recipe) => [recipe.id, recipe] as const)),
  );
  const nodes = new Map<number, PlacedNode>();
  const nodesByFlow = new Map<Flow, PlacedNode[]>();
  const publishers = new Map<number, PlacedNode>();
  for (const flow of pkg.flows) {
    const uniqueName = createNamer();
    const placed: PlacedNode[] = [];
    for (const node of [...flow.nodes].sort((a, b) => a.id - b.id)) {
      const recipe = recipes.get(node.recipeId);
      if (recipe === undefined) continue;
      const one = { node, flow, recipe, name: uniqueName(recipe.name) };
      placed.push(one);
      nodes.set(node.id, one);
      if (node.referenceId !== null) publishers.set(node.referenceId, one);
    }
    nodesByFlow.set(flow, placed);
  }
  const inputs = indexInputs(pkg);
  const inputsOf = (nodeId: number) => inputs.get(nodeId) ?? [];
  return {
    nodes,
    nodesOf: (flow) => nodesByFlow.get(flow) ?? [],
    inputsOf,
    publisherOf: (referenceId) => publishers.get(referenceId),
    tableNames: (nodeId) => nameTables(nodes, nodeId, inputsOf(nodeId)),
  };
}

/** Names each thing of a list: the second of one name gets ` (2)`, the third ` (3)`. */
export function createNamer(): (name: string) => string {
  const taken = new Set<string>();
  return (name) => {
    let unique = name;
    for (let count = 2; taken.has(unique); count += 1) unique = `${name} (${count})`;
    taken.add(unique);
    return unique;
  };
}

function indexInputs(pkg: FlowPackage): Map<number, FlowEdge[]> {
  const inputs = new Map<number, FlowEdge[]>();
  for (const edge of pkg.flows.flatMap((flow) => flow.edges)) {
    const known = inputs.get(edge.to);
    if (known === undefined) inputs.set(edge.to, [edge]);
    else known.push(edge);
  }
  for (const edges of inputs.values()) edges.sort((a, b) => (a.port ?? -1) - (b.port ?? -1) || a.id - b.id);
  return inputs;
}

function nameTables(
  nodes: ReadonlyMap<number, PlacedNode>,
  nodeId: number,
  inputs: readonly FlowEdge[],
): Map<string, string> {
  const names = new Map<string, string>();
  const reader = nodes.get(nodeId);
  if (reader === undefined) return names;
  for (const step of reader.recipe.steps) {
    const { outputName } = step.task;
    if (step.task.type !== "Load" || step.port === null || outputName === null || outputName === "") continue;
    const edge = inputs.find((input) => input.port === step.port);
    const source = edge === undefined ? undefined : nodes.get(edge.from);
    if (source === undefined) names.set(outputName, `side input ${step.port}`);
    else
      names.set(
        outputName,
        source.flow === reader.flow ? source.name : `${source.flow.name} / ${source.name}`,
      );
  }
  return names;
}
