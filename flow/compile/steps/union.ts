import { columnOf, elementsOf } from "../../language/nodes.js";
import { printExpression } from "../../language/print.js";
import type { HiddenColumn } from "../relation.js";
import type { StepContext } from "../step-context.js";
import { foldColumnName, type Table, type TableColumn } from "../table.js";
import { TEXT } from "../value.js";
import type { StepDefinition } from "./definition.js";

/** Union. No known package has the step, so only the plain form is read. */
export const unionSteps: readonly StepDefinition[] = [
  {
    type: "Union",
    summary:
      "The rows of other tables behind these; columns of one name are one, a column that a table lacks is null",
    compile: union,
  },
];

const TABLE_NUMBER = "table number";
const ROW_OF_TABLE = "row of its table";

function union(context: StepContext): Table {
  context.allow("with", "tables", "table", "col", "as");
  const { plan, coerce, dialect } = context;
  const sides = [...context.sides("with"), ...context.sides("tables")];
  const tables = [context.table, ...sides.map(({ table }) => table)];
  const outputs =
    context.node("col") === undefined
      ? matchedByName(tables)
      : listed(
          context,
          sides.map(({ name }) => name),
          tables,
        );
  const names = outputs.map(({ name }) => name);
  const cells = outputs.map(({ columns }) =>
    coerce.unify(columns.map((column) => (column === undefined ? coerce.null : context.columnValue(column)))),
  );
  const rowOf = (at: number): string => {
    const [key] = tables[at]?.order ?? [];
    return key === undefined ? "NULL" : dialect.quoteName(plan.hidden(key));
  };
  const items = names.map((name, index) => {
    const { values, type } = cells[index] ?? { values: [], type: TEXT };
    return { name, sql: values[0]?.sql ?? "NULL", type };
  });
  const made = context.list(items, (list) => {
    const hidden = [...made.relation.extras.keys()];
    const others = tables.slice(1).map((table, index) => {
      const at = index + 1;
      const own = cells.map(({ values }) => values[at]?.sql ?? "NULL");
      const extras = hidden.map((key) => (key === ` ${TABLE_NUMBER}` ? String(at) : rowOf(at)));
      return `SELECT ${[...own, ...extras].join(", ")}\nFROM ${plan.ref(table.relation)}`;
    });
    return [`SELECT ${list}\nFROM ${plan.ref(context.table.relation)}`, ...others].join("\nUNION ALL\n");
  });
  const { relation } = made;
  relation.offers.set(TABLE_NUMBER, () => "0");
  relation.offers.set(ROW_OF_TABLE, () => {
    // Asked for while the query is still being put together: every table has to make its own.
    tables.forEach((_, at) => rowOf(at));
    return rowOf(0);
  });
  const key = (kind: string): HiddenColumn => ({ origin: { relation, field: "" }, kind });
  const isOrdered = tables.every(({ order }) => order?.length === 1);
  return { ...made, order: isOrdered ? [key(TABLE_NUMBER), key(ROW_OF_TABLE)] : undefined, isInOrder: false };
}

/** A column of the result: where each table has it. */
interface UnionColumn {
  readonly name: string;
  readonly columns: readonly (TableColumn | undefined)[];
}

/** Every name once, as the first table that has it writes it. */
function matchedByName(tables: readonly Table[]): UnionColumn[] {
  const names = new Map<string, string>();
  for (const { name } of tables.flatMap(({ columns }) => columns)) {
    if (!names.has(foldColumnName(name))) names.set(foldColumnName(name), name);
  }
  return [...names].map(([folded, name]) => ({
    name,
    columns: tables.map(({ columns }) => columns.find((one) => foldColumnName(one.name) === folded)),
  }));
}

/** `col` lists columns of every table, each with its table: the first of each belong together, and so on. */
function listed(context: StepContext, sides: readonly string[], tables: readonly Table[]): UnionColumn[] {
  const nodes = (elementsOf(context.required("col")) ?? []).flatMap((node) => elementsOf(node) ?? [node]);
  const byTable: TableColumn[][] = tables.map(() => []);
  for (const node of nodes) {
    const relation = node["relation"];
    const at = typeof relation === "string" && sides.includes(relation) ? sides.indexOf(relation) + 1 : 0;
    const name = columnOf(node) ?? context.unsupported(`"${printExpression(node)}" is no column`);
    byTable[at]?.push(context.findColumn(name, tables[at]));
  }
  const lengths = new Set(byTable.map((columns) => columns.length));
  if (lengths.size !== 1) context.unsupported("the tables are listed with different numbers of columns");
  const names = context.texts("as") ?? byTable[0]?.map(({ name }) => name) ?? [];
  return names.map((name, index) => ({ name, columns: byTable.map((columns) => columns[index]) }));
}
