/** Why a package was refused. Branch on this, never on the message. */
export type PackageErrorCode =
  | "not-found"
  | "unreadable"
  | "not-a-zip"
  | "empty"
  | "truncated"
  | "damaged"
  | "too-large"
  | "unsafe-entry"
  | "no-definition"
  | "not-json"
  | "unsupported-format"
  | "invalid-content"
  | "duplicate-id"
  | "broken-reference"
  | "no-primary-flow";

/** A package that cannot be used. `problems` holds every finding with its place inside the package; the message repeats the first ones. */
export class PackageError extends Error {
  override readonly name = "PackageError";

  constructor(
    readonly code: PackageErrorCode,
    message: string,
    readonly problems: readonly string[] = [message],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const SHOWN_PROBLEMS = 5;

/** The one-line message for a list of problems of one package: what, the first five places, what to do. */
export function describeProblems(source: string, problems: readonly string[], advice: string): string {
  const shown = problems.slice(0, SHOWN_PROBLEMS).join("; ");
  const hidden = problems.length - SHOWN_PROBLEMS;
  const count = problems.length === 1 ? "" : `${problems.length} problems: `;
  return `package ${source}: ${count}${shown}${hidden > 0 ? `; and ${hidden} more` : ""}. ${advice}`;
}
