/**
 * The normalised model of a flow package. Every generation of the format reads into these types, and
 * everything else in Sluice (rules, printing, comparison, import on a platform) works on them alone.
 * Ids are the exporting instance's own; they join objects inside one package and mean nothing elsewhere.
 */

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

export interface FlowPackage {
  /** 1: flat tables (product 6.0–6.4). 2: nested flows (6.8 and later, JSON or JSON5). */
  readonly generation: 1 | 2;
  readonly metadata: PackageMetadata;
  /** The exporter's checksum. Its algorithm is unknown: kept, never verified, never made. */
  readonly hash: string | null;
  /** In the package's order. Exactly the flows whose `isPrimary` is set are the ones that were exported by choice. */
  readonly flows: readonly Flow[];
  readonly connections: readonly ConnectionStub[];
  readonly artifacts: readonly Artifact[];
}

export interface PackageMetadata {
  /** UUID of this export; a release shows it as `packageUuid`. */
  readonly uuid: string;
  /** Version of the exporting product as written, for example `7.8.0+186.2020…`; empty when unknown. */
  readonly productVersion: string;
  readonly exportedAt: string | null;
  readonly exportedBy: number | null;
  readonly comment: string;
  readonly edition: string | null;
  readonly primaryFlowIds: readonly number[];
}

export interface Flow {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly isPrimary: boolean;
  /** Engine settings as exported, for example `{optimize: "default"}`. */
  readonly settings?: JsonObject;
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
  readonly recipes: readonly Recipe[];
  readonly datasets: readonly Dataset[];
  readonly outputs: readonly Output[];
  readonly parameters: readonly FlowParameter[];
  readonly overrides: readonly ParameterOverride[];
  readonly references: readonly FlowReference[];
  readonly webhooks: readonly Webhook[];
}

/** One node is one recipe in the graph; the API calls it wrangledDataset. */
export interface FlowNode {
  readonly id: number;
  readonly recipeId: number;
  /** False for an imported dataset with its parsing recipe. */
  readonly isWrangled: boolean;
  /** The reference that this node publishes, or null. */
  readonly referenceId: number | null;
  /** The published reference, in this or another flow of the package, that this node reads; null for ordinary nodes. */
  readonly sourceReferenceId: number | null;
}

export interface FlowEdge {
  readonly id: number;
  /** Node ids: rows run from `from` to `to`; `from` may sit in another flow of the package. */
  readonly from: number;
  readonly to: number;
  /** Null: primary input. A number: the side input of the steps with the same port. */
  readonly port: number | null;
}

export interface Recipe {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly isActive: boolean;
  readonly steps: readonly Step[];
  /** Data-quality rules; they do not change rows. */
  readonly qualityRules: readonly JsonObject[];
}

export interface Step {
  /** The side input that this step loads, or null. */
  readonly port: number | null;
  readonly task: Task;
  /** Columns that first appear at this step, as exported; may be stale. */
  readonly columns: readonly string[];
}

/** A step's instruction, kept as exported: unknown types survive reading and writing. */
export interface Task {
  readonly type: string;
  readonly parameters: { readonly [name: string]: JsonObject };
  readonly annotations: JsonObject;
  readonly outputName: string | null;
  /** Only on some Loads of newer exporters, as exported. */
  readonly as?: JsonValue;
}

export type Dataset = FileDataset | TableDataset;

interface DatasetBase {
  readonly id: number;
  /** The parsing recipe's name; a package stores no name of its own. */
  readonly name: string;
  /** As exported: hdfs, s3, gs, adl, jdbc, gsheets, bigquery, … */
  readonly type: string;
  readonly parsingRecipeId: number | null;
  readonly connectionId: number | null;
  readonly parameters: readonly PathParameter[];
  /** True when the path or query holds parameters or patterns: import rules do not reach it. */
  readonly isParameterised: boolean;
  /** Converted at ingest from Excel, Google Sheets or PDF: its selection, else null. */
  readonly conversion: JsonObject | null;
  readonly hasTypeInference: boolean;
  /** Cloud project that pays for the queries, when the exporter wrote one. */
  readonly project?: string;
}

export interface FileDataset extends DatasetBase {
  readonly kind: "file";
  readonly location: FileLocation;
  /** The path with the parameters' defaults cut out, null when not parameterised. */
  readonly pathTemplate: string | null;
  /** Bytes, when the exporter knew. */
  readonly size: number | null;
}

