import type { Dataset, FlowEdge, Recipe, SqlScript } from "../model.js";
import { digestRecipe } from "../recipe-digest.js";
import { alignRecipe, type AlignedRecipe } from "./align-recipe.js";
import { contentKey } from "./fields.js";
import { createSide, outputContent, publishersOf, type GraphSide } from "./labels.js";
import { matchFlows } from "./match-flows.js";
import { matchNodes } from "./match-nodes.js";
import { matchInStages, type MatchKey } from "./match-parts.js";
import {
  connectionKey,
  createTables,
  largestId,
  type Row,
  type TableName,
  type Tables,
  type TableValues,
} from "./tables.js";

/**
 * Gives every object of `after` the id of its partner in `before`, and an id that neither package uses where it has none.
 * What then differs under one id has changed, and nothing else has: the rest of the comparison needs no matching.
 */
export function alignTables(before: Tables, after: Tables): Tables {
  return new Aligner(before, after).align();
}

type Ids = Map<number, number>;

/** Ports count up from 1 in each recipe, so none is above this. */
const UNUSED_PORTS = 2 ** 40;

class Aligner {
  private readonly after: Tables;
  private readonly left: GraphSide;
  private readonly right: GraphSide;
  private last: number;
  private readonly ids: Record<TableName, Ids>;

  constructor(
    private readonly before: Tables,
    after: Tables,
  ) {
    this.last = Math.max(largestId(before), largestId(after));
    const none = createTables();
    this.ids = Object.fromEntries(
      Object.keys(none).map((name) => [name, new Map<number, number>()]),
    ) as Record<TableName, Ids>;
    this.match("connections", before.connections, after.connections, [
      connectionKey,
      ({ uuid }) => uuid,
      ({ name }) => name,
    ]);
    // Under the ids of before, whatever uses a connection compares like any other content.
    this.after = this.withConnections(after);
    this.left = createSide(before);
    this.right = createSide(this.after);
  }

  align(): Tables {
    const { before, after } = this;
    this.match("artifacts", before.artifacts, after.artifacts, [
      (artifact) => contentKey("artifacts", artifact),
      ({ storageId }) => storageId,
      ({ type }) => type,
    ]);
    this.adopt("flows", matchFlows(this.left, this.right));
    this.adopt("nodes", matchNodes(this.left, this.right, this.ids.flows));
    this.matchRecipes();
    this.matchDatasets();
    this.matchOutputs();
    const publishers = [publishersOf(before), publishersOf(after)] as const;
    this.matchOwned("references", [
      ({ id }, side) => {
        const publisher = publishers[side].get(id);
        const node = side === 0 ? publisher : this.ids.nodes.get(publisher ?? Number.NaN);
        return publisher === undefined ? null : String(node);
      },
      (reference) => contentKey("references", reference),
      ({ name }) => name,
    ]);
    for (const table of ["parameters", "overrides"] as const) {
      this.matchOwned(table, [
        (parameter) => contentKey(table, parameter),
        ({ name }) => name,
        (parameter) => contentKey(table, parameter, "name"),
      ]);
    }
    this.matchOwned("webhooks", [
      (webhook) => contentKey("webhooks", webhook, "nodeIds"),
      ({ name, url }) => `${name}\n${url}`,
      ({ name }) => name,
      (webhook) => contentKey("webhooks", webhook, "nodeIds", "name"),
    ]);
    return this.renumber();
  }

  private match<Name extends TableName>(
    name: Name,
    before: ReadonlyMap<number, Row<TableValues[Name]>>,
    after: ReadonlyMap<number, Row<TableValues[Name]>>,
    keys: readonly MatchKey<TableValues[Name]>[],
  ): void {
    const partners = matchInStages(valuesOf(before), valuesOf(after), keys);
    this.adopt(name, new Map([...partners].map(([one, other]) => [one.id, other.id])), after);
  }

