import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import JSON5 from "json5";
import type { z } from "zod";
import { suggestWord } from "./language/nearest-word.js";
import type { ConnectionStub, Flow, FlowNode, FlowPackage } from "./model.js";
import { SourceError, SourceProblems } from "./source-error.js";
import { packageSource, sourceKeys, type PackageSource } from "./source-format.js";
import { buildDataset, buildOutputs, findConnection } from "./source-inputs.js";
import {
  checkCycles,
  createIds,
  planFlows,
  RecipeBuilder,
  type FlowPlan,
  type PlannedNode,
} from "./source-recipes.js";
import { decodeUtf8, findUnstorable } from "./storable-text.js";

const SOURCE_NAME = "package.json5";
const SOURCE_SUFFIX = ".flow.json5";

/**
 * Builds a package from its readable source: a folder that holds `package.json5` or one `*.flow.json5`, or such a file.
 * Equal sources give equal packages, ids included. Throws SourceError with every problem and its place in the source.
 */
export async function buildPackage(directory: string): Promise<FlowPackage> {
  const file = await findSource(directory);
  const text = decodeUtf8(await readFile(file));
  if (text === undefined) throw new SourceError(file, ["not text in UTF-8; save it in this encoding"]);
  let json: unknown;
  try {
    json = JSON5.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SourceError(file, [`not JSON5: ${reason}`], { cause: error });
  }
  return buildFromSource(json, file);
}

/** Builds a package from a source already parsed; `name` stands for the file in errors. Throws SourceError. */
export function buildFromSource(json: unknown, name: string): FlowPackage {
  const problems = new SourceProblems();
  const parsed = packageSource.safeParse(json);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.add(toPath(issue.path), describeIssue(issue));
    throw new SourceError(name, problems.found);
  }
  for (const { path, problem } of findUnstorable(parsed.data)) problems.add(path, `${problem}; remove it`);
  if (problems.found.length > 0) throw new SourceError(name, problems.found);
  const pkg = toPackage(parsed.data, problems);
  if (problems.found.length > 0) throw new SourceError(name, problems.found);
  return pkg;
}

async function findSource(directory: string): Promise<string> {
  const found = await stat(directory).catch(() => null);
  if (found === null) throw new SourceError(directory, ["there is no such folder or file"]);
  if (found.isFile()) return directory;
  const names = await readdir(directory);
  if (names.includes(SOURCE_NAME)) return join(directory, SOURCE_NAME);
  const sources = names.filter((name) => name.endsWith(SOURCE_SUFFIX));
  const [only] = sources;
  if (only !== undefined && sources.length === 1) return join(directory, only);
  const held =
    sources.length === 0 ? "it holds neither" : `it holds ${sources.map((one) => basename(one)).join(", ")}`;
  throw new SourceError(directory, [
    `expected ${SOURCE_NAME} or one *${SOURCE_SUFFIX} in the folder, ${held}`,
  ]);
}

function toPath(path: readonly PropertyKey[]): (string | number)[] {
  return path.map((part) => (typeof part === "symbol" ? String(part) : part));
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code !== "unrecognized_keys") return issue.message;
  return issue.keys.map((key) => `unknown key "${key}"${suggestWord(key, sourceKeys)}`).join(", ");
}

function toPackage(source: PackageSource, problems: SourceProblems): FlowPackage {
  const nextId = createIds();
  const connections = Object.entries(source.connections).map(
    ([name, { uuid, type, vendor, credentialType, description, isGlobal }]): ConnectionStub => {
      return {
        id: nextId(),
        name,
        uuid,
        type,
        vendor,
        credentialType,
        description,
        isGlobal,
        isShared: true,
      };
    },
  );
  const plans = planFlows(source, nextId, problems);
  const flows = plans.map((plan) => toFlow(plan, plans, connections, nextId, problems));
  checkCycles(
    flows.flatMap((flow) => flow.edges),
    plans,
    problems,
  );
  const primaryFlowIds = flows.filter((flow) => flow.isPrimary).map((flow) => flow.id);
  if (primaryFlowIds.length === 0)
    problems.add(["flows"], "no flow is primary: leave out primary: false on one");
  const { uuid, exportedAt, productVersion, comment } = source;
  return {
    generation: 2,
    metadata: {
      uuid,
      productVersion,
      exportedAt,
      exportedBy: 1,
      comment,
      edition: "Enterprise",
      primaryFlowIds,
    },
    hash: null,
    flows,
    connections,
    artifacts: [],
  };
}

function toFlow(
  plan: FlowPlan,
  plans: readonly FlowPlan[],
  connections: readonly ConnectionStub[],
  nextId: () => number,
  problems: SourceProblems,
): Flow {
  const { source, path } = plan;
  const builder = new RecipeBuilder(plan, plans, nextId, problems);
  const recipes = [...plan.nodes.values()].map((node) => {
    const dataset = node.datasetId === null ? undefined : source.datasets[node.name];
    if (dataset !== undefined) return builder.datasetRecipe(node.name, dataset, node);
    return builder.recipe(node.name, source.recipes[node.name] ?? { from: "", steps: [] }, node);
  });
  const readers = [...plan.readers.values()];
  const connection = (name: string, place: (string | number)[]): ConnectionStub | null =>
    findConnection(name, [...path, ...place], connections, problems);
  return {
    id: plan.flowId,
    name: source.name,
    description: source.description ?? null,
    isPrimary: source.primary,
    nodes: [...toNodes(plan, problems), ...readers.map(toReader)],
    edges: builder.edges,
    recipes: [...recipes, ...readers.map((reader) => builder.readerRecipe(reader))],
    datasets: Object.entries(source.datasets).flatMap(([name, dataset]) => {
      const node = plan.nodes.get(name);
      return node === undefined ? [] : [buildDataset(name, dataset, node, path, connection, problems)];
    }),
    outputs: buildOutputs(plan, connection, nextId, problems),
    parameters: Object.entries(source.parameters).map(([name, value]) => ({
      id: nextId(),
      name,
      value: { variable: { value } },
    })),
    overrides: [],
    references: [...plan.references].map(([name, id]) => ({
      id,
      name,
      description: source.references[name]?.description ?? null,
    })),
    webhooks: [],
  };
}

function toNodes(plan: FlowPlan, problems: SourceProblems): FlowNode[] {
  const published = new Map<string, number>();
  for (const [name, { recipe }] of Object.entries(plan.source.references)) {
    const place = [...plan.path, "references", name, "recipe"];
    if (plan.source.recipes[recipe] === undefined) {
      problems.add(
        place,
        `no recipe is named "${recipe}"${suggestWord(recipe, Object.keys(plan.source.recipes))}`,
      );
    } else if (published.has(recipe)) problems.add(place, `recipe "${recipe}" publishes a reference already`);
    published.set(recipe, plan.references.get(name) ?? 0);
  }
  return [...plan.nodes.values()].map((node) => ({
    id: node.nodeId,
    recipeId: node.recipeId,
    isWrangled: node.datasetId === null,
    referenceId: node.datasetId === null ? (published.get(node.name) ?? null) : null,
    sourceReferenceId: null,
  }));
}

function toReader(reader: PlannedNode): FlowNode {
  const { nodeId, recipeId, sourceReferenceId } = reader;
  return { id: nodeId, recipeId, isWrangled: false, referenceId: null, sourceReferenceId };
}
