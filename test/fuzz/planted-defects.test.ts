import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FuzzPlatform } from "./fuzz-platform.js";
import { fuzz } from "./fuzz.js";
import { plantedDefects } from "./planted-defects.js";

/** Cases after which the fuzzer has failed to find a defect. */
const CASES = 30;
const TIMEOUT = 240_000;

describe("the fuzzer", () => {
  let platform: FuzzPlatform;
  beforeAll(async () => {
    platform = await FuzzPlatform.start();
  });
  afterAll(() => platform.close());

  it.each(plantedDefects)(
    "finds a provider that $name",
    async ({ plant, finding, seed }) => {
      const isOver = (cases: number) => cases === CASES;
      const found = await fuzz(platform, { seed, isOver, shrinkAttempts: 0, mode: { plant } });
      expect(found.finding?.problems.join("\n")).toMatch(finding);
    },
    TIMEOUT,
  );
});