  /** Takes over the partners' ids, and gives the others new ones. */
  private adopt(
    name: TableName,
    partners: ReadonlyMap<number, number>,
    after: ReadonlyMap<number, unknown> = this.after[name],
  ): void {
    for (const id of after.keys()) this.ids[name].set(id, partners.get(id) ?? (this.last += 1));
  }

  /** Matches what flows own, flow by flow, or outputs' targets by output: only what partners own can be partners. */
  private matchOwned<Name extends TableName>(
    name: Name,
    keys: readonly ((value: TableValues[Name], side: 0 | 1) => string | null)[],
    owners: "flows" | "outputs" = "flows",
  ): void {
    const list = (tables: Tables, side: 0 | 1) =>
      [...tables[name].values()].map(({ owner, value }) => ({
        value,
        side,
        owner: side === 0 ? owner : (this.ids[owners].get(owner) ?? owner),
      }));
    const partners = matchInStages(
      list(this.before, 0),
      list(this.after, 1),
      keys.map((key) => ({ owner, value, side }) => {
        const text = key(value, side);
        return text === null ? null : `${owner} ${text}`;
      }),
    );
    this.adopt(name, new Map([...partners].map(([one, other]) => [one.value.id, other.value.id])));
  }

  private matchRecipes(): void {
    const partners = new Map<number, number>();
    const used = new Set<number>();
    const nodes = [this.before.nodes, this.after.nodes] as const;
    for (const { value: node } of nodes[1].values()) {
      used.add(node.recipeId);
      const partner = nodes[0].get(this.ids.nodes.get(node.id) ?? Number.NaN)?.value;
      if (partner !== undefined) partners.set(node.recipeId, partner.recipeId);
    }
    const usedBefore = new Set(valuesOf(nodes[0]).map((node) => node.recipeId));
    const unused = (tables: Tables, taken: ReadonlySet<number>, flow: (id: number) => number | undefined) =>
      [...tables.recipes.values()]
        .filter(({ value }) => !taken.has(value.id))
        .map(({ owner, value }) => ({ flow: flow(owner), value }));
    const found = matchInStages(
      unused(this.before, usedBefore, (flow) => flow),
      unused(this.after, used, (flow) => this.ids.flows.get(flow)),
      [
        ({ flow, value }) => `${String(flow)} ${digestRecipe(value).hash}`,
        ({ flow, value }) => `${String(flow)} ${value.name}`,
      ],
    );
    for (const [one, other] of found) partners.set(one.value.id, other.value.id);
    this.adopt("recipes", partners);
  }

  private matchDatasets(): void {
    const parsing = (dataset: Dataset, side: 0 | 1): string | null => {
      const recipe = dataset.parsingRecipeId;
      if (recipe === null) return null;
      return String(side === 0 ? recipe : this.ids.recipes.get(recipe));
    };
    const content = (dataset: Dataset) => contentKey("datasets", dataset, "parsingRecipeId");
    this.matchOwned("datasets", [
      (dataset, side) => `${String(parsing(dataset, side))} ${content(dataset)}`,
      parsing,
      (dataset) => content(dataset),
      ({ name }) => name,
    ]);
  }

  private matchOutputs(): void {
    const on = (nodeId: number, side: 0 | 1) => (side === 0 ? nodeId : this.ids.nodes.get(nodeId));
    const tables = [this.before, this.after] as const;
    // An output stands on its node, wherever it is listed.
    const key = (text: (output: TableValues["outputs"], side: 0 | 1) => string) => {
      return (output: TableValues["outputs"], side: 0 | 1) =>
        `${String(on(output.nodeId, side))} ${text(output, side)}`;
    };
    this.matchOwned("outputs", [
      key((output, side) => outputContent(tables[side], output)),
      key((output) => String(output.isManual)),
      key((output, side) => outputContent(tables[side], output, "isManual")),
    ]);
    this.matchOwned(
      "files",
      [(file) => contentKey("files", file), ({ path }) => path, ({ format }) => format, () => ""],
      "outputs",
    );
    this.matchOwned(
      "tables",
      [
        (table) => contentKey("tables", table),
        ({ path, table }) => JSON.stringify([path, table]),
        ({ table }) => table,
        ({ connectionId, targetType }) => `${String(connectionId)} ${targetType}`,
        () => "",
      ],
      "outputs",
    );
  }

