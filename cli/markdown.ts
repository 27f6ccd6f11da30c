/** Text as it stands, on one line: nothing in it is taken for markup. */
export function plain(text: string): string {
  return text
    .replace(/[\\`*_{}[\]#~]/g, "\\$&")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/\r?\n/g, "<br>");
}

/** A code span; lines are joined by spaces. */
export function code(text: string): string {
  const line = text.replace(/\s*\r?\n\s*/g, " ");
  if (line === "") return "";
  const fence = "`".repeat(longestRun(line) + 1);
  return line.startsWith("`") || line.endsWith("`") ? `${fence} ${line} ${fence}` : `${fence}${line}${fence}`;
}

/** Code spans of several lines, one below the other, for a table's cell. */
export function codeLines(text: string): string {
  return text
    .split("\n")
    .map((line) => code(line))
    .join("<br>");
}

/** A table's lines; cells are markup already, but for the sign that divides them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const toLine = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replace(/\|/g, "\\|")).join(" | ")} |`;
  return [toLine(head), toLine(head.map(() => "---")), ...rows.map(toLine)];
}

/** A fenced block, whose fence no line of the block can close. */
export function fenced(language: string, lines: readonly string[]): string[] {
  const fence = "`".repeat(Math.max(3, longestRun(lines.join("\n")) + 1));
  return [`${fence}${language}`, ...lines, fence];
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
