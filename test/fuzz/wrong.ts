/** Something is wrong with the provider, or with the oracle: ends the case. */
export class Wrong extends Error {
  override readonly name = "Wrong";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/** Throws {@link Wrong} when there are problems. */
export function demand(what: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new Wrong(problems.map((problem) => `${what}: ${problem}`));
}
