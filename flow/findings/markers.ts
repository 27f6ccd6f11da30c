import { createGraph } from "../graph.js";
import type { Flow, FlowPackage } from "../model.js";
import {
  describeDataset,
  describeFileOutput,
  describeScript,
  describeTableOutput,
  type ConnectionNames,
} from "../places.js";
import { showDefault } from "../template.js";
import { quote, toFinding, type Finding } from "./finding.js";

/** A place of the package that points to something outside it. */
interface Pointer {
  readonly object: string;
  /** What is searched: without the names of connections, which are the package's own and mapped by rules. */
  readonly searched: string;
  /** What is shown; absent for an address, which may hold a credential. */
  readonly shown?: string;
}

/** What still points to the source environment after the rules. `markers` are names of its buckets, hosts or databases. */
export function checkMarkers(pkg: FlowPackage, markers: readonly string[]): Finding[] {
  const wanted = markers.filter((marker) => marker !== "");
  if (wanted.length === 0) return [];
  return pkg.flows
    .flatMap((flow) => listPointers(pkg, flow))
    .flatMap(({ object, searched, shown }): Finding[] => {
      const found = wanted.filter((marker) => searched.toLowerCase().includes(marker.toLowerCase()));
      if (found.length === 0) return [];
      const what = shown === undefined ? "" : `: ${shown}`;
      const message =
        `${object} still points to the source environment (${found.map(quote).join(", ")})${what}. ` +
        `Add an import rule for it, or a parameter where rules do not reach`;
      return [toFinding("source-environment-left", object, message)];
    });
}

function listPointers(pkg: FlowPackage, flow: Flow): Pointer[] {
  const graph = createGraph(pkg);
  const names = new Map(pkg.connections.map((stub) => [stub.id, stub.name]));
  const noNames = new Map(pkg.connections.map((stub) => [stub.id, ""]));
  const pointer = (object: string, describe: (connections: ConnectionNames) => string): Pointer => {
    return { object, searched: describe(noNames), shown: describe(names) };
  };
  const place = `flow ${quote(flow.name)}`;
  const outputs = flow.outputs.flatMap((output) => {
    const recipe = graph.nodes.get(output.nodeId)?.name ?? `node ${output.nodeId}`;
    const object = `${place}, ${output.isManual ? "manual" : "scheduled"} output of ${quote(recipe)}`;
    return [
      ...output.files.map((file) => pointer(object, () => describeFileOutput(file))),
      ...output.tables.map((table) => pointer(object, (all) => describeTableOutput(table, all))),
      ...output.sqlScripts.map((script) => pointer(object, (all) => describeScript(script, all))),
    ];
  });
  return [
    ...flow.datasets.map((dataset) =>
      pointer(`${place}, dataset ${quote(dataset.name)}`, (all) => describeDataset(dataset, all)),
    ),
    ...outputs,
    ...[...flow.parameters, ...flow.overrides].map(({ name, value }) =>
      pointer(`${place}, parameter ${quote(name)}`, () => showDefault(value)),
    ),
    ...flow.webhooks.map(({ name, url }) => ({ object: `${place}, webhook ${quote(name)}`, searched: url })),
  ];
}
