import { describe, expect, it } from "vitest";
import { allCells, nameCell, someCells } from "./kill-matrix/cells.js";
import { lifeOn } from "./kill-matrix/life.js";
import type { Phase } from "./kill-matrix/life.js";
import { startMatrix } from "./kill-matrix/matrix.js";
import type { Matrix } from "./kill-matrix/matrix.js";
import { writesInSources } from "./kill-matrix/provider-writes.js";
import type { Write } from "./kill-matrix/stage.js";
import type { Host } from "./kill-matrix/victims.js";
import { isWithoutEngine } from "./stack.js";

/** `full`: every cell, `2/6`: the second of six parts of them, `some`: those of every run, and tells them. CONTRIBUTING.md says more. */
const ASKED = process.env["SLUICE_KILL_MATRIX"];
/** Only cells whose name has this in it, for one that failed. */
const ONLY = new RegExp(process.env["SLUICE_KILL_CELLS"] ?? "");
const HOSTS: readonly Host[] = ["dynamic", "plugin"];

/** Which part of all cells, and of how many parts; undefined: some cells of each. */
function readPart(asked: string | undefined): { part: number; parts: number } | undefined {
  if (asked === undefined || asked === "some") return undefined;
  const [, part, parts] = /^(\d+)\/(\d+)$/.exec(asked === "full" ? "1/1" : asked) ?? [];
  if (part === undefined)
    throw new Error(`SLUICE_KILL_MATRIX=${asked}: it is some, full or a part as in 2/6`);
  return { part: Number(part), parts: Number(parts) };
}

/** A life on one platform, which was lived once undisturbed. */
interface LivedLife {
  readonly matrix: Matrix;
  readonly phases: readonly Phase[];
  /** Of each phase. */
  readonly writes: readonly (readonly Write[])[];
}

async function live(matrix: Matrix, phases: readonly Phase[]): Promise<LivedLife> {
  const writes = [];
  for (const phase of phases) writes.push(await matrix.undisturbed(phase));
  return { matrix, phases, writes };
}

function kindsOf({ writes }: LivedLife): string[] {
  return writes.flat().map(({ kind }) => kind);
}

/** On a platform with schedules of deployments; and on one without, what is written only there. */
async function liveOnBoth(host: Host): Promise<LivedLife[]> {
  const life = lifeOn(host);
  const first = await live(await startMatrix(host, []), life);
  const unscheduled = await startMatrix(host, ["--no-deployment-schedules"]);
  const second = await live(
    unscheduled,
    life.filter(({ name }) => name !== "refused"),
  );
  expect([...new Set([...kindsOf(first), ...kindsOf(second)])].sort()).toEqual(writesInSources());
  const known = kindsOf(first);
  const writes = second.writes.map((ofPhase) => ofPhase.filter(({ kind }) => !known.includes(kind)));
  return [first, { ...second, writes }];
}

describe.skipIf(isWithoutEngine)(
  "killed with signal 9 before or after any write that the provider can send, the next update converges",
  () => {
    const asked = readPart(ASKED);
    it.each(HOSTS)("on the %s host", { timeout: asked ? 36_000_000 : 1_500_000 }, async (host) => {
      const lives = await liveOnBoth(host);
      const cells = lives.flatMap(({ matrix, phases, writes }) =>
        (asked ? allCells(writes) : someCells(writes, host)).map((cell) => {
          const phase = phases[cell.phase];
          if (phase === undefined) throw new Error("a cell of a phase that is not there");
          return { matrix, phase, cell, name: `${host}, ${nameCell(cell, phase.name)}` };
        }),
      );
      const due = cells
        .filter((_, index) => asked === undefined || index % asked.parts === asked.part - 1)
        .filter(({ name }) => ONLY.test(name));
      const failures: string[] = [];
      for (const { matrix, phase, cell, name } of due) {
        const problem = await tell(name, matrix.disturbed(phase, cell));
        if (problem !== undefined) failures.push(`${name}:\n${problem}`);
      }
      expect(failures).toEqual([]);
      expect(cells.length).toBeGreaterThan(5);
    });
  },
);

/** Waits for the end of a cell, answers what went wrong, and tells both where somebody asked for cells. */
async function tell(name: string, run: Promise<void>): Promise<string | undefined> {
  const began = Date.now();
  const problem = await run.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const seconds = Math.round((Date.now() - began) / 1000);
  if (ASKED !== undefined)
    process.stdout.write(
      problem === undefined ? `ok ${name} (${seconds} s)\n` : `FAILED ${name} (${seconds} s):\n${problem}\n`,
    );
  return problem;
}
