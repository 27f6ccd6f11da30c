import type { Fields } from "./fields.js";
import type { Dataset, Flow, FlowPackage, Output, PathParameter, Step } from "./model.js";
import {
  readArtifact,
  readConnection,
  readDataset,
  readEdge,
  readFlowParameter,
  readMetadata,
  readNode,
  readOutput,
  readOverride,
  readParameter,
  readRecipe,
  readReference,
  readStep,
  readWebhook,
} from "./package-parts.js";

/** Reads flat database tables (product 6.0 to 6.4). A table that is absent counts as empty. */
export function readGeneration1(root: Fields, data: Fields): FlowPackage {
  const metadata = readMetadata(root.object("metadata"));
  const tables = new Tables(data);
  const flows = tables.rows("flows");
  const referenceOfNode = new Map(
    tables.rows("flownodes").map((node) => [node.id(), node.optionalId("referenceId")] as const),
  );
  const context = { tables, primary: new Set(metadata.primaryFlowIds), referenceOfNode };
  return {
    generation: 1,
    metadata,
    hash: root.optionalText("hash"),
    flows: flows.map((flow, index) => readFlow(flow, index === 0, context)),
    connections: tables.rows("connections").map(readConnection),
    artifacts: tables.rows("artifacts").map(readArtifact),
  };
}

/** The tables of one package, rows marked as deleted left out, grouped by a key column when first asked for. */
class Tables {
  private readonly groups = new Map<string, Map<number, Fields[]>>();
  private readonly tables = new Map<string, Fields[]>();

  constructor(private readonly data: Fields) {}

  rows(table: string): Fields[] {
    let rows = this.tables.get(table);
    if (rows === undefined) {
      rows = this.data.objects(table).filter((row) => !row.has("deleted_at"));
      this.tables.set(table, rows);
    }
    return rows;
  }

  /** Rows whose `column` holds `id`. */
  rowsOf(table: string, column: string, id: number): Fields[] {
    const group = `${table}.${column}`;
    let rowsById = this.groups.get(group);
    if (rowsById === undefined) {
      rowsById = new Map();
      for (const row of this.rows(table)) {
        const key = row.optionalId(column);
        if (key === null) continue;
        const rows = rowsById.get(key);
        if (rows === undefined) rowsById.set(key, [row]);
        else rows.push(row);
      }
      this.groups.set(group, rowsById);
    }
    return rowsById.get(id) ?? [];
  }

  rowOf(table: string, column: string, id: number | null): Fields | null {
    return id === null ? null : (this.rowsOf(table, column, id)[0] ?? null);
  }
}

interface Context {
  readonly tables: Tables;
  readonly primary: ReadonlySet<number>;
  readonly referenceOfNode: ReadonlyMap<number, number | null>;
}

function readFlow(fields: Fields, isFirst: boolean, context: Context): Flow {
  const { tables } = context;
  const id = fields.id();
  const nodeRows = rowsOfFlow(tables, "flownodes", id, isFirst);
  const recipeIds = new Set(nodeRows.map((node) => node.id("scriptId")));
  const referenceIds = new Set(nodeRows.map((node) => node.optionalId("referenceId")));
  return {
    id,
    name: fields.text("name", ""),
    description: fields.optionalText("description"),
    isPrimary: context.primary.has(id),
    nodes: nodeRows.map((node) => readNode(node, context.referenceOfNode)),
    edges: rowsOfFlow(tables, "flowedges", id, isFirst).map(readEdge),
    recipes: tables
      .rows("editablescripts")
      .filter((recipe) => recipeIds.has(recipe.id()))
      .map((recipe) => readRecipe(recipe, (fields) => readSteps(fields, tables))),
    datasets: datasetRows(tables, recipeIds, isFirst).map((dataset) => readFlatDataset(dataset, tables)),
    outputs: readOutputs(tables, new Set(nodeRows.map((node) => node.id())), isFirst),
    parameters: tables
      .rowsOf("runparameters", "flowId", id)
      .map((parameter) => readFlowParameter(parameter, editOf(parameter, tables))),
    overrides: rowsOfFlow(tables, "flowrunparameteroverrides", id, isFirst).map(readOverride),
    references: tables
      .rows("referenceinfos")
      .filter((reference) => referenceIds.has(reference.id()))
      .map(readReference),
    webhooks: rowsOfFlow(tables, "webhookflowtasks", id, isFirst).map(readWebhook),
  };
}