export interface FileLocation {
  /** Path inside the bucket, container or file system. */
  readonly path: string;
  readonly bucket: string | null;
  readonly container: string | null;
  readonly host: string | null;
  readonly userinfo: string | null;
  /** The full URI as exported, or null. */
  readonly uri: string | null;
}

export interface TableDataset extends DatasetBase {
  readonly kind: "table";
  readonly path: readonly string[];
  /** Null when the dataset is a query. */
  readonly table: string | null;
  /** SQL text; import rules do not reach it. Null when the dataset is a table. */
  readonly query: string | null;
  readonly columns: readonly string[];
  /** As exported; no real package carries one, so its form is unknown. */
  readonly filter?: JsonValue;
}

export interface Output {
  readonly id: number;
  readonly nodeId: number;
  /** True: destination of manual runs and of `deployments/{id}/run`. False: of scheduled runs. */
  readonly isManual: boolean;
  readonly engine: string;
  readonly hasProfile: boolean;
  /** Engine options without ids: `dataflow` and `spark` hold {key: value}; flags such as `ignoreRecipeErrors` as exported. */
  readonly options?: JsonObject;
  readonly files: readonly FileOutput[];
  readonly tables: readonly TableOutput[];
  readonly sqlScripts: readonly SqlScript[];
}

export interface FileOutput {
  readonly id: number;
  /** Full URI or path, parameters' defaults cut out. */
  readonly path: string;
  readonly action: string;
  readonly format: string;
  readonly compression: string;
  readonly hasHeader: boolean;
  readonly isSingleFile: boolean;
  readonly delimiter: string;
  readonly hasQuotes: boolean;
  readonly prefix: string | null;
  readonly suffix: string | null;
  readonly connectionId: number | null;
  readonly parameters: readonly PathParameter[];
}

export interface TableOutput {
  readonly id: number;
  readonly path: readonly string[];
  readonly table: string;
  readonly targetType: string;
  readonly action: string;
  readonly connectionId: number | null;
  readonly parameters: readonly PathParameter[];
  /** As exported under `parameters`, for example `{isDeltaTable: "false"}`. */
  readonly options?: JsonObject;
}

export interface SqlScript {
  readonly id: number;
  readonly sql: string;
  readonly type: string;
  readonly vendor: string;
  readonly connectionId: number | null;
}

/** A parameter inside a path, table name or query. */
export interface PathParameter {
  readonly id: number;
  /** `path`, `sql` or `tableName`, as exported. */
  readonly type: string;
  readonly name: string;
  readonly value: JsonObject;
  /** Where the default goes back into the template: ascending by index, then order; no duplicates. */
  readonly insertions: readonly { readonly index: number; readonly order: number }[];
}

/** A parameter that steps refer to. */
export interface FlowParameter {
  readonly id: number;
  readonly name: string;
  readonly value: JsonObject;
}

/** A flow-level value; wins over a parameter's default. */
export interface ParameterOverride {
  readonly id: number;
  readonly name: string;
  readonly value: JsonObject;
}

export interface FlowReference {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
}

export interface Webhook {
  readonly id: number;
  readonly name: string;
  readonly url: string;
  readonly method: string;
  readonly triggerEvent: string;
  readonly triggerObject: string;
  readonly body: string | null;
  /** As exported: may hold credentials. Never print the values. */
  readonly headers: { readonly [name: string]: string };
  readonly secretKey: string | null;
  readonly verifiesTls: boolean;
  readonly retries: boolean;
  readonly nodeIds: readonly number[];
}

/** What a package says of a connection: never a host, never a credential. */
export interface ConnectionStub {
  readonly id: number;
  /** Unique across instances: the key to match a connection by. */
  readonly uuid: string;
  readonly name: string;
  readonly description: string | null;
  readonly type: string;
  readonly vendor: string | null;
  readonly credentialType: string | null;
  readonly isGlobal: boolean;
  readonly isShared: boolean;
}

export interface Artifact {
  readonly id: number;
  readonly storageId: string;
  readonly type: string;
  /** Content of the artifact's own entry in the ZIP (JSON lines), null when the package has none. */
  readonly content: string | null;
}
