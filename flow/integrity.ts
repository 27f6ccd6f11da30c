import type { Problems } from "./fields.js";
import type { Dataset, Flow, FlowPackage, Output } from "./model.js";

/** Reports everything that makes the parts of a package not fit together: broken references, repeated ids, no primary flow. */
export function checkIntegrity(pkg: FlowPackage, problems: Problems): void {
  const known = collectIds(pkg, problems);
  for (const flow of pkg.flows) {
    const place = `flow ${JSON.stringify(flow.name)}`;
    checkNodesAndEdges(flow, place, known, problems);
    for (const dataset of flow.datasets) checkDataset(dataset, place, known, problems);
    for (const output of flow.outputs) checkOutput(output, place, known, problems);
    for (const webhook of flow.webhooks) {
      for (const node of webhook.nodeIds) {
        if (!known.nodes.has(node)) {
          problems.add(
            "broken-reference",
            `${place}: webhook ${webhook.id} watches ${missing("node", node)}`,
          );
        }
      }
    }
  }
  checkPrimaryFlows(pkg, problems);
}

interface KnownIds {
  readonly nodes: ReadonlySet<number>;
  readonly recipes: ReadonlySet<number>;
  readonly connections: ReadonlySet<number>;
  readonly references: ReadonlySet<number>;
}

function missing(kind: string, id: number): string {
  return `${kind} ${id}, which is not in the package`;
}

/**
 * Nodes, edges and outputs are unique in a package. Recipes and datasets are unique in a flow only: two flows that read
 * one imported dataset both list it.
 */
function collectIds(pkg: FlowPackage, problems: Problems): KnownIds {
  const unique = (kind: string, ids: readonly number[]): Set<number> => {
    const seen = new Set<number>();
    for (const id of ids) {
      if (seen.has(id)) problems.add("duplicate-id", `two ${kind} have the id ${id}`);
      seen.add(id);
    }
    return seen;
  };
  unique(
    "flows",
    pkg.flows.map((flow) => flow.id),
  );
  for (const flow of pkg.flows) {
    const place = `flow ${JSON.stringify(flow.name)}`;
    unique(
      `recipes of ${place}`,
      flow.recipes.map((recipe) => recipe.id),
    );
    unique(
      `datasets of ${place}`,
      flow.datasets.map((dataset) => dataset.id),
    );
  }
  const every = <T>(list: (flow: Flow) => readonly T[]) => pkg.flows.flatMap(list);
  unique(
    "edges",
    every((flow) => flow.edges).map((edge) => edge.id),
  );
  unique(
    "outputs",
    every((flow) => flow.outputs).map((output) => output.id),
  );
  unique(
    "artifacts",
    pkg.artifacts.map((artifact) => artifact.id),
  );
  return {
    nodes: unique(
      "nodes",
      every((flow) => flow.nodes).map((node) => node.id),
    ),
    connections: unique(
      "connections",
      pkg.connections.map((connection) => connection.id),
    ),
    references: unique(
      "references",
      every((flow) => flow.references).map((reference) => reference.id),
    ),
    recipes: new Set(every((flow) => flow.recipes).map((recipe) => recipe.id)),
  };
}

function checkNodesAndEdges(flow: Flow, place: string, known: KnownIds, problems: Problems): void {
  for (const node of flow.nodes) {
    if (!known.recipes.has(node.recipeId)) {
      problems.add("broken-reference", `${place}: node ${node.id} uses ${missing("recipe", node.recipeId)}`);
    }
    if (node.referenceId !== null && !known.references.has(node.referenceId)) {
      problems.add(
        "broken-reference",
        `${place}: node ${node.id} publishes ${missing("reference", node.referenceId)}`,
      );
    }
    if (node.sourceReferenceId !== null && !known.references.has(node.sourceReferenceId)) {
      problems.add(
        "broken-reference",
        `${place}: node ${node.id} reads ${missing("reference", node.sourceReferenceId)}`,
      );
    }
  }
  for (const edge of flow.edges) {
    if (!known.nodes.has(edge.from)) {
      problems.add("broken-reference", `${place}: edge ${edge.id} comes from ${missing("node", edge.from)}`);
    }
    if (!known.nodes.has(edge.to)) {
      problems.add("broken-reference", `${place}: edge ${edge.id} leads to ${missing("node", edge.to)}`);
    }
  }
}

function checkDataset(dataset: Dataset, place: string, known: KnownIds, problems: Problems): void {
  const who = `${place}: dataset ${JSON.stringify(dataset.name)} (id ${dataset.id})`;
  const recipe = dataset.parsingRecipeId;
  if (recipe !== null && !known.recipes.has(recipe)) {
    problems.add("broken-reference", `${who} is parsed by ${missing("recipe", recipe)}`);
  }
  checkConnection(dataset.connectionId, who, known, problems);
}

function checkOutput(output: Output, place: string, known: KnownIds, problems: Problems): void {
  if (!known.nodes.has(output.nodeId)) {
    problems.add(
      "broken-reference",
      `${place}: output ${output.id} stands on ${missing("node", output.nodeId)}`,
    );
  }
  for (const [kind, targets] of [
    ["file", output.files],
    ["table", output.tables],
    ["SQL script", output.sqlScripts],
  ] as const) {
    for (const target of targets) {
      checkConnection(
        target.connectionId,
        `${place}: ${kind} ${target.id} of output ${output.id}`,
        known,
        problems,
      );
    }
  }
}

function checkConnection(id: number | null, who: string, known: KnownIds, problems: Problems): void {
  if (id !== null && !known.connections.has(id)) {
    problems.add("broken-reference", `${who} uses ${missing("connection", id)}`);
  }
}

function checkPrimaryFlows(pkg: FlowPackage, problems: Problems): void {
  const flows = new Set(pkg.flows.map((flow) => flow.id));
  if (pkg.metadata.primaryFlowIds.length === 0) {
    problems.add(
      "no-primary-flow",
      "metadata.primaryFlowIds: names no flow, so nothing says what was exported",
    );
  }
  for (const id of pkg.metadata.primaryFlowIds) {
    if (!flows.has(id))
      problems.add("no-primary-flow", `metadata.primaryFlowIds: names ${missing("flow", id)}`);
  }
}
