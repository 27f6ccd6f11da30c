import { canonicalJson, sha256, without } from "./canonical.js";
import type { ConnectionStub, Dataset, Flow, FlowNode, FlowPackage, Output, PathParameter } from "./model.js";
import { digestRecipe } from "./recipe-digest.js";
import type { ImportRules } from "./rule-types.js";
import type { RuledPackage } from "./rules.js";

/**
 * SHA-256 (64 hex digits) of what a package means. Two exports of one unchanged flow have the same digest: ids, uuids,
 * times, checksums, versions, file names, and the order of tables and keys do not count; the order of steps does.
 */
export function contentDigest(pkg: FlowPackage): string {
  let content = contentDigests.get(pkg);
  if (content === undefined) {
    content = digest(pkg, ({ uuid, name, type, vendor }) =>
      canonicalJson([uuid.toLowerCase(), name, type, vendor]),
    );
    contentDigests.set(pkg, content);
  }
  return content;
}

const contentDigests = new WeakMap<FlowPackage, string>();

/** SHA-256 (64 hex digits) of import rules in their order. */
export function rulesFingerprint(rules: ImportRules): string {
  return sha256(
    canonicalJson([
      rules.connections.map((rule) => [rule.on, rule.with]),
      rules.values.map((rule) => [rule.type, rule.on, rule.with]),
    ]),
  );
}

/**
 * Whether the package that a platform exports back is this package after these rules. The platform's package has local
 * ids, and its connection stubs carry the platform's own connection ids. A connection without a rule is expected at its
 * local twin with the same uuid.
 */
export function isSameContent(ruled: RuledPackage, exported: FlowPackage): boolean {
  const localIdOfUuid = new Map(exported.connections.map((stub) => [stub.uuid.toLowerCase(), stub.id]));
  const expected = digest(ruled.package, (stub) => {
    const target = ruled.connectionTargets.get(stub.id) ?? localIdOfUuid.get(stub.uuid.toLowerCase());
    return target === undefined ? `uuid ${stub.uuid}` : `id ${target}`;
  });
  return expected === digest(exported, (stub) => `id ${stub.id}`);
}

type ConnectionLabel = (id: number | null) => string;

function digest(pkg: FlowPackage, describeConnection: (stub: ConnectionStub) => string): string {
  const connections = new Map(pkg.connections.map((stub) => [stub.id, describeConnection(stub)]));
  const connectionLabel: ConnectionLabel = (id) => (id === null ? "" : (connections.get(id) ?? "?"));
  const labels = labelNodes(pkg, connectionLabel);
  return sha256(sorted(pkg.flows.map((flow) => describeFlow(flow, labels, connectionLabel))).join("\n"));
}

type Labels = ReadonlyMap<number, string>;

/**
 * Gives each node a label that depends on its content and on the whole graph around it, and on no id: start from the
 * content, then take in the neighbours' labels again and again, until no two nodes are told apart any further.
 */
function labelNodes(pkg: FlowPackage, connectionLabel: ConnectionLabel): Labels {
  const neighbours = linkNodes(pkg);
  let labels: Labels = startLabels(pkg, connectionLabel);
  for (let distinct = 0; distinct < new Set(labels.values()).size;) {
    distinct = new Set(labels.values()).size;
    const before = labels;
    labels = new Map(
      [...before].map(([id, label]) => {
        const around = (neighbours.get(id) ?? []).map(
          ({ role, node }) => `${role} ${before.get(node) ?? "?"}`,
        );
        return [id, sha256(`${label}\n${sorted(around).join("\n")}`)];
      }),
    );
  }
  return labels;
}

function startLabels(pkg: FlowPackage, connectionLabel: ConnectionLabel): Map<number, string> {
  const recipes = new Map(
    pkg.flows.flatMap((flow) => flow.recipes.map((recipe) => [recipe.id, recipe] as const)),
  );
  const datasets = new Map(
    pkg.flows.flatMap((flow) => flow.datasets.map((dataset) => [dataset.id, dataset] as const)),
  );
  const artifacts = new Map(
    pkg.artifacts.map((artifact) => [artifact.id, `${artifact.type} ${artifact.content}`]),
  );
  const outputs = new Map<number, string[]>();
  for (const output of pkg.flows.flatMap((flow) => flow.outputs)) {
    const described = outputs.get(output.nodeId) ?? [];
    described.push(describeOutput(output, connectionLabel));
    outputs.set(output.nodeId, described);
  }
  const labels = new Map<number, string>();
  for (const flow of pkg.flows) {
    const references = new Map(flow.references.map((reference) => [reference.id, reference]));
    for (const node of flow.nodes) {
      const recipe = recipes.get(node.recipeId);
      const content = recipe === undefined ? null : digestRecipe(recipe);
      const reference = node.referenceId === null ? undefined : references.get(node.referenceId);
      const loaded = (content?.datasetIds ?? []).map((id) => {
        const dataset = datasets.get(id);
        return dataset === undefined ? "?" : describeDataset(dataset, connectionLabel);
      });
      labels.set(
        node.id,
        sha256(
          canonicalJson([
            content?.hash ?? "?",
            node.isWrangled,
            loaded,
            (content?.artifactIds ?? []).map((id) => artifacts.get(id) ?? "?"),
            sorted(outputs.get(node.id) ?? []),
            reference === undefined ? "" : [reference.name, reference.description ?? ""],
          ]),
        ),
      );
    }
  }
  return labels;
}

