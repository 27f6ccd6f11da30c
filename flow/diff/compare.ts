import { createGraph, createNamer } from "../graph.js";
import type { FlowEdge, FlowPackage } from "../model.js";
import { digestRecipe } from "../recipe-digest.js";
import type { Edit, PackageDiff } from "./changes.js";
import { compareFlow } from "./compare-flow.js";
import {
  addAdded,
  addChanged,
  addRemoved,
  compareObject,
  compareRows,
  putEdit,
  removeEdit,
  setEdit,
  type Comparison,
} from "./comparison.js";
import { byOwner, toPackage, type TableName, type Tables } from "./tables.js";
import { countParts, type DescribedSide } from "./texts.js";

/** Lists what differs between tables under one set of ids. `base` only completes the packages that names come from. */
export function compareTables(before: Tables, after: Tables, base: FlowPackage): PackageDiff {
  const comparison: Comparison = {
    before: describeSide(before, base),
    after: describeSide(after, base),
    changes: [],
    recipes: [],
    handledEdges: new Set(),
  };
  const flowIds = [...new Set([...before.flows.keys(), ...after.flows.keys()])].sort((a, b) => a - b);
  for (const flow of flowIds) {
    if (!after.flows.has(flow)) removeFlow(comparison, flow);
    else if (before.flows.has(flow)) compareFlow(comparison, flow);
    else addFlow(comparison, flow);
  }
  compareEdges(comparison);
  compareUsedConnections(comparison);
  compareUsedArtifacts(comparison);
  return { changes: comparison.changes, recipes: comparison.recipes };
}

function describeSide(tables: Tables, base: FlowPackage): DescribedSide {
  const pkg = toPackage(tables, base);
  const nameFlow = createNamer();
  const nameConnection = createNamer();
  return {
    tables,
    graph: createGraph(pkg),
    connections: new Map(
      sortedById(pkg.connections).map((stub) => [stub.id, nameConnection(stub.name)] as const),
    ),
    flowNames: new Map(sortedById(pkg.flows).map((flow) => [flow.id, nameFlow(flow.name)] as const)),
  };
}

function sortedById<T extends { readonly id: number }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => a.id - b.id);
}

const OWNED_BY_FLOWS = [
  "nodes",
  "edges",
  "recipes",
  "datasets",
  "outputs",
  "parameters",
  "overrides",
  "references",
  "webhooks",
] as const;

/** Every object of a flow, the flow itself first. */
function partsOfFlow(tables: Tables, flow: number): { table: TableName; id: number }[] {
  const parts: { table: TableName; id: number }[] = [{ table: "flows", id: flow }];
  for (const table of OWNED_BY_FLOWS) {
    for (const { value } of byOwner<{ readonly id: number }>(tables[table], flow)) {
      parts.push({ table, id: value.id });
    }
  }
  for (const { value: output } of byOwner(tables.outputs, flow)) {
    for (const table of ["files", "tables"] as const) {
      for (const { value } of byOwner<{ readonly id: number }>(tables[table], output.id)) {
        parts.push({ table, id: value.id });
      }
    }
  }
  return parts;
}

function removeFlow(comparison: Comparison, flow: number): void {
  const { before, handledEdges } = comparison;
  const parts = partsOfFlow(before.tables, flow);
  const edges = leavingEdges(comparison, flow);
  for (const { table, id } of parts) if (table === "edges") handledEdges.add(id);
  for (const id of edges) handledEdges.add(id);
  addRemoved(comparison, {
    object: "flow",
    path: [before.flowNames.get(flow) ?? "?"],
    text: countParts(before, flow),
    edits: [
      ...parts.map(({ table, id }) => removeEdit(table, id)),
      ...edges.map((id) => removeEdit("edges", id)),
    ],
  });
}

/** Edges from a removed flow into another one, whose readers now read nothing in their place. */
function leavingEdges({ before, after, handledEdges }: Comparison, flow: number): number[] {
  return [...before.tables.edges.values()]
    .filter(
      ({ owner, value }) =>
        owner !== flow &&
        before.tables.nodes.get(value.from)?.owner === flow &&
        !after.tables.edges.has(value.id) &&
        !handledEdges.has(value.id),
    )
    .map(({ value }) => value.id);
}

function addFlow(comparison: Comparison, flow: number): void {
  const { after, handledEdges } = comparison;
  const parts = partsOfFlow(after.tables, flow);
  for (const { table, id } of parts) if (table === "edges") handledEdges.add(id);
  addAdded(comparison, {
    object: "flow",
    path: [after.flowNames.get(flow) ?? "?"],
    text: countParts(after, flow),
    edits: parts.flatMap(({ table, id }): Edit[] => putEdit(after, table, id)),
  });
}

