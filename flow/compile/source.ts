import type { CompileOptions, DatasetSource } from "./compiled-query.js";
import { DataNeeded, type CompilePlace } from "./compile-error.js";
import type { DelimitedText } from "./delimited-text.js";
import { isRawText, toDelimited, type Input, type RawText } from "./raw-text.js";
import type { HiddenColumn, QueryPlan, Relation } from "./relation.js";
import { textColumns, uniqueColumnName, withMeaning, type Table } from "./table.js";

const ROW_NUMBER = "source row number";
const ROW_ORDER = "row order";
const FILE_PATH = "file path";

function hidden(relation: Relation, kind: string): HiddenColumn {
  return { origin: { relation, field: "" }, kind };
}

/** A text file as a table: the relation is made the first time, and shared by all who read the same. */
export function settle(input: Input, plan: QueryPlan, options: CompileOptions): Table {
  if (!isRawText(input)) return input;
  input.settled ??= input.stage === "file" ? readWhole(input, plan) : readRows(input, plan, options);
  return input.settled;
}

function readWhole(raw: RawText, plan: QueryPlan): Table {
  const [name = "column1"] = raw.names;
  const relation = plan.add(raw.relationName, raw.comments, (self) =>
    plan.dialect.readWhole(
      raw.source.files,
      name,
      [...self.extras.values()].map(({ name: field, sql }) => ({ field, sql })),
    ),
  );
  relation.offers.set(FILE_PATH, () => "filename");
  return {
    relation,
    columns: textColumns(relation, [name], [name]),
    order: undefined,
    isInOrder: true,
    filePath: hidden(relation, FILE_PATH),
  };
}

function readRows(raw: RawText, plan: QueryPlan, options: CompileOptions): Table {
  const { dialect } = plan;
  const taken = new Set<string>();
  const fields = raw.names.map((name) => {
    const field = plan.field(name, taken);
    taken.add(dialect.foldName(field));
    return field;
  });
  const text = toDelimited(raw, fields, options.parsing ?? "strict");
  const write = (self: Relation): string => {
    const file = self.extras.get(` ${FILE_PATH}`);
    const others = [...self.extras.values()].filter((item) => item !== file);
    const source: DelimitedText = file === undefined ? text : { ...text, fileField: file.name };
    return dialect.readDelimited(
      source,
      others.map(({ name: field, sql }) => ({ field, sql })),
    );
  };
  const relation = plan.add(raw.relationName, raw.comments, write);
  relation.offers.set(FILE_PATH, () => "");
  const header = raw.skipsHeader === true ? " + 1" : "";
  relation.offers.set(ROW_ORDER, () => "row_number() OVER ()");
  const number = hidden(relation, ROW_NUMBER);
  const isOneFile = raw.source.files.length === 1 && !/[*?[{]/.test(raw.source.files[0] ?? "");
  if (isOneFile) relation.offers.set(ROW_NUMBER, () => `row_number() OVER ()${header}`);
  else {
    const [order, path] = [hidden(relation, ROW_ORDER), hidden(relation, FILE_PATH)];
    const nameOf = (column: HiddenColumn): string => dialect.quoteName(plan.hidden(column));
    // Numbers begin anew in each file.
    relation.computed.set(
      ROW_NUMBER,
      () => `${nameOf(order)} - min(${nameOf(order)}) OVER (PARTITION BY ${nameOf(path)}) + 1${header}`,
    );
  }
  const table: Table = {
    relation,
    columns: textColumns(relation, raw.names, fields).map((column, index) => {
      const means = raw.meanings?.[index];
      return means === undefined ? column : withMeaning(column, means);
    }),
    order: [isOneFile ? number : hidden(relation, ROW_ORDER)],
    isInOrder: true,
    rowNumber: number,
    filePath: hidden(relation, FILE_PATH),
  };
  return raw.dropsQuotes === true ? dropQuotes(table, raw, plan) : table;
}

function dropQuotes(table: Table, raw: RawText, plan: QueryPlan): Table {
  const { dialect } = plan;
  const quote = dialect.text(raw.quote ?? '"');
  const replace = table.columns.map(({ field }) => ({
    field,
    sql: `replace(${dialect.quoteName(field)}, ${quote}, '')`,
  }));
  const relation = plan.addStar(raw.relationName, [], table.relation, { replace });
  return {
    ...table,
    relation,
    columns: table.columns.map((column) => ({ ...column, origin: { relation, field: column.field } })),
  };
}

/** The rows of a dataset that has columns already. */
export function readRelation(
  source: Extract<DatasetSource, { readonly relation: string }>,
  names: readonly string[],
  relationName: string,
  comments: readonly string[],
  plan: QueryPlan,
): Table {
  const { dialect } = plan;
  const taken = new Set<string>();
  const read = source.columns.map((column, index) => {
    const name = names[index] ?? column.name;
    const field = plan.field(name, taken);
    taken.add(dialect.foldName(field));
    return { name, field, ...dialect.importColumn(dialect.quoteName(column.name), column.type ?? "") };
  });
  const items = read.map(({ sql, field }) =>
    sql === dialect.quoteName(field) ? sql : `${sql} AS ${dialect.quoteName(field)}`,
  );
  const relation = plan.add(
    relationName,
    comments,
    (self) =>
      `SELECT ${items.join(", ")}${self.extraItems(dialect)}\nFROM ${dialect.foreign(source.relation)}`,
  );
  relation.offers.set(ROW_NUMBER, () => "row_number() OVER ()");
  const number = hidden(relation, ROW_NUMBER);
  return {
    relation,
    columns: read.map(({ name, field, type }) => ({ name, field, type, origin: { relation, field } })),
    order: [number],
    isInOrder: true,
    rowNumber: number,
  };
}

/** Names out of a header row: an empty cell keeps the column's name, a repeat gets a number. */
export function headerNames(
  cells: readonly (string | null)[],
  names: readonly string[],
  sanitize: boolean,
  place: CompilePlace,
): string[] {
  if (cells.length < names.length && cells.length > 0) {
    throw new DataNeeded(place, `the header has ${cells.length} names for ${names.length} columns`);
  }
  const taken: string[] = [];
  for (const [index, name] of names.entries()) {
    const cell = (cells[index] ?? "").replace(/^\uFEFF/, "");
    const written = sanitize ? cell.replace(/[^A-Za-z0-9_]/g, "_") : cell;
    taken.push(uniqueColumnName(written === "" ? name : written, taken));
  }
  return taken;
}
