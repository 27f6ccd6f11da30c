import { afterAll, beforeAll, expect, it } from "vitest";
import { FuzzPlatform } from "./fuzz-platform.js";
import { fuzz } from "./fuzz.js";
import { printTest } from "./print-case.js";

/** As many as take some twenty seconds; `npm run fuzz` goes on from there. */
const CASES = 10;

let platform: FuzzPlatform;
beforeAll(async () => {
  platform = await FuzzPlatform.start();
});
afterAll(() => platform.close());

it("stacks whose lives are drawn at random come to what the model says", async () => {
  const isOver = (cases: number) => cases === CASES;
  const { finding } = await fuzz(platform, { seed: 1, isOver, shrinkAttempts: 60 });
  expect(finding && printTest(finding.fuzzCase, finding.seed, finding.problems)).toBeNull();
}, 240_000);
