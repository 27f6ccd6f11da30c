import { expect, it } from "vitest";
import { startTestPlatform } from "../platform-fixture.js";

it.each([
  [{ jobs: { workers: 0 } }, "jobs.workers is 0"],
  [{ jobs: { memory: "much" } }, 'jobs.memory is "much"'],
  [{ jobs: { history: 0 } }, "jobs.history is 0"],
  [{ storage: { root: "files" } }, 'the storage folder "files" must be an absolute path'],
  [{ storage: { mappings: { "s3://acme": "acme" } } }, 'the storage folder "acme" must be an absolute path'],
])("a platform does not start with %j", async (settings, reason) => {
  await expect(startTestPlatform({ settings })).rejects.toThrow(reason);
});
