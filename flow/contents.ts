import { sha256 } from "./canonical.js";
import { createGraph, createNamer, type Graph, type PlacedNode } from "./graph.js";
import { isHidden, printRecipe } from "./language/print.js";
import type { Flow, FlowPackage, Output } from "./model.js";
import { describeDataset, describeFileOutput, describeScript, describeTableOutput } from "./places.js";
import { digestRecipe } from "./recipe-digest.js";
import { describeTarget, type RuledPackage } from "./rules.js";
import { printable } from "./printable.js";
import { showDefault } from "./template.js";

/** What a reviewer reads of a package after its rules. Plain JSON; empty sections are left out. */
export interface PackageContents {
  /** By flow name; a second flow of one name gets ` (2)`. */
  readonly flows: { readonly [flow: string]: FlowContents };
  /** By connection name: the uuid, and the target's connection or `not mapped`. */
  readonly connections?: { readonly [connection: string]: string };
  /** Set when recipes, or whole flows, are shown as counts and digests because their text exceeds the size limit. */
  readonly shortened?: string;
}

/** One flow. Names are recipe names, because a package names nothing else. */
export interface FlowContents {
  readonly description?: string;
  /** Counts and a digest in place of everything else, in a package too large for more. */
  readonly summary?: string;
  /** One line per step, joined by line ends: a diff of the text shows which steps changed. */
  readonly recipes?: { readonly [recipe: string]: string };
  /** Where each dataset is read from. */
  readonly inputs?: { readonly [dataset: string]: string };
  /** Where each output writes, by recipe and kind, for example `Daily revenue (manual)`. */
  readonly outputs?: { readonly [output: string]: readonly string[] };
  /** Flow parameters with their values; a flow-level override wins over the default. */
  readonly parameters?: { readonly [parameter: string]: string };
  /** What each recipe reads, its primary input first; `flow / recipe` or `flow / reference` for another flow's. */
  readonly reads?: { readonly [recipe: string]: string };
  /** Trigger and receiver's host of each webhook. The rest of the URL, headers and body may hold secrets. */
  readonly webhooks?: { readonly [webhook: string]: string };
}