  /** Only what uses connections is made anew. */
  private withConnections(after: Tables): Tables {
    const rename = <T extends { readonly connectionId: number | null }>(value: T): T => {
      const { connectionId } = value;
      return connectionId === null
        ? value
        : { ...value, connectionId: this.ids.connections.get(connectionId) ?? connectionId };
    };
    return {
      ...after,
      datasets: mapValues(after.datasets, (dataset) => rename(dataset)),
      files: mapValues(after.files, rename),
      tables: mapValues(after.tables, rename),
      outputs: mapValues(after.outputs, (output) => ({
        ...output,
        sqlScripts: output.sqlScripts.map((script): SqlScript => rename(script)),
      })),
    };
  }

  private renumber(): Tables {
    const { after, ids } = this;
    const rename = (table: TableName, id: number) => ids[table].get(id) ?? id;
    const optional = (table: TableName, id: number | null) => (id === null ? null : rename(table, id));
    const aligned = this.alignRecipes();
    const put = <Name extends TableName>(
      name: Name,
      change: (value: TableValues[Name]) => TableValues[Name],
      owners: TableName = "flows",
    ) => {
      const table = new Map<number, Row<TableValues[Name]>>();
      const rows = after[name];
      for (const [id, { owner, value }] of rows) {
        const renamed = { ...change(value), id: rename(name, id) };
        table.set(rename(name, id), { owner: rename(owners, owner), value: renamed });
      }
      return table;
    };
    const same = <T>(value: T): T => value;
    const nodes = put("nodes", (node) => ({
      ...node,
      recipeId: rename("recipes", node.recipeId),
      referenceId: optional("references", node.referenceId),
      sourceReferenceId: optional("references", node.sourceReferenceId),
    }));
    return {
      flows: put("flows", same),
      nodes,
      edges: this.renumberEdges(aligned),
      recipes: put("recipes", (recipe) => ({
        ...recipe,
        steps: aligned.get(recipe.id)?.steps ?? recipe.steps,
      })),
      datasets: put("datasets", (dataset) => ({
        ...dataset,
        parsingRecipeId: optional("recipes", dataset.parsingRecipeId),
      })),
      outputs: put("outputs", (output) => ({ ...output, nodeId: rename("nodes", output.nodeId) })),
      files: put("files", same, "outputs"),
      tables: put("tables", same, "outputs"),
      parameters: put("parameters", same),
      overrides: put("overrides", same),
      references: put("references", same),
      webhooks: put("webhooks", (webhook) => ({
        ...webhook,
        nodeIds: webhook.nodeIds.map((id) => rename("nodes", id)),
      })),
      connections: put("connections", same),
      artifacts: put("artifacts", same),
    };
  }

  /** After's recipe → its steps and ports in the names of its partner; a new recipe keeps its own. */
  private alignRecipes(): Map<number, AlignedRecipe> {
    const { before, after, ids } = this;
    const nodeOf = (tables: Tables) =>
      new Map([...tables.nodes.values()].map(({ value }) => [value.recipeId, value.id]));
    const nodes = [nodeOf(before), nodeOf(after)] as const;
    const sources = [sourcesOf(before), sourcesOf(after, (id) => ids.nodes.get(id) ?? id)] as const;
    const aligned = new Map<number, AlignedRecipe>();
    const empty = new Map<number, string>();
    for (const { value: recipe } of after.recipes.values()) {
      const partner: Recipe = before.recipes.get(ids.recipes.get(recipe.id) ?? Number.NaN)?.value ?? {
        ...recipe,
        id: Number.NaN,
        steps: [],
      };
      aligned.set(
        recipe.id,
        alignRecipe(partner, recipe, {
          beforeSources: sources[0].get(nodes[0].get(partner.id) ?? Number.NaN) ?? empty,
          afterSources: sources[1].get(nodes[1].get(recipe.id) ?? Number.NaN) ?? empty,
          dataset: (id) => ids.datasets.get(id),
          artifact: (id) => ids.artifacts.get(id),
          isBeforeDataset: (id) => before.datasets.has(id),
          isBeforeArtifact: (id) => before.artifacts.has(id),
        }),
      );
    }
    return aligned;
  }

