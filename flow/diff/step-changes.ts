import { canonicalJson } from "../canonical.js";
import { isHidden, printStep } from "../language/print.js";
import type { Recipe, Step } from "../model.js";
import { holdsText, isSameStep } from "../step-text.js";
import type { ListedStep, StepPosition } from "./changes.js";
import { similarity } from "./match-parts.js";
import { alignSequences, type Pair } from "./sequence.js";
import { stepKeys } from "./step-keys.js";

/** Names of side tables, as `printStep` takes them. */
export type TableNames = ReadonlyMap<string, string>;

/** One step that was put in, taken out, edited or moved, with the hidden Loads that came or went with it. */
export interface StepChange {
  readonly kind: "added" | "removed" | "changed" | "moved";
  readonly before: string | null;
  readonly after: string | null;
  readonly position: StepPosition;
  /** Positions in the list of steps before, and positions with the steps themselves after. */
  readonly removed: readonly number[];
  readonly inserted: readonly { readonly index: number; readonly value: Step }[];
  /** Side inputs that were loaded by a removed step, and by an inserted one. */
  readonly removedPorts: readonly number[];
  readonly insertedPorts: readonly number[];
}

/** Steps of another type are one edited step when at least this share of their text is equal. */
const LEAST_SIMILARITY = 0.6;

/** Above this product of lengths the steps between two common ones are paired in their order. */
const MOST_COMPARED = 10_000;

/** The position that no step has. */
const NOWHERE = -1;

/** One change of the bare list, before Loads are put to the steps that use them. */
interface ListChange {
  readonly before?: number;
  readonly after?: number;
  readonly isMove: boolean;
}

/** Compares two recipes that have the same names for the same things. */
export function compareSteps(
  before: Recipe,
  after: Recipe,
  beforeTables: TableNames,
  afterTables: TableNames,
): { readonly changes: StepChange[]; readonly listing: ListedStep[] } {
  const common = alignSteps(before, after);
  const texts = {
    before: before.steps.map((step) => printStep(step, beforeTables)),
    after: after.steps.map((step) => printStep(step, afterTables)),
  };
  const listChanges = toListChanges(before.steps, after.steps, common, texts);
  const numbers = { before: numberSteps(before.steps), after: numberSteps(after.steps) };
  const groups = groupLoads(before.steps, after.steps, listChanges);
  const changes = groups.map(({ main, all }): StepChange => {
    const removed = all.flatMap(({ before: index }) => (index === undefined ? [] : [index]));
    const inserted = all.flatMap(({ after: index }) => {
      const value = index === undefined ? undefined : after.steps[index];
      return index === undefined || value === undefined ? [] : [{ index, value }];
    });
    const portsOf = (steps: readonly (Step | undefined)[]) =>
      steps.flatMap((step) => (step?.port == null ? [] : [step.port]));
    return {
      kind: kindOf(main),
      ...textsOf(main, before.steps, after.steps, texts),
      position: {
        ...(main.before === undefined ? {} : { before: numbers.before[main.before] ?? 0 }),
        ...(main.after === undefined ? {} : { after: numbers.after[main.after] ?? 0 }),
      },
      removed,
      inserted,
      removedPorts: portsOf(removed.map((index) => before.steps[index])),
      insertedPorts: portsOf(inserted.map(({ value }) => value)),
    };
  });
  changes.sort((a, b) => placeOf(a) - placeOf(b));
  return {
    changes,
    listing: listSteps(before.steps, after.steps, common.pairs, listChanges, texts, numbers),
  };
}

/** Pairs of equal steps. Most stand at the two ends, where they are told by comparison alone. */
function alignSteps(before: Recipe, after: Recipe): Common {
  const lengths = [before.steps.length, after.steps.length] as const;
  const isSameAt = (b: number, a: number) => {
    const [one, other] = [before.steps[b], after.steps[a]];
    return one !== undefined && other !== undefined && isSameStep(one, other);
  };
  let head = 0;
  while (isSameAt(head, head)) head += 1;
  let tail = 0;
  while (tail < Math.min(...lengths) - head && isSameAt(lengths[0] - 1 - tail, lengths[1] - 1 - tail))
    tail += 1;
  const keys = [stepKeys(before, head, lengths[0] - tail), stepKeys(after, head, lengths[1] - tail)] as const;
  const inner = alignSequences(...keys).map(([b, a]): Pair => [b + head, a + head]);
  return {
    pairs: [
      ...Array.from({ length: head }, (_, index): Pair => [index, index]),
      ...inner,
      ...Array.from({ length: tail }, (_, index): Pair => [
        lengths[0] - tail + index,
        lengths[1] - tail + index,
      ]),
    ],
    keyBefore: (index) => keys[0][index - head] ?? "",
    keyAfter: (index) => keys[1][index - head] ?? "",
  };
}

/** The equal steps of two recipes, and keys by which the others are recognised. */
interface Common {
  readonly pairs: readonly Pair[];
  readonly keyBefore: (index: number) => string;
  readonly keyAfter: (index: number) => string;
}