/** Bounds of the description. */
export interface ContentsOptions {
  /** Bytes of JSON that the description never exceeds; above, it shows counts and digests. Default 128 KiB. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 128 * 1024;

/** Describes a package after its rules. The same content gives the same description, so a diff shows what changes. */
export function describeContents(ruled: RuledPackage, options: ContentsOptions = {}): PackageContents {
  return toPrintable(describeWithin(ruled, options)) as PackageContents;
}

/** The engine shows names and texts as they are. */
function toPrintable(value: unknown): unknown {
  if (typeof value === "string") return printable(value);
  if (Array.isArray(value)) return value.map(toPrintable);
  if (typeof value !== "object" || value === null) return value;
  const uniqueName = createNamer();
  const members = Object.entries(value).map(([name, member]) => [
    uniqueName(printable(name)),
    toPrintable(member),
  ]);
  return Object.fromEntries(members) as unknown;
}

function describeWithin(ruled: RuledPackage, options: ContentsOptions): PackageContents {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const context = createContext(ruled.package);
  const printed = printRecipes(context.graph, maxBytes);
  if (printed !== null) {
    const full = describePackage(ruled, { ...context, printed });
    if (sizeOf(full) <= maxBytes) return full;
  }
  const reason = `their text is longer than ${maxBytes} bytes`;
  const digested = describePackage(ruled, context);
  const recipes = { ...digested, shortened: `recipes are shown as counts and digests: ${reason}` };
  if (sizeOf(recipes) <= maxBytes) return recipes;
  const summaries = Object.entries(digested.flows).map(([name, flow]) => [name, summarise([flow])] as const);
  const flows = { flows: toRecord(summaries), shortened: `flows are shown as counts and digests: ${reason}` };
  if (sizeOf(flows) <= maxBytes) return flows;
  const all = summarise(Object.values(digested.flows), digested.connections);
  return {
    flows: { [`all ${summaries.length} flows`]: all },
    shortened: `the package is shown as counts and a digest: ${reason}`,
  };
}

function sizeOf(contents: PackageContents): number {
  return Buffer.byteLength(JSON.stringify(contents));
}

/** Counts for a person, and a digest so that no change goes unseen. */
function summarise(
  flows: readonly FlowContents[],
  connections?: PackageContents["connections"],
): FlowContents {
  const count = (section: "recipes" | "inputs" | "outputs") =>
    flows.reduce((sum, flow) => sum + Object.keys(flow[section] ?? {}).length, 0);
  const digest = sha256(JSON.stringify([flows, connections])).slice(0, 8);
  const counts = `${count("recipes")} recipes, ${count("inputs")} inputs, ${count("outputs")} outputs`;
  return { summary: `${counts}, digest ${digest}` };
}

interface Context {
  readonly graph: Graph;
  readonly connectionNames: ReadonlyMap<number, string>;
  /** Lines by node; absent when recipes are shown as counts and digests. */
  readonly printed?: ReadonlyMap<PlacedNode, readonly string[]>;
}

function createContext(pkg: FlowPackage): Context {
  const uniqueName = createNamer();
  const stubs = [...pkg.connections].sort((a, b) => a.id - b.id);
  return {
    graph: createGraph(pkg),
    connectionNames: new Map(stubs.map((stub) => [stub.id, uniqueName(stub.name)])),
  };
}

/** The lines of all recipes, or null as soon as they are longer than `maxBytes` together. */
function printRecipes(graph: Graph, maxBytes: number): Map<PlacedNode, string[]> | null {
  const printed = new Map<PlacedNode, string[]>();
  let length = 0;
  for (const placed of graph.nodes.values()) {
    const lines = printRecipe(placed.recipe, graph.tableNames(placed.node.id));
    length += lines.reduce((sum, line) => sum + line.length, 0);
    if (length > maxBytes) return null;
    printed.set(placed, lines);
  }
  return printed;
}

function describePackage(ruled: RuledPackage, context: Context): PackageContents {
  const uniqueName = createNamer();
  const flows = [...ruled.package.flows].sort((a, b) => a.id - b.id);
  const connections = ruled.package.connections.map((stub) => {
    const target = ruled.connectionTargets.get(stub.id);
    const mapped = target === undefined ? "not mapped" : describeTarget(target);
    return [context.connectionNames.get(stub.id) ?? stub.name, `uuid ${stub.uuid} → ${mapped}`] as const;
  });
  return {
    flows: toRecord(flows.map((flow) => [uniqueName(flow.name), describeFlow(flow, context)] as const)),
    ...section("connections", connections),
  };
}

function describeFlow(flow: Flow, context: Context): FlowContents {
  const { graph } = context;
  const placed = graph.nodesOf(flow);
  const recipes = placed.flatMap((one) => {
    const text = describeRecipe(one, context);
    return text === null ? [] : [[one.name, text] as const];
  });
  return {
    ...(flow.description === null || flow.description === "" ? {} : { description: flow.description }),
    ...section("recipes", recipes),
    ...section("inputs", describeInputs(flow, context)),
    ...section("outputs", describeOutputs(flow, context)),
    ...section("parameters", describeParameters(flow)),
    ...section("reads", describeReads(placed, graph)),
    ...section("webhooks", describeWebhooks(flow)),
  };
}

/** A dataset that is read without any step has no text. */
function describeRecipe(placed: PlacedNode, context: Context): string | null {
  const { node, recipe } = placed;
  const visible = recipe.steps.filter((step) => !isHidden(step)).length;
  if (visible === 0) return node.isWrangled ? "(no steps)" : null;
  const lines = context.printed?.get(placed);
  const text = lines?.join("\n") ?? `${visible} steps, digest ${digestRecipe(recipe).hash.slice(0, 8)}`;
  return recipe.isActive ? text : `(not active)\n${text}`;
}

function describeInputs(flow: Flow, context: Context): (readonly [string, string])[] {
  const nodeOfRecipe = new Map(context.graph.nodesOf(flow).map((placed) => [placed.recipe.id, placed.name]));
  const uniqueName = createNamer();
  return [...flow.datasets]
    .sort((a, b) => a.id - b.id)
    .map((dataset) => {
      const recipe = dataset.parsingRecipeId;
      const name = (recipe === null ? undefined : nodeOfRecipe.get(recipe)) ?? dataset.name;
      return [uniqueName(name), describeDataset(dataset, context.connectionNames)] as const;
    });
}

function describeOutputs(flow: Flow, context: Context): (readonly [string, readonly string[]])[] {
  const uniqueName = createNamer();
  const nameOf = (output: Output) => context.graph.nodes.get(output.nodeId)?.name ?? `node ${output.nodeId}`;
  const outputs = [...flow.outputs].sort(
    (a, b) => a.nodeId - b.nodeId || Number(b.isManual) - Number(a.isManual),
  );
  return outputs.map((output) => {
    const targets = [
      ...output.files.map(describeFileOutput),
      ...output.tables.map((table) => describeTableOutput(table, context.connectionNames)),
      ...output.sqlScripts.map((script) => describeScript(script, context.connectionNames)),
    ];
    return [uniqueName(`${nameOf(output)} (${output.isManual ? "manual" : "scheduled"})`), targets] as const;
  });
}

function describeParameters(flow: Flow): (readonly [string, string])[] {
  const values = new Map<string, string>();
  const inPaths = [
    ...flow.datasets,
    ...flow.outputs.flatMap((output) => [...output.files, ...output.tables]),
  ];
  for (const { name, value } of inPaths.flatMap((holder) => holder.parameters))
    values.set(name, showDefault(value));
  for (const { name, value } of flow.parameters) values.set(name, showDefault(value));
  for (const { name, value } of flow.overrides) values.set(name, showDefault(value));
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1));
}

