/** A readable package source that cannot be built. `problems` holds every finding, each with its place inside the source. */
export class SourceError extends Error {
  override readonly name = "SourceError";

  constructor(
    file: string,
    readonly problems: readonly string[],
    options?: ErrorOptions,
  ) {
    const [first = "unknown"] = problems;
    const rest = problems.length - 1;
    const more = rest === 0 ? "" : ` (and ${String(rest)} more: ${problems.slice(1).join("; ")})`;
    super(`package source ${file}: ${first}${more}`, options);
  }
}

/** Where something stands in a source: `flows[0].recipes["Clean orders"].steps[3]`. */
export type SourcePath = readonly (string | number)[];

/** Keys below which the next part of a path is a name that the author chose. */
const NAMED_PARTS = new Set(["connections", "datasets", "recipes", "parameters", "references"]);

/** Writes a path the way one would in code; names in quotes. */
function formatSourcePath(path: SourcePath): string {
  let text = "";
  path.forEach((part, index) => {
    const above = path[index - 1];
    if (typeof part === "number") text += `[${String(part)}]`;
    else if (typeof above === "string" && NAMED_PARTS.has(above)) text += `[${JSON.stringify(part)}]`;
    else text += text === "" ? part : `.${part}`;
  });
  return text;
}

/** Collects problems with their places. */
export class SourceProblems {
  readonly found: string[] = [];

  add(path: SourcePath, problem: string): void {
    this.found.push(path.length === 0 ? problem : `${formatSourcePath(path)}: ${problem}`);
  }
}
