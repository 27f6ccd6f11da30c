import type { RawText } from "../raw-text.js";
import type { StepContext } from "../step-context.js";

/** The reading of a file with one more step in it. */
export function continueParsing(context: StepContext, raw: RawText, change: Partial<RawText>): RawText {
  return { ...raw, ...change, comments: [...raw.comments, ...context.comments], settled: undefined };
}