function placeOf({ position }: StepChange): number {
  return position.after ?? position.before ?? 0;
}

function kindOf({ before, after, isMove }: ListChange): StepChange["kind"] {
  if (isMove) return "moved";
  if (before === undefined) return "added";
  return after === undefined ? "removed" : "changed";
}

/** Steps are numbered as they are shown: hidden ones have the number of the step that follows. */
function numberSteps(steps: readonly Step[]): number[] {
  let visible = 0;
  return steps.map((step) => (isHidden(step) ? visible + 1 : (visible += 1)));
}

function toListChanges(
  before: readonly Step[],
  after: readonly Step[],
  common: Common,
  texts: Texts,
): ListChange[] {
  const gaps = findGaps(before.length, after.length, common.pairs);
  const waiting = new Map<string, number[]>();
  for (const index of gaps.flatMap((gap) => gap.before)) {
    const key = common.keyBefore(index);
    waiting.set(key, [...(waiting.get(key) ?? []), index]);
  }
  const moved = new Set<number>();
  const changes: ListChange[] = [];
  const movedAfter = new Set<number>();
  for (const index of gaps.flatMap((gap) => gap.after)) {
    const from = waiting.get(common.keyAfter(index))?.shift();
    if (from === undefined) continue;
    moved.add(from);
    movedAfter.add(index);
    changes.push({ before: from, after: index, isMove: true });
  }
  for (const gap of gaps) {
    const left = gap.before.filter((index) => !moved.has(index));
    const right = gap.after.filter((index) => !movedAfter.has(index));
    const pairs = pairEdited(left, right, before, after, texts);
    const edited = { before: new Set(pairs.map(([b]) => b)), after: new Set(pairs.map(([, a]) => a)) };
    changes.push(
      ...pairs.map(([b, a]): ListChange => ({ before: b, after: a, isMove: false })),
      ...left.filter((b) => !edited.before.has(b)).map((b): ListChange => ({ before: b, isMove: false })),
      ...right.filter((a) => !edited.after.has(a)).map((a): ListChange => ({ after: a, isMove: false })),
    );
  }
  return changes;
}

