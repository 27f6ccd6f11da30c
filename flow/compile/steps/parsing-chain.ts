import type { RawText } from "../raw-text.js";
import type { StepContext } from "../step-context.js";
import { annotatedMeanings } from "../type-words.js";

/** The reading of a file with one more step in it. */
export function continueParsing(context: StepContext, raw: RawText, change: Partial<RawText>): RawText {
  const next = { ...raw, ...change };
  const found = annotatedMeanings(context.task.annotations);
  // Columns keep their places while their names change.
  const earlier = next.names.length === raw.names.length ? (raw.meanings ?? []) : [];
  const meanings = next.names.map((name, index) => found.get(name) ?? earlier[index]);
  return { ...next, meanings, comments: [...raw.comments, ...context.comments], settled: undefined };
}
