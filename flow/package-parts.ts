import { isJsonObject, type Fields } from "./fields.js";
import type {
  Artifact,
  ConnectionStub,
  Dataset,
  FileLocation,
  FileOutput,
  FlowEdge,
  FlowNode,
  FlowParameter,
  FlowReference,
  JsonObject,
  JsonValue,
  Output,
  PackageMetadata,
  ParameterOverride,
  PathParameter,
  Recipe,
  SqlScript,
  Step,
  TableOutput,
  Task,
  Webhook,
} from "./model.js";

/* Members that have the same form in every generation of the format. */

/** Metadata of the package's root; an absent table gives empty values. */
export function readMetadata(metadata: Fields | null): PackageMetadata {
  return {
    uuid: metadata?.text("uuid", "") ?? "",
    productVersion: metadata?.text("trifactaVersion", "") ?? "",
    exportedAt: metadata?.optionalText("exportedAt") ?? null,
    exportedBy: metadata?.optionalId("exportedBy") ?? null,
    comment: metadata?.text("comment", "") ?? "",
    edition: metadata?.optionalText("edition") ?? null,
    primaryFlowIds: metadata?.integers("primaryFlowIds") ?? [],
  };
}

/** A connection as a package shows it: without host, parameters or credentials. */
export function readConnection(fields: Fields): ConnectionStub {
  return {
    id: fields.id(),
    uuid: fields.text("uuid", ""),
    name: fields.text("name", ""),
    description: fields.optionalText("description"),
    type: fields.text("type", ""),
    vendor: fields.optionalText("vendor"),
    credentialType: fields.optionalText("credentialType"),
    isGlobal: fields.flag("isGlobal", false),
    isShared: fields.flag("credentialsShared", false),
  };
}

/** An artifact as the definition lists it; its content is another entry of the package. */
export function readArtifact(fields: Fields): Artifact {
  return {
    id: fields.id(),
    storageId: fields.text("artifactStorageId", ""),
    type: fields.text("type", ""),
    content: null,
  };
}

/** A recipe; `readSteps` finds its steps, which generation 1 keeps in other tables. */
export function readRecipe(fields: Fields, readSteps: (recipe: Fields) => Step[]): Recipe {
  return {
    id: fields.id(),
    name: fields.text("name", ""),
    description: fields.optionalText("description"),
    isActive: fields.flag("active", true),
    steps: readSteps(fields),
    qualityRules: fields.plainObjects("dqScriptRules"),
  };
}

/** One step; `port` comes from the caller because generation 1 keeps it in another table. */
export function readStep(fields: Fields, port: number | null): Step {
  const task = fields.object("task");
  if (task === null) fields.report("invalid-content", "task", "expected an object, it is missing");
  const columns = fields.plain("columnMetadata");
  return {
    port,
    task: task === null ? { type: "", parameters: {}, annotations: {}, outputName: null } : readTask(task),
    columns: columns === null ? [] : Object.keys(columns),
  };
}

function readTask(fields: Fields): Task {
  const parameters = fields.plain("parameters") ?? {};
  for (const name in parameters) {
    if (!isJsonObject(parameters[name])) {
      fields.report("invalid-content", `parameters.${name}`, "expected an expression object");
    }
  }
  const as = fields.json("as");
  const type = fields.text("type", "");
  if (type === "") fields.report("invalid-content", "type", "expected the name of a task type");
  return {
    type,
    parameters: parameters as Task["parameters"],
    annotations: fields.plain("annotations") ?? {},
    outputName: fields.optionalText("outputName"),
    ...(as === undefined ? {} : { as }),
  };
}

/** One parameter inside a path, table name or query; `edit` holds its name, default and places. */
export function readParameter(fields: Fields, edit: Fields | null): PathParameter {
  const holder = edit ?? fields;
  const insertions = holder
    .objects("insertionIndices")
    .map((place) => ({ index: place.id("index"), order: place.optionalId("order") ?? 0 }));
  insertions.sort((a, b) => a.index - b.index || a.order - b.order);
  return {
    id: fields.id(),
    type: fields.text("type", "path"),
    name: holder.text("overrideKey", ""),
    value: holder.plain("value") ?? {},
    insertions,
  };
}

/** A parameter of a flow: it stands in no path, so it has no places. */
export function readFlowParameter(fields: Fields, edit: Fields | null): FlowParameter {
  const { id, name, value } = readParameter(fields, edit);
  return { id, name, value };
}