interface Neighbour {
  /** Direction and port; ports are named by their ordinal in the reading recipe. */
  readonly role: string;
  readonly node: number;
}

function linkNodes(pkg: FlowPackage): Map<number, Neighbour[]> {
  const nodes = new Map(pkg.flows.flatMap((flow) => flow.nodes.map((node) => [node.id, node] as const)));
  const recipes = new Map(
    pkg.flows.flatMap((flow) => flow.recipes.map((recipe) => [recipe.id, recipe] as const)),
  );
  const neighbours = new Map<number, Neighbour[]>();
  const link = (from: number, to: number, role: string) => {
    for (const [node, neighbour] of [
      [from, { role: `out ${role}`, node: to }],
      [to, { role: `in ${role}`, node: from }],
    ] as const) {
      const list = neighbours.get(node);
      if (list === undefined) neighbours.set(node, [neighbour]);
      else list.push(neighbour);
    }
  };
  const publishers = new Map<number, FlowNode>();
  for (const node of nodes.values()) if (node.referenceId !== null) publishers.set(node.referenceId, node);
  for (const node of nodes.values()) {
    const publisher = node.sourceReferenceId === null ? undefined : publishers.get(node.sourceReferenceId);
    if (publisher !== undefined) link(publisher.id, node.id, "reference");
  }
  for (const edge of pkg.flows.flatMap((flow) => flow.edges)) {
    const recipe = recipes.get(nodes.get(edge.to)?.recipeId ?? Number.NaN);
    const ordinal =
      edge.port === null || recipe === undefined ? -1 : digestRecipe(recipe).ports.indexOf(edge.port);
    link(edge.from, edge.to, edge.port === null ? "primary" : `port ${ordinal}`);
  }
  return neighbours;
}

function describeFlow(flow: Flow, labels: Labels, connectionLabel: ConnectionLabel): string {
  const label = (node: number) => labels.get(node) ?? "?";
  const usedRecipes = new Set(flow.nodes.map((node) => node.recipeId));
  const recipes = new Map(flow.recipes.map((recipe) => [recipe.id, recipe]));
  const parsing = (dataset: Dataset) => {
    const recipe = dataset.parsingRecipeId === null ? undefined : recipes.get(dataset.parsingRecipeId);
    return recipe === undefined ? "" : digestRecipe(recipe).hash;
  };
  return canonicalJson([
    flow.name,
    flow.description ?? "",
    flow.isPrimary,
    flow.settings ?? {},
    sorted(flow.nodes.map((node) => label(node.id))),
    sorted(
      flow.recipes.filter((recipe) => !usedRecipes.has(recipe.id)).map((recipe) => digestRecipe(recipe).hash),
    ),
    sorted(
      flow.datasets.map((dataset) => `${describeDataset(dataset, connectionLabel)} ${parsing(dataset)}`),
    ),
    sorted(flow.parameters.map(({ name, value }) => canonicalJson([name, value]))),
    sorted(flow.overrides.map(({ name, value }) => canonicalJson([name, value]))),
    sorted(flow.references.map(({ name, description }) => canonicalJson([name, description ?? ""]))),
    sorted(
      flow.webhooks.map((webhook) =>
        canonicalJson([without(webhook, "id", "nodeIds"), sorted(webhook.nodeIds.map(label))]),
      ),
    ),
  ]);
}

function describeDataset(dataset: Dataset, connectionLabel: ConnectionLabel): string {
  return canonicalJson([
    // The size of a file tells nothing about the flow that reads it.
    { ...without(dataset, "id", "parsingRecipeId", "connectionId", "parameters"), size: null },
    connectionLabel(dataset.connectionId),
    describeParameters(dataset.parameters),
  ]);
}

function describeOutput(output: Output, connectionLabel: ConnectionLabel): string {
  return canonicalJson([
    { ...without(output, "id", "nodeId", "files", "tables", "sqlScripts"), options: output.options ?? {} },
    sorted(
      output.files.map((file) =>
        canonicalJson([
          without(file, "id", "connectionId", "parameters"),
          connectionLabel(file.connectionId),
          describeParameters(file.parameters),
        ]),
      ),
    ),
    sorted(
      output.tables.map((table) =>
        canonicalJson([
          { ...without(table, "id", "connectionId", "parameters"), options: table.options ?? {} },
          connectionLabel(table.connectionId),
          describeParameters(table.parameters),
        ]),
      ),
    ),
    // Scripts run in their order.
    output.sqlScripts.map((script) => [
      without(script, "id", "connectionId"),
      connectionLabel(script.connectionId),
    ]),
  ]);
}

function describeParameters(parameters: readonly PathParameter[]): string[] {
  return sorted(
    parameters.map(({ type, name, value, insertions }) =>
      canonicalJson([type, name, value, insertions.map(({ index, order }) => [index, order])]),
    ),
  );
}

function sorted(texts: readonly string[]): string[] {
  return [...texts].sort();
}
