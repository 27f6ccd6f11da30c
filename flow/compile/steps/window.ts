import { elementsOf } from "../../language/nodes.js";
import type { StepContext } from "../step-context.js";
import type { Table, TableColumn } from "../table.js";
import type { StepDefinition } from "./definition.js";
import { groupingOf } from "./grouping.js";

/** The step that only looks at other rows. Source: the product's page on the window transform. */
export const windowSteps: readonly StepDefinition[] = [
  {
    type: "Window",
    summary: "A new column for each of some functions on other rows, called `window`, `window1` and so on",
    compile: window,
  },
];

function window(context: StepContext): Table {
  context.allow("value", "group", "order");
  const node = context.required("value");
  const scope = context.scope(groupingOf(context));
  const behind = context.lastMentioned([node, context.node("group"), context.node("order")]);
  const taken: TableColumn[] = [...context.table.columns];
  const add = (elementsOf(node) ?? [node]).map((one) => {
    const name = context.freeName("window", taken);
    const value = context.value(one, scope);
    taken.push({
      name,
      field: name,
      type: value.type,
      origin: { relation: context.table.relation, field: name },
    });
    return { name, value, behind };
  });
  return context.change({ add }, { table: context.withLifted(scope), movesRows: scope.movesRows });
}
