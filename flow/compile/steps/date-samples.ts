import type { StepContext } from "../step-context.js";
import { columnValue, type TableColumn } from "../table.js";
import type { Meaning } from "../value.js";

/** A date type leaves the separators open; results are written with those of the data. */
export function shownAs(means: Meaning | undefined, samples: readonly string[]): Meaning | undefined {
  if (means?.kind !== "datetime" || !isOpenStyle(means)) return means;
  const separator = samples.map((text) => /\d([-/. ])\d/.exec(text)?.[1]).find((one) => one !== undefined);
  if (separator === undefined) return means;
  const [date = "", ...time] = means.style.shown.split(/(?= [Hh])/);
  const shown = [date.replace(/[-/. ]/g, separator), ...time].join("");
  return { kind: "datetime", style: { ...means.style, shown } };
}

/** The same for a column of the step's table; without data nothing changes. */
export async function shownAsColumn(
  context: StepContext,
  means: Meaning,
  column: TableColumn,
): Promise<Meaning> {
  const { options, plan, table } = context;
  if (options.ask === undefined || !isOpenStyle(means)) return means;
  const cell = context.coerce.toText(columnValue(plan, column)).sql;
  const rows = await options.ask(
    plan.render(() => `SELECT ${cell}\nFROM ${plan.ref(table.relation)}\nWHERE ${cell} <> ''\nLIMIT 1`),
  );
  return (
    shownAs(
      means,
      rows.map(([text]) => text ?? ""),
    ) ?? means
  );
}

function isOpenStyle(means: Meaning): boolean {
  return means.kind === "datetime" && means.style.read.some((format) => format.includes("*"));
}
