import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished } from "vitest";
import { TOKEN } from "../../platform/platform-fixture.js";
import { startPlatformProcess } from "../../platform/platform-process.js";
import type { PlatformProcess } from "../../platform/platform-process.js";
import { startEngineTest } from "../stack.js";
import type { Cell } from "./cells.js";
import { contentOf } from "./content.js";
import { writePackages } from "./life.js";
import type { Phase } from "./life.js";
import { makePeople, putSample } from "./sample.js";
import { openStage } from "./stage.js";
import type { Write } from "./stage.js";
import { killVictim } from "./victims.js";
import type { Host } from "./victims.js";

const PLUGIN = resolve("bin");

/** How things were before a phase, and what its undisturbed run did. */
interface Before {
  readonly state: string;
  /** Copy of the platform's data directory. */
  readonly data: string;
  readonly writes: readonly Write[];
  /** Of the platform, after the phase. */
  readonly content: Record<string, unknown>;
}

/** A stack and a platform that a life is lived with, as often as there is somebody to kill. */
export interface Matrix {
  /** Lives a phase, and answers what it writes. Phases come in order. */
  undisturbed(phase: Phase): Promise<readonly Write[]>;
  /** Lives a phase once more with a kill in it. Throws when what follows does not lead to where the undisturbed run led. */
  disturbed(phase: Phase, cell: Cell): Promise<void>;
}

/** Prepares both; `options` are those of `sluice platform start`. All is gone when the test ends. */
export async function startMatrix(host: Host, options: readonly string[]): Promise<Matrix> {
  const stage = await openStage();
  onTestFinished(() => stage.close());
  const environment = { SLUICE_ENDPOINT: stage.endpoint, SLUICE_TOKEN: TOKEN };
  const test = await startEngineTest({
    config: {},
    environment,
    ...(host === "plugin" && { plugin: PLUGIN }),
  });
  onTestFinished(() => test.close());
  // After each operation three more commands would ask for these, and nobody here looks at them.
  Object.assign(test.stack, { outputs: () => Promise.resolve({}), info: () => Promise.resolve(undefined) });
  await writePackages(test);
  const folders = await mkdtemp(join(tmpdir(), "sluice-kills-"));
  onTestFinished(() => rm(folders, { recursive: true, force: true }));
  const befores = new Map<Phase["name"], Before>();
  let count = 0;
  let data = join(folders, "platform");
  let platform!: PlatformProcess;

  const start = async () => {
    platform = await startPlatformProcess(data, {}, options);
    stage.lead(platform.endpoint);
  };
  const stop = async () => {
    platform.process.kill("SIGKILL");
    await platform.ended;
  };
  const stateFile = join(test.root, "backend/.pulumi/stacks/engine-test/prod.json");

  await putSample(data);
  await start();
  await makePeople(platform.endpoint);
  await stop();

  return {
    undisturbed: async (phase) => {
      const state = await test.state();
      const copy = join(folders, `before-${phase.name}`);
      await cp(data, copy, { recursive: true });
      await start();
      stage.takeWrites();
      await phase.run(test);
      const writes = stage.takeWrites();
      const content = await contentOf(platform.endpoint);
      await stop();
      befores.set(phase.name, { state, data: copy, writes, content });
      return writes;
    },
    disturbed: async (phase, cell) => {
      const before = befores.get(phase.name);
      if (before === undefined) throw new Error(`${phase.name} was not lived undisturbed`);
      count += 1;
      data = join(folders, `cell-${count}`);
      await cp(before.data, data, { recursive: true });
      await writeFile(stateFile, before.state);
      await start();
      try {
        stage.takeWrites();
        const stopped = stage.stopAt(cell.write, cell.moment);
        const ended = phase.run(test).then(
          () => "it ended well",
          (error: unknown) => String(error),
        );
        const early = await Promise.race([stopped, ended]);
        if (early !== undefined) {
          const came = stage.takeWrites().map(({ kind }) => kind);
          throw new Error(`the write did not come, but ${came.join(", ") || "none"}: ${early}`);
        }
        const killed = await killVictim(cell.victim, host, platform.process.pid ?? 0);
        if (killed === 0) throw new Error(`there was no ${cell.victim} to kill`);
        if (cell.victim === "platform") {
          await platform.ended;
          await start();
        }
        stage.letGo();
        await ended;
        if (cell.victim === "engine") await test.unlock();
        await phase.run(test);
        expect(await contentOf(platform.endpoint)).toEqual(before.content);
        const writes = stage.takeWrites().length;
        await phase.rest(test);
        expect(stage.takeWrites(), `after ${writes} writes it is at rest`).toEqual([]);
      } finally {
        stage.letGo();
        await stop();
        await rm(data, { recursive: true, force: true });
      }
    },
  };
}
