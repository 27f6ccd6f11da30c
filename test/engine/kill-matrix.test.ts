import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { TOKEN } from "../platform/platform-fixture.js";
import { startPlatformProcess, type PlatformProcess } from "../platform/platform-process.js";
import { allCells, nameCell, someCells, type Cell } from "./kill-matrix/cells.js";
import { contentOf } from "./kill-matrix/content.js";
import { lifeOn } from "./kill-matrix/life.js";
import { openStage, type Write } from "./kill-matrix/stage.js";
import { killVictim, type Host } from "./kill-matrix/victims.js";
import { writeOrdersPackages } from "./orders.js";
import { isWithoutEngine, startEngineTest } from "./stack.js";

/** `full`: every cell, which takes an hour or more; `some`: those of every run, and tells them. CONTRIBUTING.md says more. */
const ASKED = process.env["SLUICE_KILL_MATRIX"];
const IS_FULL = ASKED === "full";
const HOSTS: readonly Host[] = ["dynamic", "plugin"];
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

describe.skipIf(isWithoutEngine)(
  "killed with signal 9 before or after a write, the next update converges",
  () => {
    it.each(HOSTS)("on the %s host", { timeout: IS_FULL ? 14_400_000 : 900_000 }, async (host) => {
      const matrix = await startMatrix(host);
      const life = lifeOn(host);
      const before: Before[] = [];
      for (const phase of life) before.push(await matrix.undisturbed(phase));
      const writes = before.map((phase) => phase.writes);
      const cells = IS_FULL ? allCells(writes) : someCells(writes, host);
      const failures: string[] = [];
      for (const cell of cells) {
        const phase = life[cell.phase];
        const start = before[cell.phase];
        if (phase === undefined || start === undefined)
          throw new Error("a cell of a phase that is not there");
        const name = nameCell(cell, phase.name);
        const began = Date.now();
        const problem = await matrix.disturbed(phase, start, cell).then(
          () => undefined,
          (error: unknown) => (error instanceof Error ? error.message : String(error)),
        );
        if (problem !== undefined) failures.push(`${name}:\n${problem}`);
        const seconds = Math.round((Date.now() - began) / 1000);
        if (ASKED !== undefined)
          process.stdout.write(
            `${problem === undefined ? "ok" : "FAILED"} ${host}, ${name} (${seconds} s)\n`,
          );
      }
      expect(failures).toEqual([]);
      expect(cells.length).toBeGreaterThan(5);
    });
  },
);

type Phase = ReturnType<typeof lifeOn>[number];

async function startMatrix(host: Host) {
  const stage = await openStage();
  onTestFinished(() => stage.close());
  const environment = { SLUICE_ENDPOINT: stage.endpoint, SLUICE_TOKEN: TOKEN };
  const test = await startEngineTest({
    config: {},
    environment,
    ...(host === "plugin" && { plugin: PLUGIN }),
  });
  onTestFinished(() => test.close());
  await writeOrdersPackages(test);
  const folders = await mkdtemp(join(tmpdir(), "sluice-kills-"));
  onTestFinished(() => rm(folders, { recursive: true, force: true }));
  let count = 0;
  let data = join(folders, "platform");
  let platform: PlatformProcess;

  const start = async () => {
    platform = await startPlatformProcess(data);
    stage.lead(platform.endpoint);
  };
  const stop = async () => {
    platform.process.kill("SIGKILL");
    await platform.ended;
  };
  const stateFile = join(test.root, "backend/.pulumi/stacks/engine-test/prod.json");

  return {
    undisturbed: async (phase: Phase): Promise<Before> => {
      const state = await test.state();
      const copy = join(folders, `before-${phase.name}`);
      await cp(data, copy, { recursive: true }).catch(ignoreMissing);
      await start();
      stage.takeWrites();
      await phase.run(test);
      const writes = stage.takeWrites();
      const content = await contentOf(platform.endpoint);
      await stop();
      return { state, data: copy, writes, content };
    },
    disturbed: async (phase: Phase, before: Before, cell: Cell): Promise<void> => {
      count += 1;
      data = join(folders, `cell-${count}`);
      await cp(before.data, data, { recursive: true }).catch(ignoreMissing);
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
        if (early !== undefined) throw new Error(`the write did not come: ${early}`);
        const killed = await killVictim(cell.victim, host, platform.process.pid ?? 0);
        if (killed === 0) throw new Error(`there was no ${cell.victim} to kill`);
        if (cell.victim === "platform") {
          await platform.ended;
          await start();
        }
        stage.letGo();
        await ended;
        // The killed engine's lock on the stack is still there; this is how Pulumi wants it taken off.
        if (cell.victim === "engine") await test.stack.cancel();
        await phase.run(test);
        expect(await contentOf(platform.endpoint)).toEqual(before.content);
        const writes = stage.takeWrites().length;
        if (phase.name === "destroy") await phase.run(test);
        else await test.stack.preview({ expectNoChanges: true });
        expect(stage.takeWrites(), `after ${writes} writes it is at rest`).toEqual([]);
      } finally {
        stage.letGo();
        await stop();
        await rm(data, { recursive: true, force: true });
      }
    },
  };
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
