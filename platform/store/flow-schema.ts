import type { Generated } from "kysely";
import type { Flag, JsonText, OwnedColumns } from "./schema.js";

/** Tables of everything inside a flow. They follow flow/model.ts, so that import and export map field by field. */
export interface FlowTables {
  folders: FolderRow;
  flows: FlowRow;
  recipes: RecipeRow;
  flowNodes: FlowNodeRow;
  flowEdges: FlowEdgeRow;
  flowReferences: FlowReferenceRow;
  datasets: DatasetRow;
  flowDatasets: FlowDatasetRow;
  flowParameters: FlowParameterRow;
  flowRunParameterOverrides: FlowRunParameterOverrideRow;
  outputObjects: OutputObjectRow;
  writeSettings: WriteSettingRow;
  publications: PublicationRow;
  sqlScripts: SqlScriptRow;
  webhookFlowTasks: WebhookFlowTaskRow;
  artifacts: ArtifactRow;
}

/** A folder of flows. */
export interface FolderRow extends OwnedColumns {
  name: string;
  description: string | null;
}

/** A flow; deleted softly by its owner, for good with its release. The owner is `creatorId`. */
export interface FlowRow extends OwnedColumns {
  name: string;
  description: string | null;
  settings: JsonText | null;
  folderId: number | null;
  /** Set when the flow came with a release; the flow goes when the release goes. */
  releaseId: number | null;
  /** Whether the package's exporter chose this flow; 1 for flows made here. */
  isPrimary: Flag;
  /** Joins the flows and artifacts of one import; null for flows made here. */
  importUuid: string | null;
  deletedAt: string | null;
}

/** A recipe of a flow, or the parsing recipe of a dataset: that one belongs to no flow, as several may hold the dataset. */
export interface RecipeRow extends OwnedColumns {
  flowId: number | null;
  name: string;
  description: string | null;
  isActive: Flag;
  /** `Step[]` of flow/model.ts: the tasks stay as they came, but Loads name datasets and artifacts by their ids here. */
  steps: JsonText;
  qualityRules: JsonText;
}

/** A node of the flow graph; its id is the API's wrangledDataset id. */
export interface FlowNodeRow extends OwnedColumns {
  flowId: number;
  recipeId: number;
  isWrangled: Flag;
  referenceId: number | null;
  sourceReferenceId: number | null;
}

/** An edge of the flow graph; `fromNodeId` may sit in another flow. */
export interface FlowEdgeRow {
  id: Generated<number>;
  environmentId: number;
  flowId: number;
  fromNodeId: number;
  toNodeId: number;
  /** Null: primary input. A number: side input of the steps with this port. */
  port: number | null;
}

/** A reference that a node publishes for other flows. */
export interface FlowReferenceRow {
  id: Generated<number>;
  environmentId: number;
  flowId: number;
  name: string;
  description: string | null;
}

/** An imported dataset. Columns of the other kind are null. */
export interface DatasetRow extends OwnedColumns {
  kind: "file" | "table";
  name: string;
  description: string | null;
  type: string;
  parsingRecipeId: number | null;
  connectionId: number | null;
  /** `PathParameter[]` of flow/model.ts. */
  parameters: JsonText;
  isParameterised: Flag;
  conversion: JsonText | null;
  hasTypeInference: Flag;
  /** `FileLocation` of flow/model.ts. */
  location: JsonText | null;
  pathTemplate: string | null;
  size: number | null;
  /** Array of strings. */
  tablePath: JsonText | null;
  tableName: string | null;
  query: string | null;
  /** Array of strings. */
  columns: JsonText | null;
  filter: JsonText | null;
  project: string | null;
}

/** Which flows hold which datasets, in the order of `id`. */
export interface FlowDatasetRow {
  id: Generated<number>;
  flowId: number;
  datasetId: number;
}

/** A parameter that steps refer to. */
export interface FlowParameterRow {
  id: Generated<number>;
  environmentId: number;
  flowId: number;
  name: string;
  value: JsonText;
}

/** A flow-level value that wins over a parameter's default. */
export interface FlowRunParameterOverrideRow extends OwnedColumns {
  flowId: number;
  overrideKey: string;
  value: JsonText;
}

/** What a recipe writes: manual (`isAdhoc` 1) or scheduled destinations. */
export interface OutputObjectRow extends OwnedColumns {
  flowNodeId: number;
  execution: string;
  profiler: Flag;
  isAdhoc: Flag;
  /** `Output.options` of flow/model.ts; null when the model has none. */
  options: JsonText | null;
}

/** A file that an output writes. */
export interface WriteSettingRow extends OwnedColumns {
  outputObjectId: number;
  path: string;
  action: string;
  format: string;
  compression: string;
  header: Flag;
  asSingleFile: Flag;
  delim: string;
  hasQuotes: Flag;
  prefix: string | null;
  suffix: string | null;
  includeMismatches: Flag;
  connectionId: number | null;
  /** `PathParameter[]` of flow/model.ts. */
  parameters: JsonText;
}

/** A table that an output writes. */
export interface PublicationRow extends OwnedColumns {
  outputObjectId: number;
  /** Array of strings. */
  path: JsonText;
  tableName: string;
  targetType: string;
  action: string;
  connectionId: number | null;
  /** `PathParameter[]` of flow/model.ts. */
  parameters: JsonText;
  /** `TableOutput.options` of flow/model.ts; null when the model has none. */
  options: JsonText | null;
}

/** SQL that runs before or after an output is written. */
export interface SqlScriptRow extends OwnedColumns {
  outputObjectId: number;
  sqlScript: string;
  type: string;
  vendor: string;
  connectionId: number | null;
}

/** A call that the platform makes after a run. `headers` and `secretKey` are sealed with the store's key. */
export interface WebhookFlowTaskRow extends OwnedColumns {
  flowId: number;
  name: string;
  url: string;
  method: string;
  triggerEvent: string;
  triggerObject: string;
  body: string | null;
  headers: string;
  secretKey: string | null;
  sslVerification: Flag;
  retryOnFailure: Flag;
  /** Array of flow node ids. */
  flowNodeIds: JsonText;
}

/** Content that steps name as `artifactId://<id>`; lives as long as a flow with its `importUuid`. */
export interface ArtifactRow {
  id: Generated<number>;
  environmentId: number;
  importUuid: string;
  packageArtifactId: number;
  storageId: string;
  type: string;
  content: string | null;
}
