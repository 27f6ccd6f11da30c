import { drawCase } from "./draw-case.js";
import type { FuzzPlatform } from "./fuzz-platform.js";
import { FuzzFailure, runCase } from "./run-case.js";
import type { Mode } from "./run-case.js";
import { shrink } from "./shrink.js";
import type { FuzzCase } from "./steps.js";

/** A case that fails, as small as it became. */
export interface Finding {
  readonly seed: number;
  readonly fuzzCase: FuzzCase;
  readonly problems: readonly string[];
}

export interface FuzzOptions {
  /** Seed of the first case; the others count up from it. */
  readonly seed: number;
  /** Asked before each case, with the number of cases and steps so far. */
  readonly isOver: (cases: number, steps: number) => boolean;
  /** Runs of smaller cases after a failure. */
  readonly shrinkAttempts: number;
  readonly mode?: Partial<Mode>;
}

export interface FuzzResult {
  readonly cases: number;
  readonly steps: number;
  /** The first failure, with which the run ended. */
  readonly finding: Finding | null;
}

/** Runs cases until one fails or it is over. */
export async function fuzz(platform: FuzzPlatform, options: FuzzOptions): Promise<FuzzResult> {
  const { seed, isOver, shrinkAttempts, mode = {} } = options;
  let steps = 0;
  for (let cases = 0; ; cases += 1) {
    if (isOver(cases, steps)) return { cases, steps, finding: null };
    const fuzzCase = drawCase(seed + cases);
    const failure = await failureOf(platform, fuzzCase, mode);
    steps += fuzzCase.steps.length;
    if (failure === undefined) continue;
    const cut = { ...fuzzCase, steps: fuzzCase.steps.slice(0, failure.step + 1) };
    const fails = async (smaller: FuzzCase) => {
      const other = await failureOf(platform, smaller, mode);
      return other !== undefined && kindOf(other) === kindOf(failure);
    };
    const start = shrinkAttempts > 0 && (await fails(cut)) ? cut : fuzzCase;
    const smallest = await shrink(start, fails, shrinkAttempts);
    const { problems } =
      (smallest === fuzzCase ? undefined : await failureOf(platform, smallest, mode)) ?? failure;
    return { cases: cases + 1, steps, finding: { seed: seed + cases, fuzzCase: smallest, problems } };
  }
}

/** The beginning of the first problem, without names and numbers: a smaller case must not fail for another reason. */
function kindOf({ problems: [problem = ""] }: FuzzFailure): string {
  return problem.replaceAll(/\{.*\}|"[^"]*"|\b[cd]\d\S*|[#\d]+/g, "").slice(0, 60);
}

async function failureOf(
  platform: FuzzPlatform,
  fuzzCase: FuzzCase,
  mode: Partial<Mode>,
): Promise<FuzzFailure | undefined> {
  try {
    await runCase(platform, fuzzCase, mode);
    return undefined;
  } catch (error) {
    if (error instanceof FuzzFailure) return error;
    throw error;
  }
}
