import type { Change, ListedStep, PackageDiff, RecipeListing } from "./diff.js";
import { count } from "./count.js";

/** Steps shown around each changed one. */
const CONTEXT = 2;

/** The signs of changes, as in listings of differences; `~` for what is there before and after. */
const SIGNS = { added: "+", removed: "-", changed: "~", moved: "~" } as const;

/** A change without its edits: those hold the packages' values, credentials of webhooks included. */
export type ShownChange = Omit<Change, "edits">;

/** The changes as they may be shown. */
export function withoutEdits({ changes }: PackageDiff): ShownChange[] {
  return changes.map(({ edits: _edits, ...change }) => change);
}

/** How many changes there are, by what happened to what: `3 changes: 1 step added, 2 outputs changed`. */
export function summarise({ changes }: PackageDiff): string {
  if (changes.length === 0) return "no changes";
  return `${count(changes.length, "change")}: ${countKinds(changes)}`;
}

/** `1 step added, 2 outputs changed`, in the order in which they first occur. */
export function countKinds(changes: readonly Change[]): string {
  const counts = new Map<string, { object: string; kind: string; number: number }>();
  for (const { object, kind } of changes) {
    const key = `${object} ${kind}`;
    const known = counts.get(key) ?? { object, kind, number: 0 };
    counts.set(key, { ...known, number: known.number + 1 });
  }
  return [...counts.values()]
    .map(({ object, kind, number }) => `${count(number, nounFor(object))} ${kind}`)
    .join(", ");
}

/** An edge is to a reader what a recipe reads. */
function nounFor(object: string): string {
  return object === "edge" ? "input" : object;
}

/** What a change is about, with its name. */
export function nameObject({ object }: Change, name: string): string {
  return object === "edge" ? `input of ${name}` : `${object} ${name}`;
}

/** The changes of one flow, or of what belongs to no flow (name null: connections and artifacts). */
export interface ChangeGroup {
  readonly flow: string | null;
  /** All but those of steps. */
  readonly changes: readonly Change[];
  readonly recipes: readonly { readonly listing: RecipeListing; readonly changes: readonly Change[] }[];
}

/** Changes by flow, in their order. */
export function groupChanges(diff: PackageDiff): ChangeGroup[] {
  const isLoose = ({ object }: Change) => object === "connection" || object === "artifact";
  const flowOf = (change: Change) => (isLoose(change) ? null : (change.path[0] ?? null));
  const flows = [...new Set(diff.changes.map(flowOf))];
  flows.sort((a, b) => Number(a === null) - Number(b === null));
  return flows.map((flow) => {
    const changes = diff.changes.filter((change) => flowOf(change) === flow);
    const recipes = diff.recipes
      .filter(({ path }) => path[0] === flow)
      .map((listing) => ({
        listing,
        changes: changes.filter(({ object, path }) => object === "step" && path[1] === listing.path[1]),
      }));
    return { flow, changes: changes.filter(({ object }) => object !== "step"), recipes };
  });
}

/** The listing of a recipe's steps with a few unchanged ones around each change, as lines of a difference. */
export function listSteps(steps: readonly ListedStep[]): string[] {
  const isNear = (at: number) =>
    steps.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ mark }) => mark !== "same");
  const width = Math.max(...steps.map(({ number }) => String(number).length), 2);
  const signs = { same: " ", added: "+", removed: "-" } as const;
  const lines: string[] = [];
  steps.forEach(({ mark, number, text, isMoved }, at) => {
    if (!isNear(at)) {
      if (lines.at(-1) !== GAP) lines.push(GAP);
      return;
    }
    lines.push(`${signs[mark]} ${String(number).padStart(width)}  ${text}${isMoved ? "  (moved)" : ""}`);
  });
  return lines;
}

const GAP = "  …";

/** The lines of an object's text before and after, each with its sign. */
export function listTexts({ before, after }: Change): string[] {
  const lines = (text: string | null, sign: string) =>
    text === null || text === "" ? [] : text.split("\n").map((line) => `${sign} ${line}`);
  return [...lines(before, "-"), ...lines(after, "+")];
}

/** The whole difference as text for a terminal. */
export function formatDiffText(diff: PackageDiff): string[] {
  return groupChanges(diff).flatMap(({ flow, changes, recipes }) => [
    "",
    flow === null ? "package" : `flow ${flow}`,
    ...changes.flatMap((change) => [
      `  ${SIGNS[change.kind]} ${nameChange(change, flow)}`,
      ...listTexts(change).map((line) => `      ${line}`),
    ]),
    ...recipes.flatMap(({ listing, changes: steps }) => [
      `  ~ ${listing.path[1] ?? ""}: ${countKinds(steps)}`,
      ...listSteps(listing.steps).map((line) => `      ${line}`),
    ]),
  ]);
}

function nameChange(change: Change, flow: string | null): string {
  const name = change.path.slice(flow === null ? 0 : 1).join(" / ");
  return name === "" ? change.object : nameObject(change, name);
}