  private renumberEdges(aligned: ReadonlyMap<number, AlignedRecipe>): Map<number, Row<FlowEdge>> {
    const { before, after, ids } = this;
    const renamed = [...after.edges.values()].map(({ value: edge }) => {
      const recipe = after.nodes.get(edge.to)?.value.recipeId ?? Number.NaN;
      return {
        ...edge,
        from: ids.nodes.get(edge.from) ?? edge.from,
        to: ids.nodes.get(edge.to) ?? edge.to,
        port: edge.port === null ? null : (aligned.get(recipe)?.ports.get(edge.port) ?? edge.port),
      };
    });
    // A port that no step loads has no meaning but that it is open.
    const place = (edge: FlowEdge, tables: Tables) =>
      `${edge.to} ${String(edge.port !== null && !isLoaded(edge, tables) ? "open" : edge.port)}`;
    const own = new Set<FlowEdge>(renamed);
    const loadedIn = (edge: FlowEdge): string => {
      if (!own.has(edge)) return place(edge, before);
      const original = after.edges.get(edge.id)?.value ?? edge;
      return isOpen(original, after) ? `${edge.to} open` : `${edge.to} ${String(edge.port)}`;
    };
    const partners = matchInStages<FlowEdge>(valuesOf(before.edges), renamed, [
      (edge) => `${edge.from} ${loadedIn(edge)}`,
      loadedIn,
    ]);
    const flowOf = (node: number) => ids.flows.get(after.nodes.get(node)?.owner ?? Number.NaN) ?? 0;
    return new Map(
      renamed.map((edge) => {
        const partner = partners.get(edge);
        const original = after.edges.get(edge.id)?.value ?? edge;
        // An open port keeps its partner's number, which is as good as any.
        const port = isOpen(original, after) ? (partner?.port ?? this.newPort()) : edge.port;
        const id = partner?.id ?? (this.last += 1);
        return [id, { owner: flowOf(original.to), value: { ...edge, id, port } }] as const;
      }),
    );
  }

  private newPort(): number {
    return UNUSED_PORTS + (this.last += 1);
  }
}

function valuesOf<T>(table: ReadonlyMap<number, Row<T>>): T[] {
  return [...table.values()].map(({ value }) => value);
}

function mapValues<T>(table: ReadonlyMap<number, Row<T>>, change: (value: T) => T): Map<number, Row<T>> {
  return new Map([...table].map(([id, { owner, value }]) => [id, { owner, value: change(value) }]));
}

/** Node → its ports, each with the node it reads. */
function sourcesOf(
  tables: Tables,
  rename: (node: number) => number = (node) => node,
): Map<number, Map<number, string>> {
  const sources = new Map<number, Map<number, string>>();
  for (const { value: edge } of tables.edges.values()) {
    if (edge.port === null) continue;
    const ports = sources.get(edge.to) ?? new Map<number, string>();
    ports.set(edge.port, `node ${rename(edge.from)}`);
    sources.set(edge.to, ports);
  }
  return sources;
}

function isLoaded(edge: FlowEdge, tables: Tables): boolean {
  const recipe = tables.recipes.get(tables.nodes.get(edge.to)?.value.recipeId ?? Number.NaN)?.value;
  return recipe !== undefined && edge.port !== null && digestRecipe(recipe).ports.includes(edge.port);
}

function isOpen(edge: FlowEdge, tables: Tables): boolean {
  return edge.port !== null && !isLoaded(edge, tables);
}
