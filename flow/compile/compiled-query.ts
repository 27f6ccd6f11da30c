import type { Dataset } from "../model.js";
import type { Dialect } from "./dialect.js";
import type { LineEnd, ParsingMode } from "./delimited-text.js";
import type { ValueType } from "./value.js";

/** The rows of a dataset. */
export type DatasetSource =
  /** Text files, which the dataset's own steps cut into rows and columns. */
  | { readonly files: readonly string[]; readonly encoding?: string; readonly lineEnd?: LineEnd }
  /** Rows that have columns already. `relation` is SQL that stands behind FROM. */
  | { readonly relation: string; readonly columns: readonly SourceColumn[] };

/** A column of a relation. */
export interface SourceColumn {
  readonly name: string;
  /** The database's own name of its type, for example `BIGINT`; text when it is left out. */
  readonly type?: string;
}

/** What a compilation depends on besides the package. */
export interface CompileOptions {
  /** Where a dataset's rows are. Without it, files are named as in the package, and tables by their name. */
  readonly datasets?: (dataset: Dataset) => DatasetSource;
  /**
   * Runs a query on the data and answers its rows, every value as text, for what only the data can tell: header rows, the
   * values of a pivot. Without it, what the exporter saw counts.
   */
  readonly ask?: (sql: string) => Promise<readonly (readonly (string | null)[])[]>;
  /** Values of parameters, by name: they win over the flow's own. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** What `NOW` and `TODAY` mean; the time at which the query runs unless it is given. */
  readonly now?: Date;
  /** `text` (the default): every column as the product writes it. `typed`: numbers, dates and lists as the database has them. */
  readonly output?: "text" | "typed";
  /** How delimited files are read; `strict` unless given. */
  readonly parsing?: ParsingMode;
  readonly dialect?: Dialect;
}

/** A column of the result. */
export interface CompiledColumn {
  readonly name: string;
  /** What its values are, whether they are written as text or not. */
  readonly type: ValueType;
}

/** A query that carries out a recipe and everything upstream of it. */
export interface CompiledQuery {
  readonly sql: string;
  /** In the order of the result. */
  readonly columns: readonly CompiledColumn[];
  /** The datasets that it reads. */
  readonly inputs: readonly Dataset[];
}
