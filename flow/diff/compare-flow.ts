import { canonicalJson } from "../canonical.js";
import { isHidden, printStep } from "../language/print.js";
import type { Dataset, FlowNode, Recipe } from "../model.js";
import { describeDataset } from "../places.js";
import type { Change, Edit } from "./changes.js";
import {
  addAdded,
  addChanged,
  addRemoved,
  compareObject,
  compareRows,
  joinDifferences,
  putEdit,
  removeEdit,
  setEdit,
  type Comparison,
  type Difference,
} from "./comparison.js";
import { compareOutputs } from "./compare-outputs.js";
import { publishersOf } from "./labels.js";
import { compareSteps } from "./step-changes.js";
import { byOwner, type Row } from "./tables.js";
import type { DescribedSide } from "./texts.js";

/** Compares a flow that both packages have. */
export function compareFlow(comparison: Comparison, flow: number): void {
  const { after } = comparison;
  const name = after.flowNames.get(flow) ?? "?";
  addChanged(comparison, "flow", [name], compareObject(comparison, "flows", flow));
  for (const [table, object] of [
    ["parameters", "parameter"],
    ["overrides", "override"],
  ] as const) {
    compareRows(comparison, table, object, idsOf(comparison, table, flow), (id, side) => [
      name,
      side.tables[table].get(id)?.value.name ?? "?",
    ]);
  }
  compareNodes(comparison, flow);
  compareLooseParts(comparison, flow);
  for (const id of idsOf(comparison, "nodes", flow).before) {
    if (after.tables.nodes.has(id)) compareNodeSteps(comparison, id);
  }
  compareOutputs(comparison, flow);
  compareReferences(comparison, flow);
  compareRows(comparison, "webhooks", "webhook", idsOf(comparison, "webhooks", flow), (id, side) => [
    name,
    side.tables.webhooks.get(id)?.value.name ?? "?",
  ]);
}

type FlowTable = "nodes" | "datasets" | "recipes" | "parameters" | "overrides" | "references" | "webhooks";

/** Ids of a flow's rows on both sides, ascending. */
function idsOf(
  { before, after }: Comparison,
  table: FlowTable,
  flow: number,
): { readonly before: number[]; readonly after: number[] } {
  const list = ({ tables }: DescribedSide) =>
    byOwner<{ readonly id: number }>(tables[table], flow)
      .map(({ value }) => value.id)
      .sort((a, b) => a - b);
  return { before: list(before), after: list(after) };
}

/** The dataset whose parsing recipe this is. */
function datasetOf({ tables }: DescribedSide, recipe: number): Dataset | undefined {
  return parsedDatasets(tables.datasets).get(recipe);
}

const parsed = new WeakMap<object, Map<number, Dataset>>();

function parsedDatasets(datasets: ReadonlyMap<number, Row<Dataset>>): ReadonlyMap<number, Dataset> {
  let index = parsed.get(datasets);
  if (index === undefined) {
    index = new Map();
    for (const { value } of datasets.values()) {
      if (value.parsingRecipeId !== null) index.set(value.parsingRecipeId, value);
    }
    parsed.set(datasets, index);
  }
  return index;
}

function pathOfNode(side: DescribedSide, id: number): string[] {
  const placed = side.graph.nodes.get(id);
  return [side.flowNames.get(placed?.flow.id ?? 0) ?? "?", placed?.name ?? "?"];
}

function compareNodes(comparison: Comparison, flow: number): void {
  const { before, after } = comparison;
  const ids = idsOf(comparison, "nodes", flow);
  for (const id of ids.before) {
    const node = before.tables.nodes.get(id)?.value;
    if (node === undefined) continue;
    if (after.tables.nodes.has(id)) compareNode(comparison, node);
    else addRemoved(comparison, { ...describeNode(before, node), edits: removeNode(comparison, node) });
  }
  for (const id of ids.after) {
    const node = after.tables.nodes.get(id)?.value;
    if (node === undefined || before.tables.nodes.has(id)) continue;
    addAdded(comparison, { ...describeNode(after, node), edits: putNode(comparison, node) });
  }
}

