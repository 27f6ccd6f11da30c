import type { DatasetSource } from "./compiled-query.js";
import type { DelimitedText } from "./delimited-text.js";
import type { Table } from "./table.js";
import type { Meaning } from "./value.js";

/**
 * A text file whose parsing steps are still being read. The product cuts files up by a chain of steps (rows, columns,
 * quotes, header); the chain as a whole is one reading of a delimited file, so it becomes one relation.
 */
export interface RawText {
  readonly kind: "raw";
  /** How far the file is cut: not at all, into rows, into columns that keep their quotes, into columns. */
  readonly stage: "file" | "rows" | "quoted" | "columns";
  readonly source: Extract<DatasetSource, { readonly files: readonly string[] }>;
  readonly rowEnd?: string;
  readonly quote?: string;
  readonly escape?: string;
  readonly delimiter?: string;
  /** Names of the columns. */
  readonly names: readonly string[];
  /** What the texts of the columns mean, as far as the exporter found out. */
  readonly meanings?: readonly (Meaning | undefined)[];
  /** Replace steps that take away quotes come in two; the first of them. */
  readonly unescapes?: boolean;
  /** Every quote that is left in a cell is taken away. */
  readonly dropsQuotes?: boolean;
  readonly skipsHeader?: boolean;
  /** For the relation: its name, and the texts of the steps. */
  readonly relationName: string;
  readonly comments: readonly string[];
  /** The relation, once some step needed rows. */
  settled: Table | undefined;
}

/** What a recipe has built so far. */
export type Input = Table | RawText;

/** Whether the file is still being cut up. */
export function isRawText(input: Input): input is RawText {
  return "kind" in input;
}

/** The reading that the steps so far describe. */
export function toDelimited(
  raw: RawText,
  fields: readonly string[],
  mode: DelimitedText["mode"],
): DelimitedText {
  return {
    files: raw.source.files,
    rowEnd: raw.rowEnd ?? "\n",
    fields,
    skipsHeader: raw.skipsHeader === true,
    mode,
    ...(raw.source.encoding === undefined ? {} : { encoding: raw.source.encoding }),
    ...(raw.source.lineEnd === undefined ? {} : { lineEnd: raw.source.lineEnd }),
    ...(raw.delimiter === undefined ? {} : { delimiter: raw.delimiter }),
    ...(raw.quote === undefined ? {} : { quote: raw.quote }),
    ...(raw.escape === undefined ? {} : { escape: raw.escape }),
    ...(raw.stage === "quoted" || raw.stage === "rows" ? { keepsQuotes: raw.quote !== undefined } : {}),
  };
}
