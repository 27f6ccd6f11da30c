import { writeSync } from "node:fs";

import { defineConfig } from "vitest/config";

const engineTests = [
  "test/engine/**/*.test.ts",
  "test/acceptance/**/*.test.ts",
  "test/tools/**/*.engine.test.ts",
];

function countResults(modules) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    // A file that does not load, or whose hooks fail, has an error and perhaps no failed test.
    counts.failed += module.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state !== "pending") counts[state] += 1;
    }
  }
  return counts;
}

/** Ends a run with one plain line to count by: `12 passed, 0 failed, 3 skipped`. */
const closingLine = {
  onTestRunEnd(modules, unhandledErrors) {
    const { passed, failed, skipped } = countResults(modules);
    const line = `${passed} passed, ${failed + unhandledErrors.length} failed, ${skipped} skipped\n`;
    process.once("exit", () => writeSync(1, line));
  },
};

export default defineConfig({
  test: {
    pool: "forks",
    poolOptions: { forks: { minForks: 1, maxForks: 2 } },
    reporters: ["default", closingLine],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: engineTests,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: { name: "engine", include: engineTests, testTimeout: 300_000, hookTimeout: 300_000 },
      },
    ],
  },
});
