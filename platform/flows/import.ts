import { randomUUID } from "node:crypto";
import type { Dataset, Flow, JsonObject } from "../../flow/model.js";
import type { RuledPackage } from "../../flow/rules.js";
import type { Database } from "../store/database.js";
import type { Sealer } from "../store/sealing.js";
import { createLocalIds, insertFlows, type FlowOrigin, type LocalIds } from "./insert-flows.js";
import { resolveConnections } from "./resolve-connections.js";

/** Where a package's flows go, and whose they become. */
export interface ImportTarget {
  readonly environmentId: number;
  readonly personId: number;
  readonly folderId: number | null;
  readonly releaseId: number | null;
  /** Goes before every flow's name; null in a deployment, where names stay. */
  readonly namePrefix: string | null;
  readonly sealer: Sealer;
}

/** The members of the v4 import answer that name what was created. Rows are flat here, unlike in every other answer. */
export interface ImportedObjects {
  readonly primaryFlowIds: number[];
  readonly flows: JsonObject[];
  readonly datasources: JsonObject[];
  readonly flownodes: JsonObject[];
  readonly flowedges: JsonObject[];
  readonly recipes: JsonObject[];
  readonly outputobjects: JsonObject[];
  readonly webhookflowtasks: JsonObject[];
  /** Our choice of shape: per kind, id in the package → id here. */
  readonly createdObjectMapping: JsonObject;
}

/**
 * Writes the flows of a package, after its rules, as new rows and answers what was created. Call it inside a
 * transaction. Throws `ValidationFailed` and `ConnectionMappingMissing` as `resolveConnections` does.
 */
export async function importPackage(
  database: Database,
  target: ImportTarget,
  ruled: RuledPackage,
): Promise<ImportedObjects> {
  const connections = await resolveConnections(database, target.environmentId, ruled);
  const ids = createLocalIds(connections);
  const origin = { ...target, importUuid: randomUUID(), at: new Date().toISOString() };
  const flows = ruled.package.flows.map((flow) => ({
    ...flow,
    name: `${target.namePrefix ?? ""}${flow.name}`,
  }));
  await insertFlows(database, origin, flows, ruled.package.artifacts, ids);
  return toImportedObjects(ruled.package.metadata.primaryFlowIds, flows, ids, origin);
}

/** The prefix that an import outside of deployments gives its flows' names: eight hex digits in brackets. */
export function createNamePrefix(): string {
  return `[${randomUUID().slice(0, 8)}] `;
}

function toImportedObjects(
  primaryFlowIds: readonly number[],
  flows: readonly Flow[],
  ids: LocalIds,
  origin: FlowOrigin,
): ImportedObjects {
  const stamp = {
    createdAt: origin.at,
    updatedAt: origin.at,
    createdBy: origin.personId,
    updatedBy: origin.personId,
  };
  const collect = (toRows: (flow: Flow) => JsonObject[]): JsonObject[] => uniqueById(flows.flatMap(toRows));
  const local = (map: ReadonlyMap<number, number>, id: number | null): number | null =>
    id === null ? null : (map.get(id) ?? null);
  return {
    primaryFlowIds: primaryFlowIds.flatMap((id) => ids.flows.get(id) ?? []),
    flows: flows.map((flow) => ({
      id: local(ids.flows, flow.id),
      name: flow.name,
      description: flow.description,
      deleted_at: null,
      cpProject: null,
      workspaceId: origin.environmentId,
      folderId: origin.folderId,
      ...stamp,
    })),
    datasources: collect((flow) =>
      flow.datasets.map((dataset) => ({
        id: local(ids.datasets, dataset.id),
        ...toDatasource(dataset),
        connectionId: local(ids.connections, dataset.connectionId),
        parsingScriptId: local(ids.recipes, dataset.parsingRecipeId),
        workspaceId: origin.environmentId,
        ...stamp,
      })),
    ),
    flownodes: collect((flow) =>
      flow.nodes.map((node) => ({
        id: local(ids.nodes, node.id),
        flowId: local(ids.flows, flow.id),
        scriptId: local(ids.recipes, node.recipeId),
        wrangled: node.isWrangled,
        referenceId: local(ids.references, node.referenceId),
        ...stamp,
      })),
    ),
    flowedges: collect((flow) =>
      flow.edges.map((edge) => ({
        id: local(ids.edges, edge.id),
        flowId: local(ids.flows, flow.id),
        inFlowNodeId: local(ids.nodes, edge.from),
        inPortId: null,
        outFlowNodeId: local(ids.nodes, edge.to),
        outPortId: edge.port,
      })),
    ),
    recipes: collect((flow) =>
      flow.recipes.map(({ id, name, description, isActive }) => ({
        id: local(ids.recipes, id),
        name,
        description,
        active: isActive,
        ...stamp,
      })),
    ),
    outputobjects: collect((flow) =>
      flow.outputs.map((output) => ({
        id: local(ids.outputs, output.id),
        flowNodeId: local(ids.nodes, output.nodeId),
        execution: output.engine,
        profiler: output.hasProfile,
        isAdhoc: output.isManual,
        ...stamp,
      })),
    ),
    webhookflowtasks: collect((flow) =>
      flow.webhooks.map(({ id, name }) => ({
        id: local(ids.webhooks, id),
        name,
        flowId: local(ids.flows, flow.id),
        ...stamp,
      })),
    ),
    createdObjectMapping: {
      flows: Object.fromEntries(ids.flows),
      datasources: Object.fromEntries(ids.datasets),
      flownodes: Object.fromEntries(ids.nodes),
      flowedges: Object.fromEntries(ids.edges),
      recipes: Object.fromEntries(ids.recipes),
      outputobjects: Object.fromEntries(ids.outputs),
      webhookflowtasks: Object.fromEntries(ids.webhooks),
    },
  };
}

function toDatasource(dataset: Dataset): JsonObject {
  const { type, isParameterised, conversion, hasTypeInference } = dataset;
  const location = dataset.kind === "file" ? dataset.location : null;
  return {
    type,
    path: location?.path ?? null,
    bucket: location?.bucket ?? null,
    container: location?.container ?? null,
    host: location?.host ?? null,
    userinfo: location?.userinfo ?? null,
    isDynamic: isParameterised,
    isConverted: conversion !== null,
    isSchematized: dataset.kind === "table",
    disableTypeInference: !hasTypeInference,
  };
}

/** A dataset that two flows of a package share is one object. */
function uniqueById(rows: readonly JsonObject[]): JsonObject[] {
  return [...new Map(rows.map((row) => [row["id"], row])).values()];
}
