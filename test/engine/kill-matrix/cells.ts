import type { Moment, Write } from "./stage.js";
import type { Host, Victim } from "./victims.js";

/** One kill. */
export interface Cell {
  readonly phase: number;
  readonly write: Write;
  readonly moment: Moment;
  readonly victim: Victim;
}

const VICTIMS: readonly Victim[] = ["engine", "platform", "provider"];
const ABOUT_RELEASES = /\/releases|\/run$|\/cancel$/;
const MOMENTS: readonly Moment[] = ["after", "before"];

/** Every write of the phases × before and after × who. */
export function allCells(writes: readonly (readonly Write[])[]): Cell[] {
  return writes.flatMap((ofPhase, phase) =>
    ofPhase.flatMap((write) =>
      MOMENTS.flatMap((moment) => VICTIMS.map((victim) => ({ phase, write, moment, victim }))),
    ),
  );
}

/**
 * What every run of the tests has time for: each kind of write once on one of the two hosts, those about releases in each phase, with
 * moments and victims taking turns. The hosts take every other kind, so both together have all kinds, and each moment and each victim many times.
 */
export function someCells(writes: readonly (readonly Write[])[], host: Host): Cell[] {
  // What goes on at the same time comes in any order, and both hosts must count alike.
  const byKind = (one: Write, other: Write) => (one.kind < other.kind ? -1 : 1);
  const taken = new Set<string>();
  const firsts = writes.flatMap((ofPhase, phase) =>
    ofPhase
      .filter(({ kind, occurrence }) => {
        const isDue = occurrence === 0 && (!taken.has(kind) || ABOUT_RELEASES.test(kind));
        if (isDue) taken.add(kind);
        return isDue;
      })
      .sort(byKind)
      .map((write) => ({ phase, write })),
  );
  return firsts.flatMap((cell, number) => {
    if (number % 2 !== (host === "dynamic" ? 0 : 1)) return [];
    const turn = Math.floor(number / 2);
    const victim = VICTIMS[turn % VICTIMS.length] ?? "engine";
    return [{ ...cell, moment: MOMENTS[turn % MOMENTS.length] ?? "after", victim }];
  });
}

/** For people: `update: PATCH /v4/releases/N (2nd), engine killed after it`. */
export function nameCell({ write, moment, victim }: Cell, phase: string): string {
  const which = write.occurrence === 0 ? "" : ` (number ${write.occurrence + 1})`;
  return `${phase}: ${write.kind}${which}, ${victim} killed ${moment} it`;
}
