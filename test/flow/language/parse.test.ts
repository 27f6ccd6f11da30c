import { describe, expect, it } from "vitest";
import { LanguageError, parseExpressionText, parseStep } from "../../../flow/language/parse.js";
import { printExpression, printTask } from "../../../flow/language/print.js";

function failure(step: string): LanguageError {
  try {
    parseStep(step);
  } catch (error) {
    if (error instanceof LanguageError) return error;
    throw error;
  }
  throw new Error(`no error for ${step}`);
}

const reprint = (step: string): string => printTask(parseStep(step), new Map([["Ref Pays", "Ref Pays"]]));

describe("parseStep", () => {
  it("reads a derived column into the nodes that the product exports", () => {
    expect(parseStep("derive type: single value: price * quantity as: 'total'")).toEqual({
      type: "Derive",
      parameters: {
        type: { kind: "bundle", type: "Bundle", value: "single" },
        value: {
          annotations: { infix: true, parenthetical: false },
          kind: "func",
          type: "Multiply",
          parameters: {
            lhs: { kind: "column", type: "Column", value: "price", relation: null },
            rhs: { kind: "column", type: "Column", value: "quantity", relation: null },
          },
        },
        as: { kind: "constant", type: "String", value: "total" },
      },
      annotations: {},
      outputName: null,
    });
  });

  it("gives a grouping's values their default names, and keeps the names that are given", () => {
    const task = parseStep("groupby type: agg group: day value: revenue = SUM(total), MAX(total), COUNT()");
    expect(task.parameters["as"]).toEqual({
      kind: "array",
      type: "Array",
      value: ["revenue", "max_total", "row_count"].map((value) => ({
        kind: "constant",
        type: "String",
        value,
      })),
    });
  });

  it("takes a side table's name with spaces and dots in it, and tells its columns by it", () => {
    const step =
      "join with: Customers v1.2 (EU) col: id = current_dataset.id, {full name} = Customers v1.2 (EU).name " +
      "row: current_dataset.id == Customers v1.2 (EU).id && current_dataset.a < 3 type: left";
    const task = parseStep(step);
    expect(task.parameters["with"]).toEqual({ kind: "table", type: "Table", value: "Customers v1.2 (EU)" });
    expect(task.parameters["table"]).toEqual({ kind: "table", type: "Table", value: "current_dataset" });
    expect(printTask(task, new Map([["Customers v1.2 (EU)", "Customers v1.2 (EU)"]]))).toBe(step);
  });

  it("reads a comment to the end of the line", () => {
    expect(parseStep("// keep: 'all' {of} it ").parameters).toEqual({
      comment: { kind: "constant", type: "String", value: " keep: 'all' {of} it " },
    });
  });

  it("accepts parameters in another order and with other spaces, and prints them in the fixed one", () => {
    expect(reprint("  filter action:Keep   row:a==1 type:custom rowType:single")).toBe(
      "filter type: custom rowType: single row: a == 1 action: Keep",
    );
  });

  it.each([
    "lookup with: Ref Pays col: CodePays key: Code as: 'Valeur'",
    "rename type: manual mapping: [{Prénom}, 'Prenom'], [a, 'b']",
    "set col: a, b value: IFMISSING($col, 'none')",
    "derive type: single value: $sourcerownumber - 1 as: 'n'",
    "derive type: single value: ${filepath} as: 'n'",
    "derive type: single value: -1.5 as: 'n'",
    "derive type: single value: 2.0 as: 'n'",
    "derive type: multiple value: PREV({My Days}, 1) group: a order: $sourcerownumber, b as: 'x'",
    "drop col: first~{last one}, * action: Keep",
    "split type: on col: column1 on: ',' limit: 3 quote: '\\\"'",
    "replacepatterns col: * with: '' on: `{start}\\\"|\\\"{end}` global: true",
    "header",
    "deduplicate",
    "unpivot col: a, b groupEvery: 1 as: 'name', 'cell'",
    "select values: [a, 'a'], [NOW('Europe/Paris'), 'at']",
    "pivot group: a value: total = SUM(b) limit: 50",
    "pivot col: c group: a value: SUM(b) limit: 50",
    "//",
    "//it's \\\\ a \\n line",
  ])("prints what it read again: %s", (step) => {
    expect(reprint(step)).toBe(step);
  });

  it.each([
    ["deriv type: single value: 1 as: 'x'", 1, 'unknown step "deriv" (did you mean "derive"?)'],
    ["drop col: a action: drop", 21, 'expected Drop or Keep for action, found "drop" (did you mean "Drop"?)'],
    ["drop col: a", 12, "expected action:, found the end of the step"],
    ["flatten col: a clo: b", 16, 'flatten has no parameter "clo" (did you mean "col"?): it takes col'],
    ["flatten col: a, b", 15, 'expected the end of the step, found ","'],
    ["flatten col: 'a'", 14, "expected a column (name, {name with spaces}, first~last or *) for col"],
    ["flatten col: {a", 14, "{ is never closed: expected } before the end"],
    ["flatten col: a col: b", 16, "flatten has col twice"],
    [
      "derive type: single value: a = 1 as: 'x'",
      29,
      'expected an operator, found "="; write "==" to compare',
    ],
    ["derive type: single value: CONT() as: 'x'", 28, 'unknown function CONT (did you mean "COUNT"?)'],
    ["derive type: single value: (1 + 2 as: 'x'", 35, 'expected ")" after the expression, found "as"'],
    [
      "derive type: single value: YEAR(a, b) as: 'x'",
      36,
      "YEAR takes col; this argument is one too many or needs a name",
    ],
    ["derive type: single value: t.a as: 'x'", 28, 'unknown table "t": this step reads one table only'],
    [
      "groupby type: agg group: a value: SUM(a * b)",
      45,
      'value 1 of value needs a name, as in "total = SUM(price)"',
    ],
    [
      "lookup col: a with: T key: b as: 'x'",
      8,
      "expected with: first, for it names the table of the columns",
    ],
    ["", 1, "expected a step word (derive, filter, join, …) or //, found the end of the step"],
  ])("refuses %s at column %i", (step, column, problem) => {
    const error = failure(step);
    expect({ line: error.line, column: error.column, message: error.message }).toEqual({
      line: 1,
      column,
      message: `column ${String(column)}: ${problem}`,
    });
  });

  it("tells to put a name with other letters in braces", () => {
    expect(failure("flatten col: Prénom").message).toContain("put other names in braces");
  });

  it("counts lines when a step is written over several", () => {
    const error = failure("derive type: single\n  value: 1 +\n  as: 'x'");
    expect([error.line, error.column]).toEqual([3, 5]);
  });
});

describe("expressions", () => {
  it.each([
    "a + b * c",
    "(a + b) * c",
    "a - (b - c)",
    "a - b - c",
    "a || b && !(c == d)",
    "!ISNULL(a) && a >= 1",
    "IF(a == 1 || a == 2, 'x', NULL())",
    "CASE([a < 1, 'low', a < 10, 'mid', 'high'])",
    "DATEADD(DATE(YEAR(a), MONTH(a), 1), -1, day)",
    "COUNTIF(a > 3)",
    "LIST(a, 10)",
    "{x'y\\\"z}",
    "[]",
  ])("reads and prints %s", (text) => {
    expect(printExpression(parseExpressionText(text))).toBe(text);
  });

  it("keeps parentheses that nobody needed, as the product does", () => {
    expect(printExpression(parseExpressionText("(a * b) + c"))).toBe("(a * b) + c");
  });

  it("reads back a node in JSON that has no text form", () => {
    const text = '{"kind":"map","type":"Map","value":{"a":"}"}}';
    expect(printExpression(parseExpressionText(text))).toBe(text);
  });
});
