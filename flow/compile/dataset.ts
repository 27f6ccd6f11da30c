import { isJsonObject } from "../fields.js";
import { textsOf } from "../language/nodes.js";
import type { Dataset, JsonObject, Step } from "../model.js";
import type { DatasetSource, SourceColumn } from "./compiled-query.js";
import { DataNeeded, UnsupportedStep, type CompilePlace } from "./compile-error.js";
import type { Dialect } from "./dialect.js";
import type { Input } from "./raw-text.js";
import type { QueryPlan } from "./relation.js";
import { readRelation } from "./source.js";

/** A dataset under the name that the package gives it: for reading a query, not for running it. */
export function defaultSource(
  dataset: Dataset,
  step: Step,
  dialect: Dialect,
  place: CompilePlace,
): DatasetSource {
  if (dataset.kind === "file") return { files: [dataset.location.uri ?? dataset.location.path] };
  const columns = columnsOf(step) ?? dataset.columns.map((name): SourceColumn => ({ name }));
  if (columns.length === 0)
    throw new DataNeeded(
      place,
      `the package does not say which columns "${dataset.name}" has; give the data`,
    );
  if (dataset.query !== null) return { relation: `(${dataset.query}) AS query`, columns };
  return {
    relation: [...dataset.path, dataset.table ?? ""].map((part) => dialect.quoteName(part)).join("."),
    columns,
  };
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
  if ("files" in source) {
    const type = formatOf(step)?.["type"];
    if (typeof type === "string" && type !== "FormatBlob") {
      throw new UnsupportedStep(
        place,
        `${type} is not read from text files; give the dataset's rows with their columns`,
      );
    }
    const [column = "column1"] = textsOf(step.task.parameters["as"]) ?? [];
    const { files, encoding } = source;
    return {
      kind: "raw",
      stage: "file",
      source: { files, ...(encoding === undefined ? {} : { encoding }) },
      names: [column],
      relationName: name,
      comments: [],
      settled: undefined,
    };
  }
  const names = textsOf(step.task.parameters["as"]) ?? [];
  const isRenamed = formatOf(step)?.["type"] !== "FormatBlob" && names.length === source.columns.length;
  return readRelation(source, isRenamed ? names : [], name, [], plan);
}
