import type { Flow, FlowPackage, JsonObject, JsonValue, PathParameter, Step } from "../../flow/model.js";
import type { ConnectionRule } from "../../flow/rule-types.js";
import { findTextProblem, findValueProblem } from "../body-problem.js";
import { ValidationFailed } from "../errors.js";
import type { Database } from "../store/database.js";

/** Gives a parameter of the package another name, or another value. */
export type ParameterMapping =
  | { readonly overrideKey: string; readonly mappedOverrideKey: string }
  | { readonly overrideKey: string; readonly mappedValue: JsonValue };

/**
 * The rules of the form part `connectionIdMapping`, a JSON array of `{connectionUuid, mappedConnectionUuid}`. Throws
 * `ValidationFailed` for another form and for a connection that does not exist here.
 */
export async function readConnectionMapping(
  database: Database,
  environmentId: number,
  text: string | undefined,
): Promise<ConnectionRule[]> {
  const rules: ConnectionRule[] = [];
  for (const entry of readEntries("connectionIdMapping", text)) {
    const { connectionUuid, mappedConnectionUuid } = entry;
    if (typeof connectionUuid !== "string" || typeof mappedConnectionUuid !== "string") {
      throw new ValidationFailed(
        "connectionIdMapping: every entry needs connectionUuid and mappedConnectionUuid as text",
      );
    }
    const target = await database
      .selectFrom("connections")
      .select("id")
      .where("environmentId", "=", environmentId)
      .where("uuid", "=", mappedConnectionUuid.toLowerCase())
      .executeTakeFirst();
    if (!target) {
      throw new ValidationFailed(
        `connectionIdMapping: no connection of this environment has the uuid ${mappedConnectionUuid}`,
      );
    }
    rules.push({ on: { uuid: connectionUuid }, with: target.id });
  }
  return rules;
}

/** The form part `environmentParameterMapping`. Throws `ValidationFailed` for another form. */
export function readParameterMapping(text: string | undefined): ParameterMapping[] {
  return readEntries("environmentParameterMapping", text).map((entry) => {
    const { overrideKey, mappedOverrideKey, mappedValue } = entry;
    if (typeof overrideKey === "string" && typeof mappedOverrideKey === "string") {
      return { overrideKey, mappedOverrideKey };
    }
    if (typeof overrideKey === "string" && mappedValue !== undefined) return { overrideKey, mappedValue };
    throw new ValidationFailed(
      "environmentParameterMapping: every entry needs overrideKey, and mappedOverrideKey or mappedValue",
    );
  });
}

/** The package with its parameters renamed and set as the mappings say, in steps as well as in paths. */
export function mapParameters(pkg: FlowPackage, mappings: readonly ParameterMapping[]): FlowPackage {
  if (mappings.length === 0) return pkg;
  const byKey = new Map(mappings.map((mapping) => [mapping.overrideKey, mapping]));
  return { ...pkg, flows: pkg.flows.map((flow) => mapFlow(flow, byKey)) };
}

type Mappings = ReadonlyMap<string, ParameterMapping>;

function mapFlow(flow: Flow, mappings: Mappings): Flow {
  const mapParameter = <Parameter extends { readonly name: string; readonly value: JsonObject }>(
    parameter: Parameter,
  ): Parameter => {
    const mapping = mappings.get(parameter.name);
    if (!mapping) return parameter;
    if ("mappedOverrideKey" in mapping) return { ...parameter, name: mapping.mappedOverrideKey };
    return { ...parameter, value: toParameterValue(mapping.mappedValue) };
  };
  const mapPaths = <Part extends { readonly parameters: readonly PathParameter[] }>(part: Part): Part => ({
    ...part,
    parameters: part.parameters.map(mapParameter),
  });
  return {
    ...flow,
    recipes: flow.recipes.map((recipe) => ({
      ...recipe,
      steps: recipe.steps.map((step) => renameVariables(step, mappings)),
    })),
    datasets: flow.datasets.map(mapPaths),
    outputs: flow.outputs.map((output) => ({
      ...output,
      files: output.files.map(mapPaths),
      tables: output.tables.map(mapPaths),
    })),
    parameters: flow.parameters.map(mapParameter),
    overrides: flow.overrides.map(mapParameter),
  };
}

function toParameterValue(value: JsonValue): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value
    : { variable: { value } };
}

function renameVariables(step: Step, mappings: Mappings): Step {
  const rename = (node: JsonValue): JsonValue => {
    if (Array.isArray(node)) return node.map(rename);
    if (typeof node !== "object" || node === null) return node;
    const mapping =
      node["kind"] === "variable" && typeof node["value"] === "string"
        ? mappings.get(node["value"])
        : undefined;
    if (mapping && "mappedOverrideKey" in mapping) return { ...node, value: mapping.mappedOverrideKey };
    return Object.fromEntries(Object.entries(node).map(([name, member]) => [name, rename(member)]));
  };
  const parameters = rename(step.task.parameters) as Step["task"]["parameters"];
  return { ...step, task: { ...step.task, parameters } };
}

function readEntries(part: string, text: string | undefined): JsonObject[] {
  if (text === undefined || text.trim() === "") return [];
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch (error) {
    throw new ValidationFailed(`${part} is not valid JSON: ${(error as Error).message}`);
  }
  const problem = findTextProblem(text) ?? findValueProblem(entries);
  if (problem !== undefined) throw new ValidationFailed(`${part}: ${problem}`);
  const isList =
    Array.isArray(entries) && entries.every((entry) => typeof entry === "object" && entry !== null);
  if (!isList) throw new ValidationFailed(`${part} must be a JSON array of objects`);
  return entries as JsonObject[];
}