function describeNode(
  side: DescribedSide,
  node: FlowNode,
): { object: Change["object"]; path: string[]; text: string } {
  const { tables, graph, connections } = side;
  const dataset = datasetOf(side, node.recipeId);
  const recipe = tables.recipes.get(node.recipeId)?.value;
  const names = graph.tableNames(node.id);
  const steps = (recipe?.steps ?? []).filter((step) => !isHidden(step));
  const lines = [
    ...(dataset === undefined ? [] : [describeDataset(dataset, connections)]),
    ...steps.map((step) => printStep(step, names)),
  ];
  const reads = graph.inputsOf(node.id).map((edge) => graph.nodes.get(edge.from)?.name ?? "?");
  if (reads.length > 0) lines.unshift(`reads ${reads.join(", ")}`);
  const object = node.isWrangled ? "recipe" : "dataset";
  return { object, path: pathOfNode(side, node.id), text: lines.join("\n") };
}

/** A node goes with its recipe, its dataset, and its edges, unless their readers now read something else. */
function removeNode({ before, after, handledEdges }: Comparison, node: FlowNode): Edit[] {
  const dataset = datasetOf(before, node.recipeId);
  const edges = [...before.tables.edges.values()]
    .filter(({ value }) => value.from === node.id || value.to === node.id)
    .map(({ value }) => value.id)
    .filter((id) => !after.tables.edges.has(id) && !handledEdges.has(id));
  for (const id of edges) handledEdges.add(id);
  return [
    removeEdit("nodes", node.id),
    removeEdit("recipes", node.recipeId),
    ...(dataset === undefined || after.tables.datasets.has(dataset.id)
      ? []
      : [removeEdit("datasets", dataset.id)]),
    ...edges.map((id) => removeEdit("edges", id)),
  ];
}

/** A node comes with its recipe, its dataset and what it reads. */
function putNode({ before, after, handledEdges }: Comparison, node: FlowNode): Edit[] {
  const dataset = datasetOf(after, node.recipeId);
  const edges = after.graph.inputsOf(node.id).map(({ id }) => id);
  for (const id of edges) handledEdges.add(id);
  return [
    ...putEdit(after, "nodes", node.id),
    ...putEdit(after, "recipes", node.recipeId),
    ...(dataset === undefined || before.tables.datasets.has(dataset.id)
      ? []
      : putEdit(after, "datasets", dataset.id)),
    ...edges.flatMap((id) => putEdit(after, "edges", id)),
  ];
}

/** A recipe and its node are one thing to a reviewer, and so are a dataset, its parsing recipe and their node. */
function compareNode(comparison: Comparison, node: FlowNode): void {
  const { before, after } = comparison;
  const old = datasetOf(before, node.recipeId);
  const dataset = datasetOf(after, node.recipeId);
  const ofDataset =
    old !== undefined && old.id === dataset?.id ? compareObject(comparison, "datasets", old.id) : undefined;
  const ofRecipe = compareObject(comparison, "recipes", node.recipeId);
  const isRenamed = ofDataset !== undefined && old?.name !== dataset?.name;
  const difference = joinDifferences([
    ofDataset,
    // The dataset's name is its recipe's; it is told once.
    ofRecipe === undefined || !isRenamed
      ? ofRecipe
      : { ...ofRecipe, before: withoutName(ofRecipe.before), after: withoutName(ofRecipe.after) },
    compareKind(comparison, node),
  ]);
  const object = node.isWrangled ? "recipe" : "dataset";
  addChanged(comparison, object, pathOfNode(after, node.id), difference);
}

function withoutName(lines: readonly string[]): string[] {
  return lines.filter((line) => !line.startsWith("name: "));
}

