import { functionNode, listNode, elementsOf } from "../../language/nodes.js";
import { printExpression } from "../../language/print.js";
import type { JsonObject } from "../../model.js";
import type { StepContext } from "../step-context.js";
import type { Table } from "../table.js";
import type { StepDefinition } from "./definition.js";

/** Steps that choose a new column's value by conditions. Source: the product's page on the case transform. */
export const caseSteps: readonly StepDefinition[] = [
  {
    type: "Case",
    summary:
      "A new column whose value depends on a condition, on the value of a column, or on several conditions",
    forms: "`if` with `then` and `else`, `col` with `colCases`, `cases`",
    compile: compileCase,
  },
];

function compileCase(context: StepContext): Table {
  context.allow("if", "then", "else", "col", "colCases", "cases", "default", "as");
  const node = functionNode("Case", { predicateValuePairs: listNode(pairsOf(context)) });
  const scope = context.scope();
  const value = context.value(node, scope);
  const name = context.freeName(context.text("as") ?? "column1");
  const behind = context.lastMentioned([node]);
  return context.change({ add: [{ name, value, behind }] }, { movesRows: scope.movesRows });
}

/** Condition, value, condition, value, …, and what stands for all other rows. Each of the forms excludes the others. */
function pairsOf(context: StepContext): JsonObject[] {
  const forms = ["if", "colCases", "cases"].filter((name) => context.node(name) !== undefined);
  const [form] = forms;
  if (form === undefined || forms.length > 1)
    return context.unsupported(
      `one of if, colCases and cases is needed, and there is ${forms.join(", ") || "none"}`,
    );
  const last = context.node(form === "if" ? "else" : "default");
  const otherwise = last === undefined ? [] : [last];
  switch (form) {
    case "if":
      return [context.required("if"), context.required("then"), ...otherwise];
    case "cases":
      return [...rowsOf(context, "cases").flat(), ...otherwise];
    default: {
      const lhs = context.required("col");
      const column = elementsOf(lhs)?.[0] ?? lhs;
      const cases = rowsOf(context, "colCases").flatMap(([rhs, value]) => [
        functionNode("Equal", { lhs: column, rhs }),
        value,
      ]);
      return [...cases, ...otherwise];
    }
  }
}

function rowsOf(context: StepContext, name: string): (readonly [JsonObject, JsonObject])[] {
  const rows = context.pairs(name);
  const long = (elementsOf(context.required(name)) ?? []).find((row) => elementsOf(row)?.length !== 2);
  return long === undefined ? rows : context.fail(`"${printExpression(long)}" is no pair`);
}
