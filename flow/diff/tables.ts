import type {
  Artifact,
  ConnectionStub,
  Dataset,
  FileOutput,
  Flow,
  FlowEdge,
  FlowNode,
  FlowPackage,
  FlowParameter,
  FlowReference,
  Output,
  ParameterOverride,
  Recipe,
  TableOutput,
  Webhook,
} from "../model.js";
import { canonicalJson } from "../canonical.js";
import { mapStep } from "../step-text.js";

/** One object of a package; `owner` is the id of its flow, of its output for a target, or 0 for the package itself. */
export interface Row<T> {
  readonly owner: number;
  readonly value: T;
}

/** A flow without the objects in it. */
export type FlowHead = Pick<Flow, "id" | "name" | "description" | "isPrimary" | "settings">;

/** An output without its files and tables, which have no order; its SQL scripts have one and stay. */
export type OutputHead = Omit<Output, "files" | "tables">;

/** The objects of each table. */
export interface TableValues {
  readonly flows: FlowHead;
  readonly nodes: FlowNode;
  readonly edges: FlowEdge;
  readonly recipes: Recipe;
  readonly datasets: Dataset;
  readonly outputs: OutputHead;
  readonly files: FileOutput;
  readonly tables: TableOutput;
  readonly parameters: FlowParameter;
  readonly overrides: ParameterOverride;
  readonly references: FlowReference;
  readonly webhooks: Webhook;
  readonly connections: ConnectionStub;
  readonly artifacts: Artifact;
}

export type TableName = keyof TableValues;

/** Rows by id. */
export type Table<Name extends TableName> = Map<number, Row<TableValues[Name]>>;

/**
 * A package as tables by id. Ids are unique in each table: a recipe or dataset that two flows list stands here twice, a
 * recipe that two nodes share too. Connections that nothing tells apart are one.
 */
export type Tables = { readonly [Name in TableName]: Table<Name> };

/** Empty tables. */
export function createTables(): Tables {
  return {
    flows: new Map(),
    nodes: new Map(),
    edges: new Map(),
    recipes: new Map(),
    datasets: new Map(),
    outputs: new Map(),
    files: new Map(),
    tables: new Map(),
    parameters: new Map(),
    overrides: new Map(),
    references: new Map(),
    webhooks: new Map(),
    connections: new Map(),
    artifacts: new Map(),
  };
}

/** What counts of a connection: the rest of a stub says nothing about the flow. */
export function connectionKey({ uuid, name, type, vendor }: ConnectionStub): string {
  return canonicalJson([uuid, name, type, vendor]);
}

/** The largest id in any table. */
export function largestId(tables: Tables): number {
  let largest = 0;
  for (const table of Object.values(tables) as Map<number, unknown>[]) {
    for (const id of table.keys()) if (id > largest) largest = id;
  }
  return largest;
}

/** Takes a package apart. The same package gives the same tables. */
export function toTables(pkg: FlowPackage): Tables {
  const tables = createTables();
  let next = largestObjectId(pkg);
  const unusedId = (table: Map<number, unknown>, id: number) => (table.has(id) ? (next += 1) : id);
  const connectionIds = addConnections(pkg, tables);
  const connection = (id: number | null) => (id === null ? null : (connectionIds.get(id) ?? id));
  for (const artifact of pkg.artifacts) tables.artifacts.set(artifact.id, { owner: 0, value: artifact });
  const everyRecipe = new Map(
    pkg.flows.flatMap((flow) => flow.recipes.map((recipe) => [recipe.id, recipe] as const)),
  );
  const flowOfNode = new Map(
    pkg.flows.flatMap((flow) => flow.nodes.map((node) => [node.id, flow.id] as const)),
  );
  for (const flow of pkg.flows) {
    const { id, name, description, isPrimary, settings } = flow;
    const head = { id, name, description, isPrimary, ...(settings === undefined ? {} : { settings }) };
    tables.flows.set(id, { owner: 0, value: head });
    const datasetIds = new Map<number, number>();
    for (const dataset of flow.datasets) {
      datasetIds.set(dataset.id, unusedId(tables.datasets, dataset.id));
      tables.datasets.set(datasetIds.get(dataset.id) ?? 0, { owner: id, value: dataset });
    }
    const isRenumbered = [...datasetIds].some(([from, to]) => from !== to);
    const ownRecipes = new Map(flow.recipes.map((recipe) => [recipe.id, recipe]));
    const recipeIds = new Map<number, number>();
    const addRecipe = (recipe: Recipe): number => {
      const recipeId = unusedId(tables.recipes, recipe.id);
      if (!recipeIds.has(recipe.id)) recipeIds.set(recipe.id, recipeId);
      const steps = isRenumbered
        ? recipe.steps.map((step) => mapStep(step, { dataset: (old) => datasetIds.get(old) ?? old }))
        : recipe.steps;
      const value = recipeId === recipe.id && !isRenumbered ? recipe : { ...recipe, id: recipeId, steps };
      tables.recipes.set(recipeId, { owner: id, value });
      return recipeId;
    };
    for (const node of flow.nodes) {
      const recipe = ownRecipes.get(node.recipeId) ?? everyRecipe.get(node.recipeId);
      const recipeId = recipe === undefined ? node.recipeId : addRecipe(recipe);
      tables.nodes.set(node.id, { owner: id, value: { ...node, recipeId } });
    }
    for (const recipe of flow.recipes) if (!recipeIds.has(recipe.id)) addRecipe(recipe);
    for (const dataset of flow.datasets) {
      const datasetId = datasetIds.get(dataset.id) ?? dataset.id;
      const parsing = dataset.parsingRecipeId;
      const parsingRecipeId = parsing === null ? null : (recipeIds.get(parsing) ?? null);
      const value = {
        ...dataset,
        id: datasetId,
        parsingRecipeId,
        connectionId: connection(dataset.connectionId),
      };
      tables.datasets.set(datasetId, { owner: id, value });
    }
    for (const edge of flow.edges) {
      tables.edges.set(edge.id, { owner: flowOfNode.get(edge.to) ?? id, value: edge });
    }
    for (const { files, tables: targets, ...head } of flow.outputs) {
      const sqlScripts = head.sqlScripts.map((script) => ({
        ...script,
        connectionId: connection(script.connectionId),
      }));
      tables.outputs.set(head.id, {
        owner: flowOfNode.get(head.nodeId) ?? id,
        value: { ...head, sqlScripts },
      });
      for (const file of files) {
        const fileId = unusedId(tables.files, file.id);
        const value = { ...file, id: fileId, connectionId: connection(file.connectionId) };
        tables.files.set(fileId, { owner: head.id, value });
      }
      for (const target of targets) {
        const targetId = unusedId(tables.tables, target.id);
        const value = { ...target, id: targetId, connectionId: connection(target.connectionId) };
        tables.tables.set(targetId, { owner: head.id, value });
      }
    }
    for (const name of ["parameters", "overrides", "references", "webhooks"] as const) {
      const table = tables[name] as Map<number, Row<{ readonly id: number }>>;
      for (const object of flow[name]) {
        const objectId = unusedId(table, object.id);
        table.set(objectId, { owner: id, value: { ...object, id: objectId } });
      }
    }
  }
  return tables;
}

