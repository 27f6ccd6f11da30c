import type { JobGroupResult, RunResult, WrittenOutput } from "../../provider/jobs/deployment-run.js";

/** What `sluice run` prints. */
export interface RunReport {
  readonly deployment: { readonly id: string; readonly name: string };
  /** `started`: nobody waited. */
  readonly outcome: RunResult["outcome"] | "started";
  /** Of groups that were not looked at, the id alone. */
  readonly jobGroups: readonly (Pick<JobGroupResult, "id"> & Partial<JobGroupResult>)[];
}

const HEAD = ["output", "status", "rows", "bytes", "seconds"];
const UNKNOWN = "-";

/** As JSON, or as a table with a line for each output; `-` stands for what the platform does not tell. */
export function formatRun(report: RunReport, asJson: boolean): string {
  if (asJson) return `${JSON.stringify(report, null, 2)}\n`;
  const rows = report.jobGroups.flatMap(toRows);
  return formatTable([HEAD, ...rows]);
}

/** A group that wrote nothing is told by its recipe. */
function toRows({
  id,
  recipe,
  status = UNKNOWN,
  seconds,
  outputs = [],
}: RunReport["jobGroups"][number]): string[][] {
  const toRow = (name: string, written?: WrittenOutput): string[] => [
    name,
    status,
    show(written?.rows),
    show(written?.bytes),
    show(seconds),
  ];
  const rows = outputs.map((written) => toRow(written.location, written));
  return rows.length > 0 ? rows : [toRow(`job group ${id}${recipe === undefined ? "" : ` (${recipe})`}`)];
}

function show(number: number | undefined): string {
  return number === undefined ? UNKNOWN : String(number);
}

/** Texts to the left, numbers to the right. */
function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}
