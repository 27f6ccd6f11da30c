import type { StepContext } from "../step-context.js";
import type { Table, TableColumn } from "../table.js";
import { closed, operand, type Value } from "../value.js";
import type { StepDefinition } from "./definition.js";
import { pivotValues } from "./group.js";

/** Columns out of values. Source: the product's page on the valuestocols transform. */
export const valuesToColumnsSteps: readonly StepDefinition[] = [
  {
    type: "Valuestocols",
    summary: "A new column for each value of a column: one value where a row has it, else another or null",
    compile: valuesToColumns,
  },
];

async function valuesToColumns(context: StepContext): Promise<Table> {
  context.allow("col", "value", "default", "limit");
  const column = context.column("col");
  const text = operand(context.coerce.toText(context.columnValue(column)));
  const scope = context.scope();
  const then = context.value(context.required("value"), scope);
  const node = context.node("default");
  const otherwise = node === undefined ? context.coerce.null : context.value(node, scope);
  if (scope.lookCount > 0)
    context.unsupported("the value looks at several rows: derive it as a column first");
  const { values, type } = context.coerce.unify([then, otherwise]);
  const [yes, no] = values;
  const taken: TableColumn[] = [...context.table.columns];
  const add = (await pivotValues(context)).map(([cell = ""]) => {
    const name = context.freeName(cell, taken);
    taken.push({ ...column, name });
    const sql = `CASE WHEN ${text} = ${context.dialect.text(cell)} THEN ${yes?.sql ?? "NULL"} ELSE ${no?.sql ?? "NULL"} END`;
    const value: Value = closed(sql, type);
    return { name, value, behind: column };
  });
  return context.change({ add });
}
