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

/** Reads nested flows (product 6.8 and later; JSON and JSON5 have the same members). */
export function readGeneration2(root: Fields, data: Fields): FlowPackage {
  const metadata = readMetadata(root.object("metadata"));
  const flows = data.objects("flows");
  const referenceOfNode = new Map<number, number | null>();
  const nameOfRecipe = new Map<number, string>();
  for (const flow of flows) {
    for (const recipe of flow.objects("recipes")) nameOfRecipe.set(recipe.id(), recipe.text("name", ""));
    for (const node of flow.objects("flownodes"))
      referenceOfNode.set(node.id(), node.optionalId("referenceId"));
  }
  const primary = new Set(metadata.primaryFlowIds);
  return {
    generation: 2,
    metadata,
    hash: root.optionalText("hash"),
    flows: flows.map((flow) => readFlow(flow, { primary, referenceOfNode, nameOfRecipe })),
    connections: data.objects("connections").map(readConnection),
    artifacts: data.objects("artifacts").map(readArtifact),
  };
}

/** What a flow's members refer to beyond the flow. */
interface Surroundings {
  readonly primary: ReadonlySet<number>;
  readonly referenceOfNode: ReadonlyMap<number, number | null>;
  /** Two flows may read one dataset; its parsing recipe then stands in either. */
  readonly nameOfRecipe: ReadonlyMap<number, string>;
}

function readFlow(fields: Fields, { primary, referenceOfNode, nameOfRecipe }: Surroundings): Flow {
  const id = fields.id();
  const settings = fields.plain("settings");
  return {
    id,
    name: fields.text("name", ""),
    description: fields.optionalText("description"),
    isPrimary: primary.has(id),
    ...(settings === null ? {} : { settings }),
    nodes: fields.objects("flownodes").map((node) => readNode(node, referenceOfNode)),
    edges: fields.objects("flowedges").map(readEdge),
    recipes: fields.objects("recipes").map((recipe) => readRecipe(recipe, readSteps)),
    datasets: fields.objects("datasources").map((dataset) => readNestedDataset(dataset, nameOfRecipe)),
    outputs: fields.objects("outputobjects").map(readNestedOutput),
    parameters: fields
      .objects("runparameters")
      .map((parameter) => readFlowParameter(parameter, editOf(parameter))),
    overrides: fields.objects("flowrunparameteroverrides").map(readOverride),
    references: fields.objects("references").map(readReference),
    webhooks: fields.objects("webhookflowtasks").map(readWebhook),
  };
}

function readSteps(recipe: Fields): Step[] {
  return recipe.objects("steps").map((step) => readStep(step, step.optionalId("portId")));
}

function readNestedDataset(fields: Fields, nameOfRecipe: ReadonlyMap<number, string>): Dataset {
  const parsingRecipe = fields.optionalId("parsingScriptId");
  return readDataset({
    dataset: fields,
    storage: fields.object("storageLocation"),
    relational: fields.object("relationalsource"),
    converted: fields.object("convertedSource"),
    parameters: readNestedParameters(fields),
    name: (parsingRecipe === null ? undefined : nameOfRecipe.get(parsingRecipe)) ?? "",
  });
}

function readNestedParameters(holder: Fields): PathParameter[] {
  return holder.objects("runParameters").map((fields) => readParameter(fields, editOf(fields)));
}

function editOf(parameter: Fields): Fields | null {
  return parameter.object("runParameterEdit");
}

function readNestedOutput(fields: Fields): Output {
  return readOutput(fields, {
    rows: (list) => fields.objects(list),
    fileParameters: readNestedParameters,
    tableParameters: readNestedParameters,
  });
}
