import { isJsonObject } from "../../fields.js";
import { elementsOf } from "../../language/nodes.js";
import type { JsonObject } from "../../model.js";
import type { Grouping } from "../scope.js";
import type { StepContext } from "../step-context.js";
import type { Value } from "../value.js";

/** `group` and `order` of a step whose functions look at several rows. */
export function groupingOf(context: StepContext): Grouping {
  const groups = context.columns("group").map((column) => context.columnValue(column).sql);
  const order = orderOf(context, "order");
  if (groups.length === 0 && order.length === 0) return { kind: "table" };
  return { kind: "window", partition: groups, order };
}

/** What a parameter sorts by, in SQL; `NEGATE(column)` turns a key round. */
export function orderOf(context: StepContext, name: string): string[] {
  const node = context.node(name);
  const keys = node === undefined ? [] : (elementsOf(node) ?? [node]);
  const scope = context.scope();
  return keys.flatMap((key) => {
    const negated = negatedOf(key);
    const parts = orderKeys(context, context.value(negated ?? key, scope));
    return parts.map((part) => (negated === undefined ? part : `${part} DESC`));
  });
}

function negatedOf({ kind, type, parameters }: JsonObject): JsonObject | undefined {
  if (kind !== "func" || type !== "Negate" || !isJsonObject(parameters)) return undefined;
  const [inner] = Object.values(parameters);
  return isJsonObject(inner) ? inner : undefined;
}

/** Numbers by value and dates by time; a text that is neither by its characters, behind the numbers. */
function orderKeys(context: StepContext, value: Value): string[] {
  const { coerce } = context;
  if (value.type.kind !== "text") return [value.sql];
  switch (value.type.means?.kind) {
    case undefined:
    case "integer":
    case "float":
      return [coerce.toNumber(value).sql, value.sql];
    case "datetime":
      return [coerce.toDate(value).sql, value.sql];
    case "text":
    case "boolean":
    case "array":
    case "map":
      return [value.sql];
  }
}
