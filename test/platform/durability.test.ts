import { expect, test } from "vitest";
import { makeDirectory } from "./platform-fixture.js";
import { startPlatformProcess } from "./platform-process.js";
import {
  checkAcknowledged,
  checkJobs,
  checkNoUnusedBlobs,
  checkStore,
  makeWriteLoad,
  waitForLoad,
} from "./write-load.js";

/** How often the platform is killed; CONTRIBUTING.md says how to ask for more. */
const KILLS = Number(process.env["SLUICE_KILLS"] ?? 5);
const WRITERS = 3;

test(
  "a kill at any moment loses no acknowledged write, and leaves no half-done import and no half-written file",
  { timeout: 60_000 + KILLS * 20_000 },
  async () => {
    const directory = makeDirectory();
    const load = await makeWriteLoad();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const platform = await startPlatformProcess(directory);
      if (kill === 0) await load.prepare(platform.endpoint, directory);
      else checkNoUnusedBlobs(directory);
      const target = load.count() + 5 + Math.floor(Math.random() * 40);
      const writing = Promise.all([
        ...Array.from({ length: WRITERS }, (_, writer) => load.write(platform.endpoint, `${kill}-${writer}`)),
        load.runJobs(platform.endpoint),
      ]);
      await Promise.race([waitForLoad(() => load.count() >= target), writing]);
      platform.process.kill("SIGKILL");
      await writing;
      expect((await platform.ended).signal).toBe("SIGKILL");
      checkStore(directory);
      // Asking for everything each time would be most of a long run.
      if (kill % 20 === 19) await checkAfterStart(directory);
    }
    const jobs = await checkAfterStart(directory);
    expect(jobs.complete).toBeGreaterThan(0);
    process.stdout.write(
      `${KILLS} kills, ${load.count()} acknowledged writes, jobs: ${jobs.complete} complete, ${jobs.cut} cut off\n`,
    );

    async function checkAfterStart(folder: string) {
      const acknowledged = load.snapshot();
      const platform = await startPlatformProcess(folder);
      await checkAcknowledged(platform.endpoint, acknowledged);
      const ended = await checkJobs(platform.endpoint, folder, acknowledged);
      platform.process.kill("SIGKILL");
      await platform.ended;
      return ended;
    }
  },
);
