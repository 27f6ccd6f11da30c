import { createGraph } from "../graph.js";
import type { ConnectionStub, FlowPackage } from "../model.js";
import type { RuledPackage } from "../rules.js";
import { CONNECTION_TO_BE_MADE } from "../rule-types.js";
import { quote, toFinding, type Finding } from "./finding.js";

/** A connection of the target, as far as it matters to a package. */
export interface TargetConnection {
  readonly id: number;
  readonly uuid: string;
  readonly name: string;
  readonly vendor?: string | null;
}

/**
 * Connections without a rule. With the target's connections given: without a rule and without a twin of the same uuid,
 * rules that point to none of them, and stand-ins of another vendor.
 */
export function checkConnections(
  ruled: RuledPackage,
  connections: readonly TargetConnection[] | undefined,
): Finding[] {
  const users = findUsers(ruled.package);
  return ruled.package.connections.flatMap((stub): Finding[] => {
    const target = ruled.connectionTargets.get(stub.id);
    const usedBy = users.get(stub.id);
    if (target === CONNECTION_TO_BE_MADE) return [];
    if (target !== undefined) return checkTarget(stub, target, connections);
    const twin = connections?.find(({ uuid }) => uuid.toLowerCase() === stub.uuid.toLowerCase());
    if (twin !== undefined) return checkVendor(stub, twin);
    return usedBy === undefined ? [] : [notMapped(stub, usedBy)];
  });
}

function notMapped(stub: ConnectionStub, usedBy: string): Finding {
  const object = `connection ${quote(stub.name)}`;
  const message =
    `${object} (uuid ${stub.uuid}), used by ${usedBy}, is not mapped; ` +
    `add it to the import rules: connections: [{on: {uuid: ${quote(stub.uuid)}}, with: <connection id of the target>}]`;
  return { ...toFinding("connection-not-mapped", object, message), connectionUuid: stub.uuid };
}

function checkTarget(
  stub: ConnectionStub,
  target: number,
  connections: readonly TargetConnection[] | undefined,
): Finding[] {
  if (connections === undefined) return [];
  const local = connections.find(({ id }) => id === target);
  if (local !== undefined) return checkVendor(stub, local);
  const object = `connection ${quote(stub.name)}`;
  const message =
    `${object} is mapped to connection ${target}, which the target does not have; ` +
    `give the rule the id of one that it has`;
  return [toFinding("connection-not-found", object, message)];
}

function checkVendor(stub: ConnectionStub, local: TargetConnection): Finding[] {
  const vendor = local.vendor ?? "";
  if (stub.vendor === null || stub.vendor === "" || vendor === "" || stub.vendor === vendor) return [];
  const object = `connection ${quote(stub.name)}`;
  const message =
    `${object} is ${stub.vendor} in the package and is mapped to connection ${local.id} (${quote(local.name)}), which is ` +
    `${vendor}; map it to one of the same kind, or make sure that the flow works on both`;
  return [toFinding("connection-vendor-differs", object, message)];
}

/** The first user of each connection, as text. */
function findUsers(pkg: FlowPackage): Map<number, string> {
  const graph = createGraph(pkg);
  const users = new Map<number, string>();
  const note = (id: number | null, user: string) => {
    if (id !== null && !users.has(id)) users.set(id, user);
  };
  for (const flow of pkg.flows) {
    for (const dataset of flow.datasets) note(dataset.connectionId, `dataset ${quote(dataset.name)}`);
    for (const output of flow.outputs) {
      const recipe = graph.nodes.get(output.nodeId)?.name ?? `node ${output.nodeId}`;
      for (const target of [...output.files, ...output.tables, ...output.sqlScripts]) {
        note(target.connectionId, `an output of ${quote(recipe)}`);
      }
    }
  }
  return users;
}