/** Rows of one flow. Rows of no known flow go to the first one, so that nothing vanishes unseen. */
function rowsOfFlow(tables: Tables, table: string, flowId: number, isFirst: boolean): Fields[] {
  const own = tables.rowsOf(table, "flowId", flowId);
  if (!isFirst) return own;
  const orphans = tables.rows(table).filter((row) => {
    const owner = row.optionalId("flowId");
    return owner === null || tables.rowOf("flows", "id", owner) === null;
  });
  return [...own, ...orphans];
}

/** A flow's datasets are those whose parsing recipe is one of its nodes; datasets of no flow go to the first one. */
function datasetRows(tables: Tables, recipeIds: ReadonlySet<number>, takesOrphans: boolean): Fields[] {
  return tables.rows("datasources").filter((dataset) => {
    const recipe = dataset.optionalId("parsingScriptId");
    if (recipe !== null && recipeIds.has(recipe)) return true;
    return takesOrphans && (recipe === null || tables.rowsOf("flownodes", "scriptId", recipe).length === 0);
  });
}

/** The steps of the recipe's current edit. A script line is shared between edits, so its port stands with the edit. */
function readSteps(recipe: Fields, tables: Tables): Step[] {
  const edit = recipe.optionalId("currentEditId");
  if (edit === null) return [];
  const places = tables.rowsOf("editsscriptlines", "editId", edit);
  const ordered = [...places].sort((a, b) => a.id("index") - b.id("index"));
  return ordered.flatMap((place) => {
    const line = tables.rowOf("scriptlines", "id", place.id("scriptlineId"));
    if (line !== null) return [readStep(line, place.optionalId("portId"))];
    place.report(
      "broken-reference",
      "scriptlineId",
      `recipe ${JSON.stringify(recipe.text("name", ""))} has a step ${place.id("scriptlineId")}, ` +
        `which is not in the package`,
    );
    return [];
  });
}

function readFlatDataset(fields: Fields, tables: Tables): Dataset {
  const id = fields.id();
  const parsingRecipe = fields.optionalId("parsingScriptId");
  return readDataset({
    dataset: fields,
    storage: tables.rowOf("storagelocations", "id", fields.optionalId("storageLocationId")),
    relational: tables.rowOf("relationalsources", "datasourceId", id),
    converted: tables.rowOf("convertedsources", "datasourceId", id),
    parameters: parametersOf(tables, "datasourceId", id),
    name: tables.rowOf("editablescripts", "id", parsingRecipe)?.text("name", "") ?? "",
  });
}

function parametersOf(tables: Tables, column: string, id: number): PathParameter[] {
  return tables.rowsOf("runparameters", column, id).map((row) => readParameter(row, editOf(row, tables)));
}

function editOf(row: Fields, tables: Tables): Fields | null {
  return tables.rowOf("runparameteredits", "id", row.optionalId("runParameterEditId"));
}

/** Outputs of the flow's nodes; an output on an unknown node goes to the first flow, where the check names it. */
function readOutputs(tables: Tables, own: ReadonlySet<number>, takesOrphans: boolean): Output[] {
  return tables
    .rows("outputobjects")
    .filter((output) => {
      const node = output.id("flowNodeId");
      return own.has(node) || (takesOrphans && tables.rowOf("flownodes", "id", node) === null);
    })
    .map((output) => readFlatOutput(output, tables));
}

function readFlatOutput(fields: Fields, tables: Tables): Output {
  const id = fields.id();
  return readOutput(fields, {
    rows: (table) => tables.rowsOf(table, "outputObjectId", id),
    fileParameters: (file) => parametersOf(tables, "writeSettingId", file.id()),
    tableParameters: (table) => parametersOf(tables, "publicationId", table.id()),
  });
}
