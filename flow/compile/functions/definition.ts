import type { FunctionCall } from "../function-call.js";
import type { Value } from "../value.js";

/** Groups of the reference, in its order. */
export const FAMILIES = [
  "comparison",
  "conditional",
  "number",
  "text",
  "date",
  "type",
  "array and map",
  "aggregate",
  "window",
  "source",
] as const;

export type Family = (typeof FAMILIES)[number];

/** One function: what it means, and the SQL of it. Argument names and their order are those of the recipe language. */
export interface FunctionDefinition {
  /** The AST's `type`. */
  readonly type: string;
  readonly family: Family;
  /** One sentence for the reference. */
  readonly summary: string;
  /** What a null argument makes of it, when it is not null. */
  readonly nulls?: string;
  /** Throws CompileError. */
  readonly compile: (call: FunctionCall) => Value;
}

/** Definitions of one family. `nulls` is left out where null gives null. */
export function family(
  name: Family,
  entries: Readonly<
    Record<string, readonly [summary: string, compile: (call: FunctionCall) => Value, nulls?: string]>
  >,
): FunctionDefinition[] {
  return Object.entries(entries).map(([type, [summary, compile, nulls]]) => ({
    type,
    family: name,
    summary,
    compile,
    ...(nulls === undefined ? {} : { nulls }),
  }));
}
