import type { RawText } from "../raw-text.js";
import type { StepContext } from "../step-context.js";
import type { Table } from "../table.js";

/** One step type: what it does to the rows, in SQL. */
export interface StepDefinition {
  /** The AST's `type`. */
  readonly type: string;
  /** One sentence for the reference. */
  readonly summary: string;
  /** The forms that are supported, where there are several. */
  readonly forms?: string;
  /**
   * Takes the step into the reading of a text file, or answers undefined when it is no part of that. `context.table` does
   * not exist then.
   */
  readonly parse?: (context: StepContext, raw: RawText) => RawText | undefined | Promise<RawText | undefined>;
  /** The table after the step. Throws CompileError. */
  readonly compile: (context: StepContext) => Table | Promise<Table>;
}