/** What recipes read, apart from what came and went with nodes and steps. */
function compareEdges(comparison: Comparison): void {
  const { before, after, handledEdges } = comparison;
  const path = (side: DescribedSide, edge: FlowEdge) => {
    const placed = side.graph.nodes.get(edge.to);
    return [side.flowNames.get(placed?.flow.id ?? 0) ?? "?", placed?.name ?? "?"];
  };
  for (const { value: edge } of before.tables.edges.values()) {
    if (handledEdges.has(edge.id)) continue;
    const other = after.tables.edges.get(edge.id)?.value;
    if (other === undefined) {
      const edits = [removeEdit("edges", edge.id)];
      const text = describeEdge(before, edge);
      addRemoved(comparison, { object: "edge", path: path(before, edge), text, edits });
    } else if (other.from !== edge.from || other.to !== edge.to || other.port !== edge.port) {
      addChanged(comparison, "edge", path(after, other), {
        before: [describeEdge(before, edge)],
        after: [describeEdge(after, other)],
        edits: [setEdit("edges", edge.id, ["from", "to", "port"], other)],
      });
    }
  }
  for (const { value: edge } of after.tables.edges.values()) {
    if (handledEdges.has(edge.id) || before.tables.edges.has(edge.id)) continue;
    const edits = putEdit(after, "edges", edge.id);
    addAdded(comparison, { object: "edge", path: path(after, edge), text: describeEdge(after, edge), edits });
  }
}

function describeEdge({ graph }: DescribedSide, edge: FlowEdge): string {
  const source = graph.nodes.get(edge.from);
  const isLocal = source?.flow === graph.nodes.get(edge.to)?.flow;
  const name = source === undefined ? "?" : isLocal ? source.name : `${source.flow.name} / ${source.name}`;
  return `reads ${name}${edge.port === null ? "" : " as a side input"}`;
}

/** A connection that nothing uses says nothing about the package. */
function compareUsedConnections(comparison: Comparison): void {
  const { before, after } = comparison;
  const usedBefore = usedConnections(before.tables);
  const usedAfter = usedConnections(after.tables);
  const rows = {
    before: [...before.tables.connections.keys()].filter(
      (id) => usedAfter.has(id) || (usedBefore.has(id) && !after.tables.connections.has(id)),
    ),
    after: [...after.tables.connections.keys()].filter((id) => usedAfter.has(id)),
  };
  compareRows(comparison, "connections", "connection", rows, (id, side) => [side.connections.get(id) ?? "?"]);
}

function usedConnections(tables: Tables): Set<number> {
  const used = new Set<number>();
  const note = ({ connectionId }: { readonly connectionId: number | null }) => {
    if (connectionId !== null) used.add(connectionId);
  };
  for (const { value } of tables.datasets.values()) note(value);
  for (const { value } of tables.files.values()) note(value);
  for (const { value } of tables.tables.values()) note(value);
  for (const { value } of tables.outputs.values()) value.sqlScripts.forEach(note);
  return used;
}

function compareUsedArtifacts(comparison: Comparison): void {
  const { before, after } = comparison;
  if (before.tables.artifacts.size + after.tables.artifacts.size === 0) return;
  const used = (tables: Tables) =>
    new Set([...tables.recipes.values()].flatMap(({ value }) => digestRecipe(value).artifactIds));
  const usedBefore = used(before.tables);
  const usedAfter = used(after.tables);
  for (const id of usedAfter) {
    const artifact = after.tables.artifacts.get(id)?.value;
    if (artifact === undefined) continue;
    const path = [artifact.storageId];
    const edits = putEdit(after, "artifacts", id);
    if (!before.tables.artifacts.has(id)) {
      addAdded(comparison, { object: "artifact", path, text: artifact.type, edits });
    } else if (compareObject(comparison, "artifacts", id) !== undefined) {
      addChanged(comparison, "artifact", path, {
        before: [describeArtifact(before, id)],
        after: [describeArtifact(after, id)],
        edits,
      });
    }
  }
  for (const id of usedBefore) {
    const artifact = before.tables.artifacts.get(id)?.value;
    if (artifact === undefined || after.tables.artifacts.has(id)) continue;
    const edits = [removeEdit("artifacts", id)];
    addRemoved(comparison, { object: "artifact", path: [artifact.storageId], text: artifact.type, edits });
  }
}

/** Its content is made by a machine and long. */
function describeArtifact({ tables }: DescribedSide, id: number): string {
  const artifact = tables.artifacts.get(id)?.value;
  return artifact === undefined ? "" : `${artifact.type}, ${artifact.content?.length ?? 0} characters`;
}