/** A reference that nobody publishes is no input, so it does not count. */
function compareKind(comparison: Comparison, node: FlowNode): Difference | undefined {
  const { before, after } = comparison;
  const other = after.tables.nodes.get(node.id)?.value ?? node;
  const effective = ({ tables }: DescribedSide, id: number | null) =>
    id !== null && publishersOf(tables).has(id) ? id : null;
  const isSameInput = effective(before, node.sourceReferenceId) === effective(after, other.sourceReferenceId);
  return compareObject(comparison, "nodes", node.id, isSameInput ? ["sourceReferenceId"] : []);
}

/** Recipes without a node, and datasets that no node parses. */
function compareLooseParts(comparison: Comparison, flow: number): void {
  const { before, after } = comparison;
  const inGraph = (side: DescribedSide) =>
    new Set(byOwner(side.tables.nodes, flow).map(({ value }) => value.recipeId));
  const used = new Set([...inGraph(before), ...inGraph(after)]);
  const flowName = (side: DescribedSide) => side.flowNames.get(flow) ?? "?";
  const isLoose = (id: number) => !used.has(id);
  const recipes = idsOf(comparison, "recipes", flow);
  for (const id of recipes.before.filter(isLoose)) {
    const recipe = before.tables.recipes.get(id)?.value;
    const other = after.tables.recipes.get(id)?.value;
    if (recipe === undefined) continue;
    const path = [flowName(before), recipe.name];
    if (other === undefined) {
      const edits = [removeEdit("recipes", id)];
      addRemoved(comparison, { object: "recipe", path, text: printSteps(recipe), edits });
    } else {
      const loosePath = [flowName(after), other.name];
      addChanged(comparison, "recipe", loosePath, compareObject(comparison, "recipes", id));
      addStepChanges(comparison, recipe, other, loosePath, new Map(), new Map());
    }
  }
  for (const id of recipes.after.filter((one) => isLoose(one) && !before.tables.recipes.has(one))) {
    const recipe = after.tables.recipes.get(id)?.value;
    if (recipe === undefined) continue;
    const path = [flowName(after), recipe.name];
    const edits = putEdit(after, "recipes", id);
    addAdded(comparison, { object: "recipe", path, text: printSteps(recipe), edits });
  }
  const goesWithNode = (side: DescribedSide, other: DescribedSide) => (id: number) => {
    const recipe = side.tables.datasets.get(id)?.value.parsingRecipeId ?? null;
    const isOneSided = !other.tables.datasets.has(id);
    const isParsedByNode = recipe !== null && inGraph(side).has(recipe);
    if (!isOneSided) return isParsedByNode && datasetOf(other, recipe)?.id === id;
    return isParsedByNode && !other.tables.recipes.has(recipe);
  };
  const datasets = idsOf(comparison, "datasets", flow);
  compareRows(
    comparison,
    "datasets",
    "dataset",
    {
      before: datasets.before.filter((id) => !goesWithNode(before, after)(id)),
      after: datasets.after.filter((id) => !goesWithNode(after, before)(id)),
    },
    (id, side) => [flowName(side), side.tables.datasets.get(id)?.value.name ?? "?"],
  );
}

function printSteps(recipe: Recipe): string {
  return recipe.steps
    .filter((step) => !isHidden(step))
    .map((step) => printStep(step, new Map()))
    .join("\n");
}

function compareNodeSteps(comparison: Comparison, id: number): void {
  const { before, after } = comparison;
  const recipeOf = ({ tables }: DescribedSide) =>
    tables.recipes.get(tables.nodes.get(id)?.value.recipeId ?? Number.NaN)?.value;
  const old = recipeOf(before);
  const recipe = recipeOf(after);
  if (old === undefined || recipe === undefined) return;
  addStepChanges(
    comparison,
    old,
    recipe,
    pathOfNode(after, id),
    before.graph.tableNames(id),
    after.graph.tableNames(id),
    id,
  );
}