function addConnections(pkg: FlowPackage, tables: Tables): Map<number, number> {
  const firstOfKey = new Map<string, number>();
  const ids = new Map<number, number>();
  for (const stub of pkg.connections) {
    const key = connectionKey(stub);
    const first = firstOfKey.get(key);
    ids.set(stub.id, first ?? stub.id);
    if (first !== undefined) continue;
    firstOfKey.set(key, stub.id);
    tables.connections.set(stub.id, { owner: 0, value: stub });
  }
  return ids;
}

/** New ids must not meet those of any table, whichever is filled later. */
function largestObjectId(pkg: FlowPackage): number {
  let largest = 0;
  const note = (objects: readonly { readonly id: number }[]) => {
    for (const { id } of objects) if (id > largest) largest = id;
  };
  note(pkg.connections);
  note(pkg.artifacts);
  note(pkg.flows);
  for (const flow of pkg.flows) {
    for (const list of [flow.nodes, flow.edges, flow.recipes, flow.datasets, flow.outputs]) note(list);
    for (const list of [flow.parameters, flow.overrides, flow.references, flow.webhooks]) note(list);
    for (const output of flow.outputs) {
      note(output.files);
      note(output.tables);
    }
  }
  return largest;
}

/** Puts tables together again; what tables do not hold (generation, export's uuid and times) comes from `base`. */
export function toPackage(tables: Tables, base: FlowPackage): FlowPackage {
  const flows = [...tables.flows.values()].map(({ value }): Flow => {
    const of = <T>(table: ReadonlyMap<number, Row<T>>): T[] =>
      byOwner(table, value.id).map((row) => row.value);
    return {
      ...value,
      nodes: of(tables.nodes),
      edges: of(tables.edges),
      recipes: of(tables.recipes),
      datasets: of(tables.datasets),
      outputs: of(tables.outputs).map((output) => ({
        ...output,
        files: byOwner(tables.files, output.id).map((row) => row.value),
        tables: byOwner(tables.tables, output.id).map((row) => row.value),
      })),
      parameters: of(tables.parameters),
      overrides: of(tables.overrides),
      references: of(tables.references),
      webhooks: of(tables.webhooks),
    };
  });
  return {
    ...base,
    hash: null,
    metadata: {
      ...base.metadata,
      primaryFlowIds: flows.filter((flow) => flow.isPrimary).map((flow) => flow.id),
    },
    flows,
    connections: [...tables.connections.values()].map(({ value }) => value),
    artifacts: [...tables.artifacts.values()].map(({ value }) => value),
  };
}

const indexes = new WeakMap<ReadonlyMap<number, Row<unknown>>, Map<number, Row<unknown>[]>>();

/** The rows of one owner. A table must not change any more once it was asked. */
export function byOwner<T>(table: ReadonlyMap<number, Row<T>>, owner: number): readonly Row<T>[] {
  let index = indexes.get(table);
  if (index === undefined) {
    index = new Map();
    for (const row of table.values()) {
      const rows = index.get(row.owner);
      if (rows === undefined) index.set(row.owner, [row]);
      else rows.push(row);
    }
    indexes.set(table, index);
  }
  return (index.get(owner) ?? []) as Row<T>[];
}
