import { createHash } from "node:crypto";
import type { Flow, FlowPackage, PathParameter } from "../../../flow/model.js";
import { mapStep } from "../../../flow/step-text.js";
import { createRandom } from "../random-package.js";

/**
 * The same package as another instance would export it: every id, port and generated table name is another, tables stand in
 * another order, and what is new in every export is new.
 */
export function exportElsewhere(pkg: FlowPackage, seed: number): FlowPackage {
  const random = createRandom(seed);
  const shuffle = <T>(list: readonly T[]): T[] =>
    list
      .map((value) => ({ value, key: random() }))
      .sort((a, b) => a.key - b.key)
      .map(({ value }) => value);
  const id = (old: number) => old * 3 + 100_001;
  const optional = (old: number | null) => (old === null ? null : id(old));
  const port = (old: number) => old + 40;
  const table = (name: string) =>
    /^table_[0-9a-f]{40}$/.test(name)
      ? `table_${createHash("sha1")
          .update(`${String(seed)} ${name}`)
          .digest("hex")}`
      : name;
  const parameters = (list: readonly PathParameter[]) =>
    shuffle(list).map((one) => ({ ...one, id: id(one.id) }));
  const target = <T extends { readonly id: number; readonly connectionId: number | null }>(value: T): T => ({
    ...value,
    id: id(value.id),
    connectionId: optional(value.connectionId),
  });
  const toFlow = (flow: Flow): Flow => ({
    ...flow,
    id: id(flow.id),
    nodes: shuffle(flow.nodes).map((node) => ({
      ...node,
      id: id(node.id),
      recipeId: id(node.recipeId),
      referenceId: optional(node.referenceId),
      sourceReferenceId: optional(node.sourceReferenceId),
    })),
    edges: shuffle(flow.edges).map((edge) => ({
      id: id(edge.id),
      from: id(edge.from),
      to: id(edge.to),
      port: edge.port === null ? null : port(edge.port),
    })),
    recipes: shuffle(flow.recipes).map((recipe) => {
      const loaded = new Set<string>();
      return {
        ...recipe,
        id: id(recipe.id),
        steps: recipe.steps.map((step) => mapStep(step, { table, port, dataset: id, artifact: id }, loaded)),
      };
    }),
    datasets: shuffle(flow.datasets).map((dataset) => ({
      ...target(dataset),
      parsingRecipeId: optional(dataset.parsingRecipeId),
      parameters: parameters(dataset.parameters),
    })),
    outputs: shuffle(flow.outputs).map((output) => ({
      ...output,
      id: id(output.id),
      nodeId: id(output.nodeId),
      files: shuffle(output.files).map((file) => ({
        ...target(file),
        parameters: parameters(file.parameters),
      })),
      tables: shuffle(output.tables).map((one) => ({
        ...target(one),
        parameters: parameters(one.parameters),
      })),
      sqlScripts: output.sqlScripts.map(target),
    })),
    parameters: shuffle(flow.parameters).map((one) => ({ ...one, id: id(one.id) })),
    overrides: shuffle(flow.overrides).map((one) => ({ ...one, id: id(one.id) })),
    references: shuffle(flow.references).map((one) => ({ ...one, id: id(one.id) })),
    webhooks: shuffle(flow.webhooks).map((webhook) => ({
      ...webhook,
      id: id(webhook.id),
      nodeIds: shuffle(webhook.nodeIds).map(id),
    })),
  });
  return {
    ...pkg,
    hash: `other ${seed}`,
    metadata: {
      ...pkg.metadata,
      uuid: `other ${seed}`,
      exportedAt: "2030-01-01T00:00:00.000Z",
      primaryFlowIds: pkg.metadata.primaryFlowIds.map(id),
    },
    flows: shuffle(pkg.flows).map(toFlow),
    connections: shuffle(pkg.connections).map((stub) => ({ ...stub, id: id(stub.id) })),
    artifacts: shuffle(pkg.artifacts).map((artifact) => ({ ...artifact, id: id(artifact.id) })),
  };
}
