import { z } from "zod";

const state = z.looseObject({
  type: z.string(),
  inputs: z.record(z.string(), z.unknown()).optional(),
  /** The resource that shows this as a part of itself. */
  viewOf: z.string().optional(),
});

/** What `pulumi preview --json` prints, as far as the impact needs it. */
const preview = z.looseObject({
  steps: z
    .array(
      z.looseObject({
        op: z.string(),
        urn: z.string(),
        oldState: state.nullish(),
        newState: state.nullish(),
      }),
    )
    .default([]),
  changeSummary: z.record(z.string(), z.int()).nullish(),
  diagnostics: z
    .array(z.looseObject({ urn: z.string().optional(), message: z.string(), severity: z.string() }))
    .nullish(),
});

export type EnginePreview = z.output<typeof preview>;
export type EngineStep = EnginePreview["steps"][number];

/** Reads a preview. Throws with what to do when it is something else. */
export function readPreview(source: string, where: string): EnginePreview {
  const hint = "give it what `pulumi preview --json` prints";
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (cause) {
    throw new Error(`${where} is not JSON; ${hint}`, { cause });
  }
  const parsed = preview.safeParse(value);
  if (!parsed.success || (parsed.data.changeSummary == null && parsed.data.diagnostics == null))
    throw new Error(`${where} is not a preview of Pulumi; ${hint}`);
  return parsed.data;
}