/** Some exports list one insertion twice; each (name, index) is kept once, and so is a parameter without places. */
function withoutRepeatedInsertions(parameters: readonly PathParameter[]): PathParameter[] {
  const seen = new Set<string>();
  return parameters.flatMap((parameter) => {
    const insertions = parameter.insertions.filter(({ index }) => {
      const key = `${index} ${parameter.name}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
    const wasRepeated = parameter.insertions.length > 0 && insertions.length === 0;
    return wasRepeated ? [] : [{ ...parameter, insertions }];
  });
}

/** Rows that a dataset is put together from; generation 1 keeps them in separate tables. */
export interface DatasetRows {
  readonly dataset: Fields;
  readonly storage: Fields | null;
  readonly relational: Fields | null;
  readonly converted: Fields | null;
  readonly parameters: readonly PathParameter[];
  /** Name of the parsing recipe. */
  readonly name: string;
}

/** A dataset is a table or query when it has a relational source, else a file. */
export function readDataset(rows: DatasetRows): Dataset {
  const { dataset, storage, relational } = rows;
  const project = dataset.optionalText("cpProject");
  const base = {
    id: dataset.id(),
    name: rows.name,
    type: dataset.optionalText("type") ?? storage?.optionalText("type") ?? "",
    parsingRecipeId: dataset.optionalId("parsingScriptId"),
    connectionId: dataset.optionalId("connectionId"),
    parameters: withoutRepeatedInsertions(rows.parameters),
    isParameterised: dataset.flag("isDynamic", false) || rows.parameters.length > 0,
    conversion: readConversion(rows),
    hasTypeInference: !dataset.flag("disableTypeInference", false),
    ...(project === null ? {} : { project }),
  };
  if (relational === null) {
    return {
      ...base,
      kind: "file",
      location: readLocation(dataset, storage),
      pathTemplate: dataset.optionalText("dynamicPath"),
      size: storage?.optionalCount("size") ?? null,
    };
  }
  const query = relational.texts("raw");
  const filter = relational.json("filter") ?? null;
  return {
    ...base,
    kind: "table",
    path: relational.texts("relationalPath"),
    table: relational.optionalText("tableName"),
    query: query.length === 0 ? null : query.join("\n"),
    columns: columnNames(relational.json("columns")),
    ...(filter === null ? {} : { filter }),
  };
}

function readConversion(rows: DatasetRows): JsonObject | null {
  if (rows.converted === null) return rows.dataset.flag("isConverted", false) ? {} : null;
  return { selection: rows.converted.texts("selection") };
}

function readLocation(dataset: Fields, storage: Fields | null): FileLocation {
  const text = (name: string) => dataset.optionalText(name) ?? storage?.optionalText(name) ?? null;
  return {
    path: text("path") ?? "",
    bucket: text("bucket"),
    container: text("container"),
    host: text("host") ?? text("blobHost"),
    userinfo: text("userinfo"),
    uri: storage?.optionalText("fullUri") ?? null,
  };
}

function columnNames(columns: JsonValue | undefined): string[] {
  if (!Array.isArray(columns)) return [];
  return columns.flatMap((column) => {
    if (typeof column === "string") return [column];
    const name = isJsonObject(column) ? column["name"] : undefined;
    return typeof name === "string" ? [name] : [];
  });
}

/** Where the parts of an output stand; generation 1 keeps them in tables of their own. */
export interface OutputParts {
  /** The output's rows of a table or list of that name. */
  readonly rows: (table: string) => readonly Fields[];
  readonly fileParameters: (file: Fields) => PathParameter[];
  readonly tableParameters: (table: Fields) => PathParameter[];
}

/** An output with all that it writes and runs. */
export function readOutput(fields: Fields, parts: OutputParts): Output {
  const options = readOutputOptions(
    fields,
    parts.rows("outputobjectdataflowoptions"),
    parts.rows("outputobjectsparkoptions"),
  );
  return {
    id: fields.id(),
    nodeId: fields.id("flowNodeId"),
    isManual: fields.flag("isAdhoc", true),
    engine: fields.text("execution", ""),
    hasProfile: fields.flag("profiler", false),
    ...(options === undefined ? {} : { options }),
    files: parts.rows("writesettings").map((file) => readFileOutput(file, parts.fileParameters(file))),
    tables: parts.rows("publications").map((table) => readTableOutput(table, parts.tableParameters(table))),
    sqlScripts: parts.rows("sqlscripts").map(readSqlScript),
  };
}

/** A file that an output writes. */
function readFileOutput(fields: Fields, parameters: readonly PathParameter[]): FileOutput {
  return {
    id: fields.id(),
    path: fields.text("path", ""),
    action: fields.text("action", ""),
    format: fields.text("format", ""),
    compression: fields.text("compression", "none"),
    hasHeader: fields.flag("header", true),
    isSingleFile: fields.flag("asSingleFile", false),
    delimiter: fields.text("delim", ","),
    hasQuotes: fields.flag("hasQuotes", false),
    prefix: fields.optionalText("prefix"),
    suffix: fields.optionalText("suffix"),
    connectionId: fields.optionalId("connectionId"),
    parameters: withoutRepeatedInsertions(parameters),
  };
}

/** A database table that an output writes. */
function readTableOutput(fields: Fields, parameters: readonly PathParameter[]): TableOutput {
  const options = fields.plain("parameters");
  return {
    id: fields.id(),
    path: fields.texts("path"),
    table: fields.text("tableName", ""),
    targetType: fields.text("targetType", ""),
    action: fields.text("action", ""),
    connectionId: fields.optionalId("connectionId"),
    parameters: withoutRepeatedInsertions(parameters),
    ...(options === null ? {} : { options }),
  };
}

/** SQL that runs before or after an output is written. */
function readSqlScript(fields: Fields): SqlScript {
  return {
    id: fields.id(),
    sql: fields.text("sqlScript", ""),
    type: fields.text("type", ""),
    vendor: fields.text("vendor", ""),
    connectionId: fields.optionalId("connectionId"),
  };
}

const OUTPUT_FLAGS = ["ignoreRecipeErrors", "checkSchemaDrift"] as const;

/** Engine options of an output as {name: value}, without the rows' ids; undefined when there are none. */
function readOutputOptions(
  output: Fields,
  dataflow: readonly Fields[],
  spark: readonly Fields[],
): JsonObject | undefined {
  const options: JsonObject = {};
  for (const flag of OUTPUT_FLAGS) if (output.has(flag)) options[flag] = output.flag(flag, false);
  if (dataflow.length > 0) options["dataflow"] = keyedValues(dataflow);
  if (spark.length > 0) options["spark"] = keyedValues(spark);
  return Object.keys(options).length === 0 ? undefined : options;
}

function keyedValues(rows: readonly Fields[]): JsonObject {
  return Object.fromEntries(rows.map((row) => [row.text("key", ""), row.json("value") ?? null]));
}

/** A flow-level parameter value. */
export function readOverride(fields: Fields): ParameterOverride {
  return { id: fields.id(), name: fields.text("overrideKey", ""), value: fields.plain("value") ?? {} };
}

/** A webhook with its headers verbatim: they may hold credentials. */
export function readWebhook(fields: Fields): Webhook {
  const headers = fields.plain("headers") ?? {};
  return {
    id: fields.id(),
    name: fields.text("name", ""),
    url: fields.text("url", ""),
    method: fields.text("method", "post"),
    triggerEvent: fields.text("triggerEvent", ""),
    triggerObject: fields.text("triggerObject", ""),
    body: bodyText(fields.json("body")),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
    secretKey: fields.optionalText("secretKey"),
    verifiesTls: fields.flag("sslVerification", true),
    retries: fields.flag("retryOnFailure", false),
    nodeIds: fields.objects("flownodes").map((node) => node.id()),
  };
}

function bodyText(body: JsonValue | undefined): string | null {
  if (body === undefined || body === null) return null;
  return typeof body === "string" ? body : JSON.stringify(body);
}

/**
 * A node of the graph. `flowNodeId` names the node whose published reference this node reads: our reading
 * of the member's name, because no package at hand has it set.
 */
export function readNode(fields: Fields, referenceOfNode: ReadonlyMap<number, number | null>): FlowNode {
  const publisher = fields.optionalId("flowNodeId");
  const sourceReferenceId = publisher === null ? null : (referenceOfNode.get(publisher) ?? null);
  if (publisher !== null && sourceReferenceId === null) {
    const why = referenceOfNode.has(publisher) ? "publishes no reference" : "is not in the package";
    fields.report("broken-reference", "flowNodeId", `reads a reference of node ${publisher}, which ${why}`);
  }
  return {
    id: fields.id(),
    recipeId: fields.id("scriptId"),
    isWrangled: fields.flag("wrangled", true),
    referenceId: fields.optionalId("referenceId"),
    sourceReferenceId,
  };
}

/** An edge of the graph: rows run from `from` to `to`. */
export function readEdge(fields: Fields): FlowEdge {
  return {
    id: fields.id(),
    from: fields.id("inFlowNodeId"),
    to: fields.id("outFlowNodeId"),
    port: fields.optionalId("outPortId"),
  };
}

/** A reference that a node publishes. */
export function readReference(fields: Fields): FlowReference {
  return { id: fields.id(), name: fields.text("name", ""), description: fields.optionalText("description") };
}
