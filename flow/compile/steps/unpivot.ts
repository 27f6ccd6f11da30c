import { hiddenHandedOn } from "../hand-on.js";
import type { HiddenColumn } from "../relation.js";
import type { StepContext } from "../step-context.js";
import { uniqueColumnName, type Table, type TableColumn } from "../table.js";
import { TEXT } from "../value.js";
import type { StepDefinition } from "./definition.js";

/** Unpivot. */
export const unpivotSteps: readonly StepDefinition[] = [
  {
    type: "Unpivot",
    summary:
      "A row for each of some columns: its name and its cell; with `groupEvery`, several columns a row",
    compile: unpivot,
  },
];

const COLUMN_NUMBER = "column number";

function unpivot(context: StepContext): Table {
  context.allow("col", "groupEvery", "as");
  const { table, plan, dialect, coerce } = context;
  const columns = context.columns("col");
  const every = context.integer("groupEvery") ?? 1;
  if (every < 1) context.fail("groupEvery must be 1 or more");
  if (columns.length === 0) context.fail("no columns are named");
  const others = table.columns.filter((column) => !columns.includes(column));
  const names = keyAndValueNames(context, every);
  const taken = others.map(({ name }) => name);
  const rows = Math.ceil(columns.length / every);
  const items = others.map((column) => context.handOn(column));
  for (let place = 0; place < every; place += 1) {
    const some = Array.from({ length: rows }, (_, row) => columns[row * every + place]);
    const { values, type } = coerce.unify(
      some.map((column) => (column === undefined ? coerce.null : context.columnValue(column))),
    );
    const keys = some.map((column: TableColumn | undefined) =>
      column === undefined ? "NULL" : dialect.text(column.name),
    );
    const made = [
      {
        name: names[place * 2] ?? "key",
        sql: dialect.call("unnest", dialect.call("list", ...keys)),
        type: TEXT,
      },
      {
        name: names[place * 2 + 1] ?? "value",
        sql: dialect.call("unnest", dialect.call("list", ...values.map(({ sql }) => sql))),
        type,
      },
    ];
    for (const item of made) {
      const name = uniqueColumnName(item.name, taken);
      taken.push(name);
      items.push({ ...item, name });
    }
  }
  const made = context.list(items, (list) => `SELECT ${list}\nFROM ${plan.ref(table.relation)}`);
  const { relation } = made;
  relation.offers.set(COLUMN_NUMBER, () =>
    dialect.call("unnest", dialect.call("numberRange", "0", String(rows), "1")),
  );
  const hidden = hiddenHandedOn(table, relation);
  const number: HiddenColumn = { origin: { relation, field: "" }, kind: COLUMN_NUMBER };
  return {
    ...table,
    ...made,
    ...hidden,
    order: hidden.order === undefined ? undefined : [...hidden.order, number],
  };
}

/** `key`, `value`, and with several columns a row `key1`, `value1`, `key2` and so on. */
function keyAndValueNames(context: StepContext, every: number): string[] {
  const names = context.texts("as");
  if (names?.length === every * 2) return names;
  const [key = "key", value = "value"] = names ?? [];
  if (every === 1) return [key, value];
  return Array.from({ length: every }, (_, index) => [
    `${key}${String(index + 1)}`,
    `${value}${String(index + 1)}`,
  ]).flat();
}
