import { createGraph } from "../../../flow/graph.js";
import { textOf } from "../../../flow/language/nodes.js";
import type { Dataset, FlowPackage } from "../../../flow/model.js";

/** The datasets that a recipe and everything upstream of it load, each once. */
export function upstreamDatasets(pkg: FlowPackage, nodeId: number): Dataset[] {
  const graph = createGraph(pkg);
  const wanted = new Set<number>();
  const seen = new Set<number>();
  const next = [nodeId];
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    const placed = graph.nodes.get(id);
    if (placed === undefined || seen.has(id)) continue;
    seen.add(id);
    for (const { task } of placed.recipe.steps) {
      const target = /^id:\/\/(\d+)$/.exec(textOf(task.parameters["location"]) ?? "")?.[1];
      if (task.type === "Load" && target !== undefined) wanted.add(Number(target));
    }
    const { sourceReferenceId } = placed.node;
    const publisher = sourceReferenceId === null ? undefined : graph.publisherOf(sourceReferenceId);
    next.push(...graph.inputsOf(id).map((edge) => edge.from));
    if (publisher !== undefined) next.push(publisher.node.id);
  }
  const datasets = new Map(
    pkg.flows.flatMap((flow) => flow.datasets.map((dataset) => [dataset.id, dataset] as const)),
  );
  return [...wanted].flatMap((id) => datasets.get(id) ?? []);
}