function describeReads(placed: readonly PlacedNode[], graph: Graph): (readonly [string, string])[] {
  return placed.flatMap(({ node, flow, name }) => {
    const sources = graph.inputsOf(node.id).flatMap((edge) => {
      const source = graph.nodes.get(edge.from);
      if (source === undefined) return [];
      return source.flow === flow ? [source.name] : [`${source.flow.name} / ${source.name}`];
    });
    if (node.sourceReferenceId !== null) {
      const publisher = graph.publisherOf(node.sourceReferenceId);
      const reference = publisher?.flow.references.find(({ id }) => id === node.sourceReferenceId);
      if (publisher !== undefined)
        sources.push(`${publisher.flow.name} / ${reference?.name ?? publisher.name}`);
    }
    return sources.length === 0 ? [] : [[name, sources.join(", ")] as const];
  });
}

function describeWebhooks(flow: Flow): (readonly [string, string])[] {
  const uniqueName = createNamer();
  return flow.webhooks.map((webhook) => {
    const receiver = URL.canParse(webhook.url) ? new URL(webhook.url).host : "an address that is no URL";
    return [uniqueName(webhook.name), `${webhook.triggerEvent}: ${webhook.method} to ${receiver}`] as const;
  });
}

function section<Name extends string, Value>(
  name: Name,
  entries: readonly (readonly [string, Value])[],
): { [K in Name]?: { readonly [key: string]: Value } } {
  return (entries.length === 0 ? {} : { [name]: toRecord(entries) }) as {
    [K in Name]?: { readonly [key: string]: Value };
  };
}

/** Keys are sorted so that the description does not depend on the order of the package's tables. */
function toRecord<Value>(entries: readonly (readonly [string, Value])[]): { readonly [key: string]: Value } {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
