import type {
  Dataset,
  FileLocation,
  FileOutput,
  Flow,
  FlowNode,
  JsonObject,
  JsonValue,
  Output,
  Recipe,
  SqlScript,
  Step,
  TableOutput,
  Webhook,
} from "../../flow/model.js";
import { groupBy } from "../group-by.js";
import type { Database } from "../store/database.js";
import type { Row } from "../store/schema.js";
import type { Sealer } from "../store/sealing.js";
import { parseParameters } from "../store/stored-json.js";

/**
 * Reads whole flows of one environment into the model, with this store's ids, in the order of `flowIds`. Ids of no
 * flow here are left out. Softly deleted flows are read too: the caller decides who may see them.
 */
export async function readFlows(
  database: Database,
  sealer: Sealer,
  environmentId: number,
  flowIds: readonly number[],
): Promise<Flow[]> {
  if (flowIds.length === 0) return [];
  const flows = await database
    .selectFrom("flows")
    .selectAll()
    .where("environmentId", "=", environmentId)
    .where("id", "in", flowIds)
    .execute();
  const found = new Map(flows.map((flow) => [flow.id, flow]));
  const rows = await readRows(database, [...found.keys()]);
  return flowIds.flatMap((id) => {
    const flow = found.get(id);
    return flow ? [toFlow(flow, rows, sealer)] : [];
  });
}

/** A step list as a recipe row keeps it. */
export function parseSteps(row: Row<"recipes">): readonly Step[] {
  return JSON.parse(row.steps) as readonly Step[];
}

/** The model's dataset of a row. */
function toDataset(row: Row<"datasets">): Dataset {
  const base = {
    id: row.id,
    name: row.name,
    type: row.type,
    parsingRecipeId: row.parsingRecipeId,
    connectionId: row.connectionId,
    parameters: parseParameters(row.parameters),
    isParameterised: row.isParameterised === 1,
    conversion: row.conversion === null ? null : (JSON.parse(row.conversion) as JsonObject),
    hasTypeInference: row.hasTypeInference === 1,
    ...(row.project === null ? {} : { project: row.project }),
  };
  if (row.kind === "file") {
    const location = JSON.parse(row.location ?? "{}") as FileLocation;
    return { ...base, kind: "file", location, pathTemplate: row.pathTemplate, size: row.size };
  }
  return {
    ...base,
    kind: "table",
    path: toTexts(row.tablePath),
    table: row.tableName,
    query: row.query,
    columns: toTexts(row.columns),
    ...optional("filter", row.filter),
  };
}

type FlowRows = Awaited<ReturnType<typeof readRows>>;

async function readRows(database: Database, ids: readonly number[]) {
  const nodes = await database
    .selectFrom("flowNodes")
    .selectAll()
    .where("flowId", "in", ids)
    .orderBy("id")
    .execute();
  const edges = await database
    .selectFrom("flowEdges")
    .selectAll()
    .where("flowId", "in", ids)
    .orderBy("id")
    .execute();
  const datasets = await database
    .selectFrom("datasets")
    .innerJoin("flowDatasets", "flowDatasets.datasetId", "datasets.id")
    .selectAll("datasets")
    .select("flowDatasets.flowId as heldBy")
    .where("flowDatasets.flowId", "in", ids)
    .orderBy("flowDatasets.id")
    .execute();
  const recipes = await database
    .selectFrom("recipes")
    .selectAll()
    .where((is) =>
      is.or([
        is("flowId", "in", ids),
        is("id", "in", is.selectFrom("flowNodes").select("recipeId").where("flowId", "in", ids)),
        is(
          "id",
          "in",
          is
            .selectFrom("datasets")
            .innerJoin("flowDatasets", "flowDatasets.datasetId", "datasets.id")
            .select("datasets.parsingRecipeId")
            .where("flowDatasets.flowId", "in", ids),
        ),
      ]),
    )
    .orderBy("id")
    .execute();
  const parameters = await database
    .selectFrom("flowParameters")
    .selectAll()
    .where("flowId", "in", ids)
    .orderBy("id")
    .execute();
  const overrides = await database
    .selectFrom("flowRunParameterOverrides")
    .selectAll()
    .where("flowId", "in", ids)
    .orderBy("id")
    .execute();
  const references = await database
    .selectFrom("flowReferences")
    .selectAll()
    .where("flowId", "in", ids)
    .orderBy("id")
    .execute();
  const webhooks = await database
    .selectFrom("webhookFlowTasks")
    .selectAll()
    .where("flowId", "in", ids)
    .orderBy("id")
    .execute();
  return {
    nodes: groupBy(nodes, (row) => row.flowId),
    edges: groupBy(edges, (row) => row.flowId),
    datasets: groupBy(datasets, (row) => row.heldBy),
    recipes,
    parameters: groupBy(parameters, (row) => row.flowId),
    overrides: groupBy(overrides, (row) => row.flowId),
    references: groupBy(references, (row) => row.flowId),
    webhooks: groupBy(webhooks, (row) => row.flowId),
    outputs: await readOutputs(database, ids),
  };
}

