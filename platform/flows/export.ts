import { randomUUID } from "node:crypto";
import type { Artifact, ConnectionStub, Flow, FlowPackage } from "../../flow/model.js";
import type { Caller, Platform } from "../platform.js";
import type { Database } from "../store/database.js";
import type { Sealer } from "../store/sealing.js";
import { readFlows } from "./read-flows.js";

/**
 * The package of the given flows and of every flow that they read from, with this store's ids. `comment` is what a
 * release shows as its notes. The hash is null: its algorithm is not documented.
 */
export async function exportPackage(
  { database, sealer, settings }: Pick<Platform, "database" | "sealer" | "settings">,
  { environmentId, personId }: Pick<Caller, "environmentId" | "personId">,
  flowIds: readonly number[],
  comment = "",
): Promise<FlowPackage> {
  const content = await database
    .transaction()
    .execute((transaction) => readContent(transaction, sealer, environmentId, flowIds));
  return {
    generation: 2,
    metadata: {
      uuid: randomUUID(),
      productVersion: settings.productVersion,
      exportedAt: new Date().toISOString(),
      exportedBy: personId,
      comment,
      edition: "Enterprise",
      primaryFlowIds: [...flowIds],
    },
    hash: null,
    ...content,
  };
}

async function readContent(
  database: Database,
  sealer: Sealer,
  environmentId: number,
  flowIds: readonly number[],
): Promise<Pick<FlowPackage, "flows" | "connections" | "artifacts">> {
  const all = await withUpstreamFlows(database, flowIds);
  const primary = new Set(flowIds);
  const flows = (await readFlows(database, sealer, environmentId, all)).map((flow) => ({
    ...flow,
    isPrimary: primary.has(flow.id),
  }));
  return {
    flows,
    connections: await readConnectionStubs(database, flows),
    artifacts: await readArtifacts(database, all),
  };
}

/** The given flows, then those from which their rows come over references and edges, each once. */
async function withUpstreamFlows(database: Database, flowIds: readonly number[]): Promise<number[]> {
  const found = new Set(flowIds);
  let next = [...found];
  while (next.length > 0) {
    const upstream = await readUpstreamFlowIds(database, next);
    next = upstream.filter((id) => !found.has(id));
    for (const id of next) found.add(id);
  }
  return [...found];
}

/** Ids of the connections that datasets and outputs of the flows name, each once. */
export function usedConnectionIds(flows: readonly Flow[]): number[] {
  const ids = flows.flatMap((flow) => [
    ...flow.datasets.map((dataset) => dataset.connectionId),
    ...flow.outputs.flatMap((output) =>
      [...output.files, ...output.tables, ...output.sqlScripts].map((target) => target.connectionId),
    ),
  ]);
  return [...new Set(ids)].filter((id) => id !== null);
}

async function readUpstreamFlowIds(database: Database, flowIds: readonly number[]): Promise<number[]> {
  const overEdges = await database
    .selectFrom("flowEdges")
    .innerJoin("flowNodes", "flowNodes.id", "flowEdges.fromNodeId")
    .select("flowNodes.flowId")
    .distinct()
    .where("flowEdges.flowId", "in", flowIds)
    .execute();
  const overReferences = await database
    .selectFrom("flowNodes")
    .innerJoin("flowReferences", "flowReferences.id", "flowNodes.sourceReferenceId")
    .select("flowReferences.flowId")
    .distinct()
    .where("flowNodes.flowId", "in", flowIds)
    .execute();
  return [...new Set([...overEdges, ...overReferences].map((row) => row.flowId))];
}

/** What a package says of the connections that its flows use: never a host, never a credential. */
async function readConnectionStubs(database: Database, flows: readonly Flow[]): Promise<ConnectionStub[]> {
  const ids = usedConnectionIds(flows);
  if (ids.length === 0) return [];
  const rows = await database
    .selectFrom("connections")
    .selectAll()
    .where("id", "in", ids)
    .orderBy("id")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    uuid: row.uuid,
    name: row.name,
    description: row.description,
    type: row.type,
    vendor: row.vendor,
    credentialType: row.credentialType,
    isGlobal: row.isGlobal === 1,
    isShared: row.credentialsShared === 1,
  }));
}

async function readArtifacts(database: Database, flowIds: readonly number[]): Promise<Artifact[]> {
  if (flowIds.length === 0) return [];
  const imports = await database
    .selectFrom("flows")
    .select("importUuid")
    .distinct()
    .where("id", "in", flowIds)
    .execute();
  const uuids = imports.map((row) => row.importUuid).filter((uuid) => uuid !== null);
  if (uuids.length === 0) return [];
  const rows = await database
    .selectFrom("artifacts")
    .selectAll()
    .where("importUuid", "in", uuids)
    .orderBy("id")
    .execute();
  return rows.map(({ id, storageId, type, content }) => ({ id, storageId, type, content }));
}
