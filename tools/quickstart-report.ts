/** The rows of a CSV file without quotes, in an order of their own: a group-by promises none. */
export interface Report {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const SHOWN_ROWS = 3;

/** Reads the report that a job wrote. */
export function readReport(text: string): Report {
  const [head = "", ...rows] = text.trimEnd().split("\n").sort(byText);
  return { columns: head.split(","), rows: rows.map((row) => row.split(",")) };
}

/** The header is the only line that begins with a letter. */
function byText(a: string, b: string): number {
  const isHead = (line: string) => (/^[a-z]/.test(line) ? 0 : 1);
  return isHead(a) - isHead(b) || (a < b ? -1 : 1);
}

/** The first rows of a report, and how many there are. */
export function showReport({ columns, rows }: Report): string[] {
  const hidden = rows.length - SHOWN_ROWS;
  return [
    columns.join(","),
    ...rows.slice(0, SHOWN_ROWS).map((row) => row.join(",")),
    ...(hidden > 0 ? [`… and ${hidden} more rows`] : []),
  ];
}

/** The columns and rows that differ. Rows are compared in the columns that both reports have. */
export function compareReports(before: Report, after: Report): string[] {
  const shared = before.columns.filter((column) => after.columns.includes(column));
  const keys = (report: Report) => new Set(report.rows.map((row) => keyOf(report, row, shared)));
  const [old, current] = [keys(before), keys(after)];
  const signed = (sign: string, report: Report, others: ReadonlySet<string>) =>
    report.rows
      .filter((row) => !others.has(keyOf(report, row, shared)))
      .map((row) => ({ sign, text: row.join(",") }));
  const rows = [...signed("-", before, current), ...signed("+", after, old)];
  const heads =
    before.columns.length === after.columns.length
      ? []
      : [`- ${before.columns.join(",")}`, `+ ${after.columns.join(",")}`];
  // Old and new values of one day and country stand below each other.
  const sorted = rows.sort((a, b) => groupOf(a.text).localeCompare(groupOf(b.text)));
  return [...heads, ...sorted.map(({ sign, text }) => `${sign} ${text}`)];
}

function keyOf({ columns }: Report, row: readonly string[], wanted: readonly string[]): string {
  return wanted.map((column) => row[columns.indexOf(column)]).join(",");
}

function groupOf(row: string): string {
  return row.split(",", 2).join(",");
}
