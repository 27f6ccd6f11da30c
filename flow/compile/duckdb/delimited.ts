import type { DelimitedText } from "../delimited-text.js";
import type { StarItem } from "../dialect.js";
import { name, text } from "./quote.js";

/** A delimiter for rows of one column: longer than anything that text holds by chance; a row that has it is refused. */
const NO_DELIMITER = "\u001f\u001e\u001f\u001e";

/** See `Dialect.readDelimited`. */
export function readDelimited(source: DelimitedText, items: readonly StarItem[]): string {
  const isPlain = source.mode === "strict" && source.keepsQuotes !== true;
  return isPlain ? readCsv(source, items) : readText(source, items);
}

/** See `Dialect.readWhole`. */
export function readWhole(files: readonly string[], field: string, items: readonly StarItem[]): string {
  return `SELECT ${content} AS ${name(field)}${further(items)}\nFROM read_text(${fileList(files)})`;
}

const content = "regexp_replace(content, '^\\x{FEFF}', '')";

function further(items: readonly StarItem[]): string {
  return items.map(({ sql, field }) => `, ${sql} AS ${name(field)}`).join("");
}

function fileList(files: readonly string[]): string {
  return files.length === 1 ? text(files[0] ?? "") : `[${files.map(text).join(", ")}]`;
}

function readCsv(source: DelimitedText, items: readonly StarItem[]): string {
  const { fields, rowEnd, delimiter, quote = "", escape, fileField, encoding } = source;
  const end = rowEnd === "\n" ? source.lineEnd : rowEnd;
  const options = [
    "auto_detect = false",
    `header = ${String(source.skipsHeader)}`,
    `delim = ${text(delimiter ?? NO_DELIMITER)}`,
    `quote = ${text(quote)}`,
    `escape = ${text(quote === "" ? "" : (escape ?? quote))}`,
    // Left out, DuckDB takes the first line break for it, also one inside quotes.
    ...(end === undefined ? [] : [`new_line = ${quoteRowEnd(end)}`]),
    ...(encoding === undefined ? [] : [`encoding = ${text(encoding)}`]),
    ...(fileField === undefined ? [] : [`filename = ${text(fileField)}`]),
    // An empty cell is an empty text, not null.
    `force_not_null = [${fields.map(text).join(", ")}]`,
    `columns = {${fields.map((field) => `${text(field)}: 'VARCHAR'`).join(", ")}}`,
  ];
  return `SELECT *${further(items)}\nFROM read_csv(${fileList(source.files)}, ${options.join(", ")})`;
}

function quoteRowEnd(rowEnd: string): string {
  return `'${rowEnd.replaceAll("\r", "\\r").replaceAll("\n", "\\n")}'`;
}

function readText(source: DelimitedText, items: readonly StarItem[]): string {
  const { fields, delimiter, fileField } = source;
  const file = fileField === undefined ? "" : `, filename AS ${name(fileField)}`;
  const carried = fileField === undefined ? "" : `, ${name(fileField)}`;
  const skip = source.skipsHeader ? "[2:]" : "";
  const columns =
    delimiter === undefined
      ? `row AS ${name(fields[0] ?? "column1")}`
      : fields.map((field, index) => `${cell(source, index)} AS ${name(field)}`).join(", ");
  const cells = delimiter === undefined ? "row" : `row, ${cellList(source)} AS cells`;
  const rows = `SELECT unnest((${rowList(source)})${skip}) AS row${file} FROM read_text(${fileList(source.files)})`;
  return [
    `SELECT ${columns}${carried}${further(items)}`,
    `FROM (SELECT ${cells}${carried} FROM (${rows}))`,
    // A line without a character is no row of several columns, as in the database's own reader.
    ...(fields.length === 1 ? [] : [`WHERE row <> ''`]),
  ].join("\n");
}

/** The rows of a file as a list, without the empty one behind the last row end. */
function rowList({ rowEnd, quote, escape }: DelimitedText): string {
  const end = rowEnd === "\n" ? "\\r?\\n" : quoteExpression(rowEnd);
  if (quote === undefined) {
    const trimmed = `regexp_replace(${content}, ${text(`(?:${end})\\z`)}, '')`;
    return `regexp_split_to_array(${trimmed}, ${text(end)})`;
  }
  const plain = `[^${quoteExpression(quote)}${rowEnd === "\n" ? "\\n" : "\\r\\n"}]`;
  const whole = quoted(quote, escape);
  const row = `((?:${plain}|${whole})*?(?:${openQuote(quote, escape)}\\z)?)(?:${end}|\\z)`;
  const ended = `regexp_replace(${content}, ${text(`(?:${end})?\\z`)}, ${text(rowEnd)})`;
  // At the end of the text an empty match is left over.
  return `regexp_extract_all(${ended}, ${text(row)}, 1)[:-2]`;
}

/** A quoted part without its closing quote. */
function openQuote(quote: string, escape: string | undefined): string {
  const q = quoteExpression(quote);
  return q + (escape !== undefined && escape !== quote ? `(?:[^${q}\\\\]|\\\\(?s:.))*` : `[^${q}]*`);
}

function quoted(quote: string, escape: string | undefined): string {
  return openQuote(quote, escape) + quoteExpression(quote);
}

function cellList({ delimiter = ",", quote, escape }: DelimitedText): string {
  if (quote === undefined) return `string_split(row, ${text(delimiter)})`;
  const plain = delimiter.length === 1 ? `[^${quoteExpression(quote + delimiter)}]` : "(?s:.)";
  const one = `((?:${quoted(quote, escape)}|${plain})*?)${quoteExpression(delimiter)}`;
  // A quote that is never closed goes on to the end of the row.
  const closed = `CASE WHEN (length(row) - length(replace(row, ${text(quote)}, ''))) % 2 = 1 THEN row || ${text(quote)} ELSE row END`;
  return `regexp_extract_all(concat(${closed}, ${text(delimiter)}), ${text(one)}, 1)`;
}

function cell(source: DelimitedText, index: number): string {
  const { fields, delimiter = ",", quote, escape } = source;
  const at = String(index + 1);
  const found =
    index === fields.length - 1 && fields.length > 1
      ? `CASE WHEN len(cells) >= ${at} THEN array_to_string(cells[${at}:], ${text(delimiter)}) END`
      : `cells[${at}]`;
  if (quote === undefined || source.keepsQuotes === true) return found;
  const q = quoteExpression(quote);
  const inner = `regexp_replace(${found}, ${text(`\\A${q}|${q}\\z`)}, '', 'g')`;
  const plain = `replace(${inner}, ${text((escape ?? quote) + quote)}, ${text(quote)})`;
  return `CASE WHEN starts_with(${found}, ${text(quote)}) THEN ${plain} ELSE ${found} END`;
}

function quoteExpression(literal: string): string {
  return literal.replace(/[\\^$.|?*+()[\]{}-]/g, "\\$&");
}
