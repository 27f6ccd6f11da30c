import { isJsonObject } from "../fields.js";
import { textOf, textsOf } from "../language/nodes.js";
import { formatUri, parseUri } from "../location.js";
import type { Dataset, JsonObject, PathParameter, Step } from "../model.js";
import { fillTemplate, variableDefault } from "../template.js";
import type { DatasetSource, SourceColumn } from "./compiled-query.js";
import { DataNeeded, UnsupportedStep, type CompilePlace } from "./compile-error.js";
import type { Dialect } from "./dialect.js";
import type { GivenValue } from "./parameter-value.js";
import type { Input } from "./raw-text.js";
import type { QueryPlan } from "./relation.js";
import { readRelation } from "./source.js";

/** A dataset under the name that the package gives it: for reading a query, not for running it. */
export function defaultSource(
  dataset: Dataset,
  step: Step,
  dialect: Dialect,
  place: CompilePlace,
  given: GivenValue,
): DatasetSource {
  if (dataset.kind === "file") return { files: [describeSource(dataset, given)] };
  const columns = columnsOf(step) ?? dataset.columns.map((name): SourceColumn => ({ name }));
  if (columns.length === 0)
    throw new DataNeeded(
      place,
      `the package does not say which columns "${dataset.name}" has; give the data`,
    );
  if (dataset.query !== null) {
    const open = dataset.parameters.find((parameter) => valueOf(parameter, given) === undefined);
    if (open !== undefined)
      throw new DataNeeded(
        place,
        `the query of "${dataset.name}" has no value for its parameter "${open.name}"; give it one`,
      );
    return { relation: `(${describeSource(dataset, given)}) AS query`, columns };
  }
  return {
    relation: [...dataset.path, dataset.table ?? ""].map((part) => dialect.quoteName(part)).join("."),
    columns,
  };
}

/**
 * Where a dataset's rows are, as the package has it with the values of parameters in their places: a file's location, a
 * table's full name or the text of a query. In a location `*` stands for what only looking at the files can tell.
 */
export function describeSource(dataset: Dataset, given: GivenValue): string {
  const { parameters } = dataset;
  if (dataset.kind === "table") {
    if (dataset.query === null) return [...dataset.path, dataset.table ?? ""].join(".");
    return fillTemplate(dataset.query, parameters, (one) => valueOf(one, given) ?? `{${one.name}}`);
  }
  const { location, pathTemplate } = dataset;
  const uri = location.uri === null ? null : parseUri(location.uri);
  const whole = uri?.path ?? location.uri ?? location.path;
  const path =
    pathTemplate === null
      ? whole
      : fillTemplate(pathTemplate, parameters, (one) => valueOf(one, given) ?? "*");
  if (uri === null) return path;
  // A container's name stands before the @; a password must not be shown.
  return formatUri({ ...uri, path, userinfo: uri.userinfo?.replace(/:.*$/s, ":…") ?? null });
}

function valueOf({ name, value }: PathParameter, given: GivenValue): string | undefined {
  return given(name) ?? variableDefault(value);
}

function formatOf(step: Step): JsonObject | undefined {
  const { format } = step.task.parameters;
  return format?.["kind"] === "func" ? format : undefined;
}

/** The columns that a Load of database rows lists. */
function columnsOf(step: Step): SourceColumn[] | undefined {
  const parameters = formatOf(step)?.["parameters"];
  const node = isJsonObject(parameters) ? parameters["columnNames"] : undefined;
  const names = (isJsonObject(node) ? textsOf(node) : undefined) ?? textsOf(step.task.parameters["as"]);
  return names?.map((name) => ({ name }));
}

/** A dataset's rows as a table, or its files as text to be cut up. */
export function readDataset(
  source: DatasetSource,
  step: Step,
  name: string,
  place: CompilePlace,
  plan: QueryPlan,
): Input {
  if ("files" in source) return readFiles(source, step, name, place);
  const names = textsOf(step.task.parameters["as"]) ?? [];
  const isRenamed = formatOf(step)?.["type"] !== "FormatBlob" && names.length === source.columns.length;
  return readRelation(source, isRenamed ? names : [], name, [], plan);
}

function readFiles(
  source: Extract<DatasetSource, { readonly files: readonly string[] }>,
  step: Step,
  name: string,
  place: CompilePlace,
): Input {
  const format = formatOf(step);
  const type = format?.["type"] ?? "FormatBlob";
  const [column = "column1"] = textsOf(step.task.parameters["as"]) ?? [];
  const encoding = source.encoding ?? encodingOf(step);
  const file = {
    kind: "raw" as const,
    stage: "file" as const,
    source: { ...source, ...(encoding === undefined ? {} : { encoding }) },
    names: [column],
    relationName: name,
    comments: [],
    settled: undefined,
  };
  if (type === "FormatBlob") return file;
  if (type !== "FormatTrifacta") {
    const what = typeof type === "string" ? type : JSON.stringify(type);
    throw new UnsupportedStep(
      place,
      `${what} is not read from text files; give the dataset's rows with their columns`,
    );
  }
  // This format cuts rows while it loads, as a SplitRows step does behind the other.
  const parameters = isJsonObject(format?.["parameters"]) ? format["parameters"] : {};
  const [rowEnd = "\n", quote = "", escape = ""] = ["rowDelimiter", "quote", "quoteEscapeChar"].map((key) =>
    textOf(parameters[key]),
  );
  return {
    ...file,
    stage: "rows",
    rowEnd,
    ...(quote === "" ? {} : { quote }),
    ...(escape === "" ? {} : { escape }),
  };
}

/** The encoding that a Load names, as the database calls it; undefined for UTF-8. */
function encodingOf(step: Step): string | undefined {
  const named = textOf(step.task.parameters["inputEncoding"])?.toLowerCase().replace(/_/g, "-");
  if (named === undefined || named === "" || /^utf-?8$/.test(named)) return undefined;
  if (/^utf-?16/.test(named)) return "utf-16";
  return /^(iso-?8859-?1|latin-?1)$/.test(named) ? "latin-1" : named;
}
