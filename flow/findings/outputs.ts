import { createGraph } from "../graph.js";
import type { FlowPackage, Output } from "../model.js";
import { showOutputPath, showOutputTable } from "../places.js";
import type { RuledPackage } from "../rules.js";
import { quote, toFinding, type Finding } from "./finding.js";

interface Writer {
  readonly nodeId: number;
  readonly name: string;
  readonly appends: boolean;
}

/** Places that two recipes write to. The manual and the scheduled output of one recipe may share theirs. */
export function checkOutputs(ruled: RuledPackage): Finding[] {
  return [...findWriters(ruled)].flatMap(([place, writers]): Finding[] => {
    const nodes = new Map(writers.map((writer) => [writer.nodeId, writer]));
    if (nodes.size < 2 || writers.every(({ appends }) => appends)) return [];
    const names = [...nodes.values()].map(({ name }) => quote(name));
    const message =
      `${place} is written by ${names.join(" and ")}: the later run overwrites the earlier one. ` +
      `Give each recipe a place of its own`;
    return [toFinding("output-written-twice", place, message)];
  });
}

function findWriters({ package: pkg, connectionTargets }: RuledPackage): Map<string, Writer[]> {
  const graph = createGraph(pkg);
  const writers = new Map<string, Writer[]>();
  const note = (place: string, { nodeId }: Output, action: string) => {
    const placed = graph.nodes.get(nodeId);
    const name = placed === undefined ? `node ${nodeId}` : `${placed.flow.name} / ${placed.name}`;
    const list = writers.get(place) ?? [];
    list.push({ nodeId, name, appends: /append|^createAndLoad$/i.test(action) });
    writers.set(place, list);
  };
  const connection = (id: number | null) => {
    if (id === null) return "";
    const target = connectionTargets.get(id);
    return ` through connection ${target ?? quote(connectionName(pkg, id))}`;
  };
  for (const output of pkg.flows.flatMap((flow) => flow.outputs)) {
    for (const file of output.files) {
      note(`file ${showOutputPath(file)}${connection(file.connectionId)}`, output, file.action);
    }
    for (const table of output.tables) {
      note(`table ${showOutputTable(table)}${connection(table.connectionId)}`, output, table.action);
    }
  }
  return writers;
}

function connectionName(pkg: FlowPackage, id: number): string {
  return pkg.connections.find((stub) => stub.id === id)?.name ?? String(id);
}