function addStepChanges(
  comparison: Comparison,
  old: Recipe,
  recipe: Recipe,
  path: readonly string[],
  oldNames: ReadonlyMap<string, string>,
  names: ReadonlyMap<string, string>,
  node?: number,
): void {
  if (old.steps === recipe.steps) return;
  const { changes, listing } = compareSteps(old, recipe, oldNames, names);
  if (changes.length === 0) return;
  comparison.recipes.push({ path, steps: listing });
  for (const { removed, inserted, removedPorts, insertedPorts, ...change } of changes) {
    const edges = node === undefined ? [] : sideEdges(comparison, node, removedPorts, insertedPorts);
    comparison.changes.push({
      ...change,
      object: "step",
      path,
      edits: [{ action: "splice", table: "recipes", id: old.id, removed, inserted }, ...edges],
    });
  }
}

/** The edges of side inputs that come or go with the steps that load them. */
function sideEdges(
  { before, after, handledEdges }: Comparison,
  node: number,
  removedPorts: readonly number[],
  insertedPorts: readonly number[],
): Edit[] {
  const take = (side: DescribedSide, other: DescribedSide, ports: readonly number[]) =>
    side.graph
      .inputsOf(node)
      .filter(({ id, port }) => port !== null && ports.includes(port) && !other.tables.edges.has(id))
      .map(({ id }) => id)
      .filter((id) => !handledEdges.has(id));
  const gone = take(before, after, removedPorts);
  const come = take(after, before, insertedPorts);
  for (const id of [...gone, ...come]) handledEdges.add(id);
  return [...gone.map((id) => removeEdit("edges", id)), ...come.flatMap((id) => putEdit(after, "edges", id))];
}

/** A reference with the recipes that publish it. */
function compareReferences(comparison: Comparison, flow: number): void {
  const { before, after } = comparison;
  const ids = idsOf(comparison, "references", flow);
  const publishers = (side: DescribedSide, reference: number) =>
    [...side.tables.nodes.values()]
      .filter(({ value }) => value.referenceId === reference)
      .map(({ value }) => value.id);
  const publisherNames = (side: DescribedSide, reference: number) =>
    publishers(side, reference).map((node) => side.graph.nodes.get(node)?.name ?? "?");
  const publisherEdits = (reference: number): Edit[] =>
    [...new Set([...publishers(before, reference), ...publishers(after, reference)])].flatMap((id) => {
      const node = after.tables.nodes.get(id)?.value;
      const isKept = node !== undefined && before.tables.nodes.has(id);
      return isKept ? [setEdit("nodes", id, ["referenceId"], node)] : [];
    });
  const textOf = (side: DescribedSide, id: number) => `published by ${publisherNames(side, id).join(", ")}`;
  for (const id of ids.before) {
    const reference = before.tables.references.get(id)?.value;
    const path = [before.flowNames.get(flow) ?? "?", reference?.name ?? "?"];
    if (!after.tables.references.has(id)) {
      const edits = [removeEdit("references", id), ...publisherEdits(id)];
      addRemoved(comparison, { object: "reference", path, text: textOf(before, id), edits });
      continue;
    }
    const isSame =
      canonicalJson(publishers(before, id).sort()) === canonicalJson(publishers(after, id).sort());
    const ofPublisher = isSame
      ? undefined
      : { before: [textOf(before, id)], after: [textOf(after, id)], edits: publisherEdits(id) };
    addChanged(
      comparison,
      "reference",
      [after.flowNames.get(flow) ?? "?", after.tables.references.get(id)?.value.name ?? "?"],
      joinDifferences([compareObject(comparison, "references", id), ofPublisher]),
    );
  }
  for (const id of ids.after) {
    if (before.tables.references.has(id)) continue;
    const path = [after.flowNames.get(flow) ?? "?", after.tables.references.get(id)?.value.name ?? "?"];
    const edits = [...putEdit(after, "references", id), ...publisherEdits(id)];
    addAdded(comparison, { object: "reference", path, text: textOf(after, id), edits });
  }
}
