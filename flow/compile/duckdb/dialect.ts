import type { Dialect, StarChange, StarItem } from "../dialect.js";
import type { OperationName } from "../operations.js";
import type { ValueType } from "../value.js";
import { formatDate, parseDate } from "./dates.js";
import { readDelimited, readWhole } from "./delimited.js";
import { importColumn } from "./import-column.js";
import { duckdbOperations } from "./operations.js";
import { finish, foreign, name, number, text } from "./quote.js";

/** DuckDB 1.5. */
export const duckdb: Dialect = {
  name: "DuckDB",
  quoteName: name,
  finish,
  foreign,
  // DuckDB compares names without regard to the case of ASCII letters only.
  foldName: (one) => one.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
  text,
  number,
  comment: (line) => `-- ${line.replace(/[\p{Cc}\u2028\u2029]/gu, " ")}`,
  selectStar,
  typeName,
  call: (operation: OperationName, ...args) => duckdbOperations[operation](...args),
  attempt,
  pattern: (expression, options) => text(options?.ignoreCase === true ? `(?i)${expression}` : expression),
  replacement: (replacement, groups) => text(toReplacement(replacement, groups)),
  parseDate,
  formatDate,
  readDelimited,
  readWhole,
  importColumn,
};

function selectStar(from: string, change: StarChange): string {
  const parts = ["SELECT *"];
  const { drop = [], rename = [], replace = [], add = [], where } = change;
  if (drop.length > 0) parts.push(` EXCLUDE (${drop.map(name).join(", ")})`);
  if (replace.length > 0) parts.push(` REPLACE (${replace.map(item).join(", ")})`);
  if (rename.length > 0) {
    parts.push(` RENAME (${rename.map((one) => `${name(one.from)} AS ${name(one.to)}`).join(", ")})`);
  }
  parts.push(...add.map((one) => `, ${item(one)}`), `\nFROM ${from}`);
  if (where !== undefined) parts.push(`\nWHERE ${where}`);
  return parts.join("");
}

function item({ sql, field }: StarItem): string {
  return `${sql} AS ${name(field)}`;
}

/**
 * TRY takes no aggregates, window functions or random numbers. An expression must hold no part that also stands elsewhere in
 * the query outside a TRY of its own: DuckDB computes such parts in front of both.
 */
function attempt(
  operands: readonly string[],
  write: (...operands: string[]) => string,
  isApart: boolean,
): string {
  if (!isApart) return `TRY(${write(...operands)})`;
  const fields = operands.map((sql, index) => `'v${String(index)}': ${sql}`).join(", ");
  const body = write(...operands.map((_, index) => `apart.v${String(index)}`));
  return `list_transform([{${fields}}], lambda apart: TRY(${body}))[1]`;
}

function typeName(type: ValueType): string {
  switch (type.kind) {
    case "text":
    case "null":
      return "VARCHAR";
    case "integer":
      return "BIGINT";
    case "float":
      return "DOUBLE";
    case "boolean":
      return "BOOLEAN";
    case "datetime":
      return "TIMESTAMP";
    case "array":
      return `${typeName(type.of)}[]`;
    case "map":
    case "json":
      return "JSON";
  }
}

/** DuckDB writes groups as `\1`, up to nine of them. */
function toReplacement(replacement: string, groups: boolean): string {
  const escaped = replacement.replaceAll("\\", "\\\\");
  return groups ? escaped.replace(/\$(\d)/g, "\\$1") : escaped;
}
