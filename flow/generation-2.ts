import type { Fields } from "./fields.js";
import type {
  Artifact,
  ConnectionStub,
  Dataset,
  Flow,
  FlowPackage,
  FlowParameter,
  Output,
  PathParameter,
  Recipe,
} from "./model.js";
import {
  readConnection,
  readDataset,
  readEdge,
  readFileOutput,
  readMetadata,
  readNode,
  readOutputOptions,
  readOverride,
  readParameter,
  readReference,
  readSqlScript,
  readStep,
  readTableOutput,
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
    connections: data.objects("connections").map((fields): ConnectionStub => readConnection(fields)),
    artifacts: data.objects("artifacts").map((fields): Artifact => readArtifact(fields)),
  };
}

function readArtifact(fields: Fields): Artifact {
  return {
    id: fields.id(),
    storageId: fields.text("artifactStorageId", ""),
    type: fields.text("type", ""),
    content: null,
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
    recipes: fields.objects("recipes").map(readRecipe),
    datasets: fields.objects("datasources").map((dataset) => readNestedDataset(dataset, nameOfRecipe)),
    outputs: fields.objects("outputobjects").map(readOutput),
    parameters: fields.objects("runparameters").map(readFlowParameter),
    overrides: fields.objects("flowrunparameteroverrides").map(readOverride),
    references: fields.objects("references").map(readReference),
    webhooks: fields.objects("webhookflowtasks").map(readWebhook),
  };
}

function readRecipe(fields: Fields): Recipe {
  return {
    id: fields.id(),
    name: fields.text("name", ""),
    description: fields.optionalText("description"),
    isActive: fields.flag("active", true),
    steps: fields.objects("steps").map((step) => readStep(step, step.optionalId("portId"))),
    qualityRules: fields.plainObjects("dqScriptRules"),
  };
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
  return holder
    .objects("runParameters")
    .map((fields) => readParameter(fields, fields.object("runParameterEdit")));
}

function readFlowParameter(fields: Fields): FlowParameter {
  const { id, name, value } = readParameter(fields, fields.object("runParameterEdit"));
  return { id, name, value };
}

function readOutput(fields: Fields): Output {
  const options = readOutputOptions(
    fields,
    fields.objects("outputobjectdataflowoptions"),
    fields.objects("outputobjectsparkoptions"),
  );
  return {
    id: fields.id(),
    nodeId: fields.id("flowNodeId"),
    isManual: fields.flag("isAdhoc", true),
    engine: fields.text("execution", ""),
    hasProfile: fields.flag("profiler", false),
    ...(options === undefined ? {} : { options }),
    files: fields.objects("writesettings").map((file) => readFileOutput(file, readNestedParameters(file))),
    tables: fields
      .objects("publications")
      .map((table) => readTableOutput(table, readNestedParameters(table))),
    sqlScripts: fields.objects("sqlscripts").map(readSqlScript),
  };
}
