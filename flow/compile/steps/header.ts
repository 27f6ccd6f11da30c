import { DataNeeded } from "../compile-error.js";
import { QueryPlan } from "../relation.js";
import type { RawText } from "../raw-text.js";
import { headerNames, settle } from "../source.js";
import type { StepContext } from "../step-context.js";
import { columnValue, type Table, type TableColumn } from "../table.js";
import { renameAll } from "./columns.js";
import { shownAs } from "./date-samples.js";
import { continueParsing } from "./parsing-chain.js";

/** A header as part of reading a file. */
export async function parseHeader(context: StepContext, raw: RawText): Promise<RawText | undefined> {
  const isCut = raw.stage === "columns" || (raw.stage === "rows" && raw.quote === undefined);
  if (!isCut || raw.skipsHeader === true) return undefined;
  const { options, place } = context;
  // Read in a query of its own: the relation can only be made when the names are known.
  const plan = new QueryPlan(context.dialect);
  const table = settle({ ...raw, settled: undefined, relationName: "header" }, plan, options);
  const [cells = [], ...samples] = await firstRows(context, plan, table, SAMPLE_ROWS);
  const names = headerNames(cells, raw.names, context.boolean("sanitize"), place);
  const parsed = continueParsing(context, raw, { names, skipsHeader: true });
  const meanings = parsed.meanings?.map((means, index) =>
    shownAs(
      means,
      samples.map((row) => row[index] ?? ""),
    ),
  );
  return meanings === undefined ? parsed : { ...parsed, meanings };
}

/** Rows behind the header that tell which separators dates have. */
const SAMPLE_ROWS = 50;

/** The cells of the first row, or what the exporter saw there, and some rows behind it. */
async function firstRows(
  context: StepContext,
  plan: QueryPlan,
  table: Table,
  more = 0,
): Promise<readonly (readonly (string | null)[])[]> {
  const { dialect, options, place } = context;
  if (options.ask === undefined) {
    const names = context.texts("as");
    if (names !== undefined && names.length > 0) return [names];
    throw new DataNeeded(place, "the names in the header are only known from the data; give the data");
  }
  const cells = table.columns.map((column) => context.coerce.toText(columnValue(plan, column)).sql);
  const order = table.isInOrder ? [] : (table.order ?? []).map((key) => dialect.quoteName(plan.hidden(key)));
  const ordered = order.length === 0 ? "" : `\nORDER BY ${order.join(", ")}`;
  const limit = String(1 + more);
  const rows = await options.ask(
    plan.render(
      () => `SELECT ${cells.join(", ")}\nFROM ${plan.ref(table.relation)}${ordered}\nLIMIT ${limit}`,
    ),
  );
  if (rows.length === 0) {
    throw new DataNeeded(place, "there is no row to take the names from: the input is empty");
  }
  return rows;
}

/** A header further down a recipe: the first row that is left. */
export async function header(context: StepContext): Promise<Table> {
  const { table, plan, dialect, place } = context;
  const [cells = []] = await firstRows(context, plan, table);
  const names = headerNames(
    cells,
    table.columns.map(({ name }) => name),
    context.boolean("sanitize"),
    place,
  );
  const rename = new Map(
    table.columns.flatMap((column, index) =>
      names[index] === column.name ? [] : ([[column, names[index] ?? column.name]] as const),
    ),
  );
  const [key] = table.order ?? [];
  if (key === undefined) return context.unsupported("rows have no order here, so none of them is the first");
  const number = dialect.quoteName(plan.hidden(key));
  const first = `(SELECT min(${number}) FROM ${plan.ref(table.relation)})`;
  return context.change({ rename }, { where: `${number} > ${first}` });
}

/** Rename with `type: header`: names out of several rows, which are removed. */
export async function renameByHeader(context: StepContext): Promise<Table> {
  context.allow("type", "method", "sourcerownumbers", "separator", "filltype", "sanitize", "as");
  const { table, plan, dialect, place } = context;
  const numbers = context.integers("sourcerownumbers");
  if (table.rowNumber === undefined || numbers.length === 0) {
    return context.unsupported("rows have no source row number here, so none of them can be a header");
  }
  const number = dialect.quoteName(plan.hidden(table.rowNumber));
  const rows = await headerRows(context, number, numbers);
  const old = table.columns.map(({ name }) => name);
  const names = headerNames(joinRows(context, rows, old.length), old, context.boolean("sanitize"), place);
  const renamed = new Map<TableColumn, string>();
  table.columns.forEach((column, index) => {
    const name = names[index] ?? column.name;
    if (name !== column.name) renamed.set(column, name);
  });
  const named = renameAll(context, renamed, `${number} NOT IN (${numbers.join(", ")})`);
  return plan.movesRows(table.rowNumber) ? { ...named, isInOrder: false } : named;
}

async function headerRows(
  context: StepContext,
  number: string,
  numbers: readonly number[],
): Promise<readonly (readonly (string | null)[])[]> {
  const { table, plan, options, place } = context;
  if (options.ask === undefined) {
    const names = context.texts("as");
    if (names?.length === table.columns.length) return [names];
    throw new DataNeeded(place, "the names in the header rows are only known from the data; give the data");
  }
  const cells = table.columns.map((column) => context.coerce.toText(columnValue(plan, column)).sql);
  return options.ask(
    plan.render(
      () =>
        `SELECT ${cells.join(", ")}\nFROM ${plan.ref(table.relation)}\nWHERE ${number} IN (${numbers.join(", ")})\nORDER BY ${number}`,
    ),
  );
}

/** The names of one column's rows joined; `filltype` takes an empty cell's text from the column on its left. */
function joinRows(
  context: StepContext,
  rows: readonly (readonly (string | null)[])[],
  count: number,
): string[] {
  const separator = context.text("separator") ?? "_";
  const fills = context.boolean("filltype");
  const filled = rows.map((row) => {
    let last = "";
    return Array.from({ length: count }, (_, index) => {
      const cell = (row[index] ?? "").replace(/^\uFEFF/, "");
      if (cell !== "") last = cell;
      return cell === "" && fills ? last : cell;
    });
  });
  return Array.from({ length: count }, (_, index) =>
    filled
      .map((row) => row[index] ?? "")
      .filter((cell) => cell !== "")
      .join(separator),
  );
}
