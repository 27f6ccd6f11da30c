import type { FileOutput, Output } from "../../flow/model.js";
import { ValidationFailed } from "../errors.js";
import { idSchema } from "../request.js";

/** What a request may say of a run. */
export interface RunBody {
  runParameters?: {
    overrides?: { data?: readonly { key: string; value?: unknown }[] };
    referenceDate?: string;
  };
  ranfrom?: string;
  overrides?: {
    execution?: string;
    profiler?: boolean;
    writesettings?: readonly WriteSettingOverride[];
  };
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

/** Schema of the body of a run of a deployment or a flow; an empty body runs with the flow's own parameters. */
export const runSchema = {
  type: "object",
  nullable: true,
  properties: { runParameters: runParametersSchema, ranfrom: { type: "string", maxLength: 50 } },
} as const;

/** Schema of the body of a run of one recipe. */
export const jobGroupSchema = {
  type: "object",
  properties: {
    wrangledDataset: { type: "object", properties: { id: idSchema }, required: ["id"] },
    runParameters: runParametersSchema,
    ranfrom: { type: "string", maxLength: 50 },
    overrides: {
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
            },
            required: ["path"],
          },
        },
      },
    },
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
 * included: such a run is a trial with a place of its own.
 */
export function overrideOutput(output: Output, { overrides }: RunBody): Output {
  const { writesettings, profiler, execution } = overrides ?? {};
  return {
    ...output,
    ...(profiler === undefined ? {} : { hasProfile: profiler }),
    ...(execution === undefined ? {} : { engine: execution }),
    ...(writesettings === undefined ? {} : { files: writesettings.map(toFileOutput), tables: [] }),
  };
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
    prefix: null,
    suffix: null,
    connectionId: null,
    parameters: [],
  };
}
