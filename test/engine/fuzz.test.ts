import { afterAll, beforeAll, describe, it } from "vitest";
import { FuzzPlatform } from "../fuzz/fuzz-platform.js";
import { DEPLOYMENT, release } from "../fuzz/regressions/declarations.js";
import { runCase } from "../fuzz/run-case.js";
import { isWithoutEngine } from "./stack.js";

describe.skipIf(isWithoutEngine)("the fuzzer with the real engine", () => {
  let platform: FuzzPlatform;
  beforeAll(async () => {
    platform = await FuzzPlatform.start();
  });
  afterAll(() => platform.close());

  // The steps that every life ends with: an update and a destroy, each between previews and refreshes.
  it("takes a stack through a life, and all is as the model says", async () => {
    await runCase(
      platform,
      {
        steps: [DEPLOYMENT, release(1, { notes: "first" })],
      },
      { engine: "pulumi", host: "plugin" },
    );
  });
});
