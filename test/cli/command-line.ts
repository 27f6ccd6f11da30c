import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { run } from "../../cli/run.js";

/** What a command answered. */
export interface Result {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs `sluice` with these arguments, in this process. */
export function sluice(...commandLine: string[]): Promise<Result> {
  return sluiceAt({ isTerminal: false }, ...commandLine);
}

/** The same, with its output to a terminal or into a pipe. */
export async function sluiceAt(
  where: { readonly isTerminal: boolean },
  ...commandLine: string[]
): Promise<Result> {
  const text = { out: "", error: "" };
  const code = await run(commandLine, {
    out: (more) => (text.out += more),
    error: (more) => (text.error += more),
    ...where,
  });
  return { code, ...text };
}

/** Compares with a file in `golden/`. `SLUICE_UPDATE_GOLDEN=1` writes the file instead: read its difference before you commit it. */
export function expectGolden(name: string, text: string): void {
  const file = join(__dirname, "golden", name);
  if (process.env["SLUICE_UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
}
