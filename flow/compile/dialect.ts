import type { DelimitedText } from "./delimited-text.js";
import type { OperationName } from "./operations.js";
import type { ValueType } from "./value.js";

/** A column of `SELECT *` changed, or one more. */
export interface StarItem {
  readonly field: string;
  readonly sql: string;
}

/** Changes to `SELECT *`. */
export interface StarChange {
  readonly drop?: readonly string[];
  readonly rename?: readonly { readonly from: string; readonly to: string }[];
  readonly replace?: readonly StarItem[];
  readonly add?: readonly StarItem[];
  /** A condition on rows, on their columns as they were. */
  readonly where?: string;
}

/** Everything in which one database's SQL differs from another's. Arguments named `sql` are expressions, all else plain text. */
export interface Dialect {
  readonly name: string;
  /** May hold characters back as NUL, letter, NUL, so that indentation leaves them alone; `finish` puts them in place. */
  quoteName(name: string): string;
  finish(sql: string): string;
  /** SQL from elsewhere, whose line ends are held back too: one may stand inside a literal. */
  foreign(sql: string): string;
  /** Names that the database takes for the same fold to the same text. */
  foldName(name: string): string;
  /** A text as a literal; no text can end it early. */
  text(value: string): string;
  number(value: number): string;
  /** One comment line or block; no text can end it early. */
  comment(text: string): string;
  /** `SELECT * …` with changes. */
  selectStar(from: string, change: StarChange): string;
  /** The database's own type of such values. */
  typeName(type: ValueType): string;
  /** An expression of the dialect's own. */
  call(name: OperationName, ...args: readonly string[]): string;
  /**
   * An expression that is null where it has no result. `isApart` when the operands look at several rows or are random: then
   * only what is written around them is attempted.
   */
  attempt(operands: readonly string[], write: (...operands: string[]) => string, isApart: boolean): string;
  /** A regular expression (RE2) as a literal. */
  pattern(expression: string, options?: { readonly ignoreCase?: boolean }): string;
  /** The replacement of a regular expression: `$1` stands for a group, all else for itself. */
  replacement(text: string, groups: boolean): string;
  /** Parses a text in one of the forms (Java-style letters); null where none fits, or a text, which is no form the dialect knows. */
  parseDate(sql: string, formats: readonly string[]): string;
  /** Writes a time stamp in a form. Throws Error naming the letters that the dialect does not know. */
  formatDate(sql: string, format: string): string;
  /** `SELECT` of the rows of text files; `items` are further select items, in SQL. */
  readDelimited(text: DelimitedText, items: readonly StarItem[]): string;
  /** `SELECT` of each file's whole text as one row. */
  readWhole(files: readonly string[], field: string, items: readonly StarItem[]): string;
  /** A column of a database table as the compiler's own types hold it, by the database's type name. */
  importColumn(sql: string, databaseType: string): { readonly sql: string; readonly type: ValueType };
}