interface Gap {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** What stands between the common steps. */
function findGaps(beforeLength: number, afterLength: number, common: readonly Pair[]): Gap[] {
  const gaps: Gap[] = [];
  let lastBefore = -1;
  let lastAfter = -1;
  for (const [b, a] of [...common, [beforeLength, afterLength] as const]) {
    const gap = { before: range(lastBefore + 1, b), after: range(lastAfter + 1, a) };
    if (gap.before.length + gap.after.length > 0) gaps.push(gap);
    lastBefore = b;
    lastAfter = a;
  }
  return gaps;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** Chooses, in order, which steps of a gap are edits of each other: the choice with the most in common. */
function pairEdited(
  left: readonly number[],
  right: readonly number[],
  before: readonly Step[],
  after: readonly Step[],
  texts: Texts,
): Pair[] {
  if (left.length * right.length > MOST_COMPARED) {
    return left.slice(0, right.length).flatMap((b, index): Pair[] => {
      const a = right[index] ?? -1;
      return before[b]?.task.type === after[a]?.task.type ? [[b, a]] : [];
    });
  }
  const words = {
    before: new Map(left.map((index) => [index, wordsOf(texts.before[index])])),
    after: new Map(right.map((index) => [index, wordsOf(texts.after[index])])),
  };
  const score = left.map((b) =>
    right.map((a) =>
      scoreEdit(before[b], after[a], () => similarity(words.before.get(b) ?? [], words.after.get(a) ?? [])),
    ),
  );
  const best = Array.from({ length: left.length + 1 }, () => new Float64Array(right.length + 1));
  const bestAt = (b: number, a: number) => best[b]?.[a] ?? 0;
  for (let b = left.length - 1; b >= 0; b -= 1) {
    const row = best[b];
    for (let a = right.length - 1; a >= 0 && row !== undefined; a -= 1) {
      const paired = score[b]?.[a] ?? 0;
      row[a] = Math.max(bestAt(b + 1, a), bestAt(b, a + 1), paired > 0 ? paired + bestAt(b + 1, a + 1) : 0);
    }
  }
  const pairs: Pair[] = [];
  for (let b = 0, a = 0; b < left.length && a < right.length;) {
    const paired = score[b]?.[a] ?? 0;
    if (paired > 0 && bestAt(b, a) === paired + bestAt(b + 1, a + 1)) {
      pairs.push([left[b] ?? 0, right[a] ?? 0]);
      b += 1;
      a += 1;
    } else if (bestAt(b, a) === bestAt(b + 1, a)) b += 1;
    else a += 1;
  }
  return pairs;
}

/** How much two steps are one edited step, 0 for not at all. */
function scoreEdit(before: Step | undefined, after: Step | undefined, getShare: () => number): number {
  if (before === undefined || after === undefined) return 0;
  const isSameType = before.task.type === after.task.type;
  if (!isSameType && (isHidden(before) || isHidden(after))) return 0;
  const share = getShare();
  if (isSameType) return 1 + share;
  return share >= LEAST_SIMILARITY ? share : 0;
}

function wordsOf(text = ""): string[] {
  return text.match(/[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}

interface LoadGroup {
  readonly main: ListChange;
  readonly all: readonly ListChange[];
}

/** A Load whose table a changed step uses first is part of that step's change. */
function groupLoads(
  before: readonly Step[],
  after: readonly Step[],
  changes: readonly ListChange[],
): LoadGroup[] {
  const isLoad = ({ before: b, after: a }: ListChange) => {
    const step = a === undefined ? before[b ?? -1] : after[a];
    return step !== undefined && isHidden(step);
  };
  const others = changes.filter((change) => !isLoad(change));
  const userBefore = new Map(others.map((change) => [change.before, change]));
  const userAfter = new Map(others.map((change) => [change.after, change]));
  const loads = new Map<ListChange, ListChange[]>();
  const alone: ListChange[] = [];
  for (const load of changes.filter(isLoad)) {
    const owner =
      load.after === undefined
        ? userBefore.get(firstUser(before, load.before ?? -1))
        : userAfter.get(firstUser(after, load.after));
    if (owner === undefined || kindOf(load) === "changed") alone.push(load);
    else loads.set(owner, [...(loads.get(owner) ?? []), load]);
  }
  return [
    ...others.map((main) => ({ main, all: [...(loads.get(main) ?? []), main] })),
    ...alone.map((main) => ({ main, all: [main] })),
  ];
}

/** The first step behind a Load that uses its table. */
function firstUser(steps: readonly Step[], load: number): number {
  const table = steps[load]?.task.outputName ?? "";
  if (table === "") return NOWHERE;
  return steps.findIndex((step, index) => index > load && holdsText(step, table));
}

interface Texts {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

function textsOf(
  { before, after, isMove }: ListChange,
  beforeSteps: readonly Step[],
  afterSteps: readonly Step[],
  texts: Texts,
): { before: string | null; after: string | null } {
  const one = before === undefined ? null : (texts.before[before] ?? "");
  const other = after === undefined ? null : (texts.after[after] ?? "");
  const from = beforeSteps[before ?? -1];
  const to = afterSteps[after ?? -1];
  if (one === null || one !== other || from === undefined || to === undefined) {
    return { before: one, after: other };
  }
  if (isMove) return { before: one, after: other };
  return { before: one, after: `${other} (differs in ${describeHiddenDifference(from, to)})` };
}

/** What differs between two steps of equal text. */
function describeHiddenDifference(before: Step, after: Step): string {
  const names = new Set([...Object.keys(before.task.parameters), ...Object.keys(after.task.parameters)]);
  const differs = (one: unknown, other: unknown) => canonicalJson(one) !== canonicalJson(other);
  const parameters = [...names]
    .filter((name) => differs(before.task.parameters[name], after.task.parameters[name]))
    .sort();
  return [
    ...parameters,
    ...(differs(before.task.annotations, after.task.annotations) ? ["annotations"] : []),
    ...(differs(before.task.outputName, after.task.outputName) ? ["the table's name"] : []),
    ...(before.port === after.port ? [] : ["the side input"]),
  ].join(", ");
}

function listSteps(
  before: readonly Step[],
  after: readonly Step[],
  common: readonly Pair[],
  changes: readonly ListChange[],
  texts: Texts,
  numbers: { readonly before: readonly number[]; readonly after: readonly number[] },
): ListedStep[] {
  const moved = {
    before: new Set(changes.filter(({ isMove }) => isMove).map(({ before: index }) => index)),
    after: new Set(changes.filter(({ isMove }) => isMove).map(({ after: index }) => index)),
  };
  const listed: ListedStep[] = [];
  let nextBefore = 0;
  let nextAfter = 0;
  for (const [b, a] of [...common, [before.length, after.length] as const]) {
    for (; nextBefore < b; nextBefore += 1) {
      if (isHiddenAt(before, nextBefore)) continue;
      const isMoved = moved.before.has(nextBefore);
      const number = numbers.before[nextBefore] ?? 0;
      listed.push({ mark: "removed", isMoved, number, text: texts.before[nextBefore] ?? "" });
    }
    for (; nextAfter < a; nextAfter += 1) {
      if (isHiddenAt(after, nextAfter)) continue;
      const isMoved = moved.after.has(nextAfter);
      const number = numbers.after[nextAfter] ?? 0;
      listed.push({ mark: "added", isMoved, number, text: texts.after[nextAfter] ?? "" });
    }
    if (a < after.length && !isHiddenAt(after, a)) {
      listed.push({
        mark: "same",
        isMoved: false,
        number: numbers.after[a] ?? 0,
        text: texts.after[a] ?? "",
      });
    }
    nextBefore = b + 1;
    nextAfter = a + 1;
  }
  return listed;
}

function isHiddenAt(steps: readonly Step[], index: number): boolean {
  const step = steps[index];
  return step !== undefined && isHidden(step);
}
