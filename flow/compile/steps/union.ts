import type { HiddenColumn } from "../relation.js";
import type { StepContext } from "../step-context.js";
import { foldColumnName, type Table } from "../table.js";
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
  context.allow("with", "tables", "table");
  const { plan, coerce, dialect } = context;
  const tables = [context.table, ...context.sides("with"), ...context.sides("tables")];
  const names = allNames(tables);
  const cells = names.map((name) =>
    coerce.unify(
      tables.map(({ columns }) => {
        const column = columns.find((one) => foldColumnName(one.name) === foldColumnName(name));
        return column === undefined ? coerce.null : context.columnValue(column);
      }),
    ),
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

/** Every name once, as the first table that has it writes it. */
function allNames(tables: readonly Table[]): string[] {
  const names = new Map<string, string>();
  for (const { name } of tables.flatMap(({ columns }) => columns)) {
    if (!names.has(foldColumnName(name))) names.set(foldColumnName(name), name);
  }
  return [...names.values()];
}