async function readOutputs(database: Database, flowIds: readonly number[]) {
  const outputs = await database
    .selectFrom("outputObjects")
    .innerJoin("flowNodes", "flowNodes.id", "outputObjects.flowNodeId")
    .selectAll("outputObjects")
    .select("flowNodes.flowId")
    .where("flowNodes.flowId", "in", flowIds)
    .orderBy("outputObjects.id")
    .execute();
  const ids = database
    .selectFrom("outputObjects")
    .innerJoin("flowNodes", "flowNodes.id", "outputObjects.flowNodeId")
    .select("outputObjects.id")
    .where("flowNodes.flowId", "in", flowIds);
  const files = await database
    .selectFrom("writeSettings")
    .selectAll()
    .where("outputObjectId", "in", ids)
    .orderBy("id")
    .execute();
  const tables = await database
    .selectFrom("publications")
    .selectAll()
    .where("outputObjectId", "in", ids)
    .orderBy("id")
    .execute();
  const scripts = await database
    .selectFrom("sqlScripts")
    .selectAll()
    .where("outputObjectId", "in", ids)
    .orderBy("id")
    .execute();
  return {
    ofFlow: groupBy(outputs, (row) => row.flowId),
    files: groupBy(files, (row) => row.outputObjectId),
    tables: groupBy(tables, (row) => row.outputObjectId),
    scripts: groupBy(scripts, (row) => row.outputObjectId),
  };
}

function toFlow(flow: Row<"flows">, rows: FlowRows, sealer: Sealer): Flow {
  const nodes = rows.nodes.get(flow.id) ?? [];
  const datasets = rows.datasets.get(flow.id) ?? [];
  const named = new Set([
    ...nodes.map((node) => node.recipeId),
    ...datasets.map((dataset) => dataset.parsingRecipeId),
  ]);
  return {
    id: flow.id,
    name: flow.name,
    description: flow.description,
    ...optional<"settings", JsonObject>("settings", flow.settings),
    isPrimary: flow.isPrimary === 1,
    nodes: nodes.map(toNode),
    edges: (rows.edges.get(flow.id) ?? []).map(({ id, fromNodeId, toNodeId, port }) => ({
      id,
      from: fromNodeId,
      to: toNodeId,
      port,
    })),
    recipes: rows.recipes.filter((recipe) => recipe.flowId === flow.id || named.has(recipe.id)).map(toRecipe),
    datasets: datasets.map(toDataset),
    outputs: (rows.outputs.ofFlow.get(flow.id) ?? []).map((row) => toOutput(row, rows)),
    parameters: (rows.parameters.get(flow.id) ?? []).map(({ id, name, value }) => ({
      id,
      name,
      value: JSON.parse(value) as JsonObject,
    })),
    overrides: (rows.overrides.get(flow.id) ?? []).map(({ id, overrideKey, value }) => ({
      id,
      name: overrideKey,
      value: JSON.parse(value) as JsonObject,
    })),
    references: (rows.references.get(flow.id) ?? []).map(({ id, name, description }) => ({
      id,
      name,
      description,
    })),
    webhooks: (rows.webhooks.get(flow.id) ?? []).map((row) => toWebhook(row, sealer)),
  };
}

function toNode(row: Row<"flowNodes">): FlowNode {
  const { id, recipeId, referenceId, sourceReferenceId } = row;
  return { id, recipeId, isWrangled: row.isWrangled === 1, referenceId, sourceReferenceId };
}

function toRecipe(row: Row<"recipes">): Recipe {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    isActive: row.isActive === 1,
    steps: parseSteps(row),
    qualityRules: JSON.parse(row.qualityRules) as readonly JsonObject[],
  };
}

function toOutput(row: Row<"outputObjects">, rows: FlowRows): Output {
  return {
    id: row.id,
    nodeId: row.flowNodeId,
    isManual: row.isAdhoc === 1,
    engine: row.execution,
    hasProfile: row.profiler === 1,
    files: (rows.outputs.files.get(row.id) ?? []).map(toFileOutput),
    tables: (rows.outputs.tables.get(row.id) ?? []).map(toTableOutput),
    ...optional<"options", JsonObject>("options", row.options),
    sqlScripts: (rows.outputs.scripts.get(row.id) ?? []).map(toSqlScript),
  };
}

function toFileOutput(row: Row<"writeSettings">): FileOutput {
  return {
    id: row.id,
    path: row.path,
    action: row.action,
    format: row.format,
    compression: row.compression,
    hasHeader: row.header === 1,
    isSingleFile: row.asSingleFile === 1,
    delimiter: row.delim,
    hasQuotes: row.hasQuotes === 1,
    prefix: row.prefix,
    suffix: row.suffix,
    connectionId: row.connectionId,
    parameters: parseParameters(row.parameters),
  };
}

function toTableOutput(row: Row<"publications">): TableOutput {
  return {
    id: row.id,
    path: toTexts(row.path),
    table: row.tableName,
    targetType: row.targetType,
    action: row.action,
    connectionId: row.connectionId,
    parameters: parseParameters(row.parameters),
    ...optional<"options", JsonObject>("options", row.options),
  };
}

function toSqlScript({ id, sqlScript, type, vendor, connectionId }: Row<"sqlScripts">): SqlScript {
  return { id, sql: sqlScript, type, vendor, connectionId };
}

function toWebhook(row: Row<"webhookFlowTasks">, sealer: Sealer): Webhook {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    method: row.method,
    triggerEvent: row.triggerEvent,
    triggerObject: row.triggerObject,
    body: row.body,
    headers: JSON.parse(sealer.unseal(row.headers)) as Webhook["headers"],
    secretKey: row.secretKey === null ? null : sealer.unseal(row.secretKey),
    verifiesTls: row.sslVerification === 1,
    retries: row.retryOnFailure === 1,
    nodeIds: JSON.parse(row.flowNodeIds) as number[],
  };
}

/** A member that the model leaves out when there is nothing to say. */
function optional<Name extends string, Value extends JsonValue = JsonValue>(
  name: Name,
  text: string | null,
): { [Key in Name]?: Value } {
  return (text === null ? {} : { [name]: JSON.parse(text) as Value }) as { [Key in Name]?: Value };
}

function toTexts(text: string | null): readonly string[] {
  return text === null ? [] : (JSON.parse(text) as readonly string[]);
}
