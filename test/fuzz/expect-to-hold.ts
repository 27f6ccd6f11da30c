import { FuzzPlatform } from "./fuzz-platform.js";
import { runCase } from "./run-case.js";
import type { FuzzCase } from "./steps.js";

/** Runs a case on a platform of its own; throws what is wrong with it. */
export async function expectToHold(fuzzCase: FuzzCase): Promise<void> {
  const platform = await FuzzPlatform.start();
  try {
    await runCase(platform, fuzzCase);
  } finally {
    await platform.close();
  }
}
