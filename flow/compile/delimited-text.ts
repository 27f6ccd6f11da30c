/** Text files cut into rows and columns of text. */
export interface DelimitedText {
  /** Paths, URIs or patterns of them, as the database opens them. */
  readonly files: readonly string[];
  /** As the database names it, when it is not UTF-8. */
  readonly encoding?: string;
  /** What ends a row. `\n` also takes `\r\n`. */
  readonly rowEnd: string;
  /** Which of both it is in all the files, when that is known. */
  readonly lineEnd?: LineEnd;
  /** What parts the columns; undefined: each row is one column. */
  readonly delimiter?: string;
  /** Inside quotes neither of both counts, and a doubled quote, or one behind `escape`, is a quote. */
  readonly quote?: string;
  readonly escape?: string;
  /** Names of the columns, which are all text. */
  readonly fields: readonly string[];
  /** Whether the first row of each file is left out. */
  readonly skipsHeader: boolean;
  /** A further column with the file's path. */
  readonly fileField?: string;
  /**
   * `strict`: the reader of the database, which refuses a file with rows of another number of columns or with stray
   * quotes. `lenient`: text functions, slower, a missing column is null and the last column takes what is left.
   */
  readonly mode: ParsingMode;
  /** Whether quotes are kept in the values, as between a Split and the Replace that removes them. Lenient only. */
  readonly keepsQuotes?: boolean;
}

/** What ends the lines of a text file. */
export type LineEnd = "\n" | "\r\n";

/** How text files are read; see `DelimitedText.mode`. */
export type ParsingMode = "strict" | "lenient";
