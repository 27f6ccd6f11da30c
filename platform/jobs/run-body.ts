import type { FileOutput, Flow, Output } from "../../flow/model.js";
import { ValidationFailed } from "../errors.js";
import { idSchema, toId, type IdValue } from "../request.js";

/** What a request may say of any run. */
export interface RunBody {
  runParameters?: {
    overrides?: { data?: readonly { key: string; value?: unknown }[] };
    referenceDate?: string;
  };
  ranfrom?: string;
  execution?: string;
  ignoreRecipeErrors?: boolean;
  testMode?: boolean;
}

/** What a request may say of a run of one recipe. */
export type RecipeRunBody = RunBody & { overrides?: OutputOverride };

/** What a request may say of a run of a flow: overrides by recipe name, and recipes to leave the others out. */
export type FlowRunBody = RunBody & {
  overrides?: Readonly<Record<string, OutputOverride>>;
  wrangledDatasetIds?: readonly IdValue[];
};

/** What differs from an output in one run. */
interface OutputOverride {
  execution?: string;
  profiler?: boolean;
  writesettings?: readonly WriteSettingOverride[];
}

/** A file destination of one run, in place of those of the flow. */
interface WriteSettingOverride {
  path: string;
  action?: string;
  format?: string;
  compression?: string;
  header?: boolean;
  asSingleFile?: boolean;
  delim?: string;
  hasQuotes?: boolean;
  prefix?: string;
  suffix?: string;
}

/** Schema of `runParameters`. */
const runParametersSchema = {
  type: "object",
  properties: {
    overrides: {
      type: "object",
      properties: {
        data: {
          type: "array",
          maxItems: 1000,
          items: {
            type: "object",
            properties: { key: { type: "string" }, value: {} },
            required: ["key", "value"],
          },
        },
      },
    },
    referenceDate: { type: "string", description: "ISO time that now means in paths" },
  },
} as const;

const overrideSchema = {
  type: "object",
  properties: {
    execution: { type: "string" },
    profiler: { type: "boolean" },
    writesettings: {
      type: "array",
      maxItems: 100,
      items: {
        type: "object",
        properties: {
          path: { type: "string", minLength: 1 },
          action: { type: "string" },
          format: { type: "string" },
          compression: { type: "string" },
          header: { type: "boolean" },
          asSingleFile: { type: "boolean" },
          delim: { type: "string" },
          hasQuotes: { type: "boolean" },
          prefix: { type: "string" },
          suffix: { type: "string" },
        },
        required: ["path"],
      },
    },
  },
} as const;

const runProperties = {
  runParameters: runParametersSchema,
  ranfrom: { type: "string", maxLength: 50 },
  execution: { type: "string" },
  ignoreRecipeErrors: {
    type: "boolean",
    description: "Is taken and not followed: a step that cannot be carried out fails its job",
  },
  testMode: { type: "boolean", description: "true is refused: every run writes" },
} as const;

/** Schema of the body of a run of a deployment or a flow; an empty body runs with the flow's own parameters. */
export const runSchema = {
  type: "object",
  nullable: true,
  properties: {
    ...runProperties,
    overrides: {
      type: "object",
      additionalProperties: overrideSchema,
      description: "By the name of a recipe whose output is run",
    },
    wrangledDatasetIds: {
      type: "array",
      minItems: 1,
      maxItems: 1000,
      items: idSchema,
      description: "Only the outputs of these recipes",
    },
  },
} as const;

/** Schema of the body of a run of one recipe. */
export const jobGroupSchema = {
  type: "object",
  properties: {
    ...runProperties,
    wrangledDataset: { type: "object", properties: { id: idSchema }, required: ["id"] },
    overrides: overrideSchema,
  },
  required: ["wrangledDataset"],
} as const;

/** The parameter values of a run, each as text. Throws ValidationFailed when one is no single value. */
export function readParameters(body: RunBody): Record<string, string> {
  const given = body.runParameters?.overrides?.data ?? [];
  return Object.fromEntries(given.map(({ key, value }) => [key, toText(key, value)]));
}

function toText(key: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const variable = (value as { variable?: { value?: unknown } } | null)?.variable?.value;
  if (typeof variable === "string") return variable;
  throw new ValidationFailed(
    `runParameters.overrides: the value of "${key}" must be text, a number, or {"variable": {"value": …}}`,
  );
}

/** What now means in a run, as ISO time. */
export function readReferenceDate(body: RunBody): string {
  const text = body.runParameters?.referenceDate;
  const date = text === undefined ? new Date() : new Date(text);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new ValidationFailed(`runParameters.referenceDate: "${text}" is no ISO time`);
}

/**
 * The output with a run's overrides. File destinations that the run gives take the place of all of the output's, tables
 * included: such a run is a trial with a place of its own. Throws ValidationFailed for a run that may not write.
 */
export function overrideOutput(output: Output, body: RunBody, override: OutputOverride = {}): Output {
  const { writesettings, profiler, execution = body.execution } = override;
  if (body.testMode === true) {
    throw new ValidationFailed("testMode: this platform has no runs that write nothing; leave it out to run");
  }
  return {
    ...output,
    ...(profiler === undefined ? {} : { hasProfile: profiler }),
    ...(execution === undefined ? {} : { engine: execution }),
    ...(writesettings === undefined ? {} : { files: writesettings.map(toFileOutput), tables: [] }),
    ...(body.ignoreRecipeErrors === true ? { options: { ...output.options, ignoreRecipeErrors: true } } : {}),
  };
}

/**
 * The outputs of a flow that a run writes, with its overrides. Throws ValidationFailed when it names recipes that have none
 * of these outputs: nobody would notice otherwise that a part of the request meant nothing.
 */
export function overrideOutputs(outputs: readonly Output[], flow: Flow, body: FlowRunBody): Output[] {
  const wanted = body.wrangledDatasetIds?.map(toId) ?? outputs.map(({ nodeId }) => nodeId);
  const missing = wanted.filter((id) => !outputs.some(({ nodeId }) => nodeId === id));
  if (missing.length > 0) {
    throw new ValidationFailed(
      `wrangledDatasetIds: no output that this run writes belongs to recipe ${missing.join(", ")}`,
    );
  }
  const chosen = outputs.filter(({ nodeId }) => wanted.includes(nodeId));
  const overrides = body.overrides ?? {};
  const names = chosen.map(({ nodeId }) => nameOf(flow, nodeId));
  const unknown = Object.keys(overrides).filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new ValidationFailed(
      `overrides: no output that this run writes belongs to recipe ${unknown.join(", ")}; those that it writes are of ${names.join(", ")}`,
    );
  }
  return chosen.map((output, index) => overrideOutput(output, body, overrides[names[index] ?? ""]));
}

function nameOf({ nodes, recipes }: Flow, nodeId: number): string {
  const recipeId = nodes.find(({ id }) => id === nodeId)?.recipeId;
  return recipes.find(({ id }) => id === recipeId)?.name ?? "";
}

function toFileOutput(given: WriteSettingOverride, index: number): FileOutput {
  return {
    id: index,
    path: given.path,
    action: given.action ?? "create",
    format: given.format ?? "csv",
    compression: given.compression ?? "none",
    hasHeader: given.header ?? true,
    isSingleFile: given.asSingleFile ?? true,
    delimiter: given.delim ?? ",",
    hasQuotes: given.hasQuotes ?? true,
    prefix: given.prefix ?? null,
    suffix: given.suffix ?? null,
    connectionId: null,
    parameters: [],
  };
}
