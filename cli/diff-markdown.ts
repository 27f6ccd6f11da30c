import type { Change, PackageDiff } from "../flow/diff.js";
import {
  countKinds,
  groupChanges,
  listSteps,
  listTexts,
  nameObject,
  summarise,
  type ChangeGroup,
} from "../flow/diff-text.js";
import { code, codeLines, fenced, plain, table } from "./markdown.js";

/** Code hosts refuse longer comments; characters. */
const LONGEST_COMMENT = 60_000;

/** The difference as a comment on a pull request: a summary, then each flow with its changes and step listings. */
export function formatDiffMarkdown(
  diff: PackageDiff,
  names: readonly [before: string, after: string],
  findings: readonly string[],
): string[] {
  const summary = summarise(diff);
  const head = [
    `### ${code(names[0])} → ${code(names[1])}`,
    "",
    `**${summary.charAt(0).toUpperCase()}${summary.slice(1)}**`,
    ...(findings.length === 0 ? [] : ["", ...findings]),
  ];
  const lines = [...head];
  let length = lines.join("\n").length;
  for (const section of groupChanges(diff).flatMap(formatGroup)) {
    length += section.join("\n").length;
    if (length > LONGEST_COMMENT) {
      lines.push(
        "",
        "_The rest is left out: a comment cannot be longer. `sluice package diff` shows it all._",
      );
      break;
    }
    lines.push("", ...section);
  }
  return lines;
}

/** Sections of one flow, each of which is shown whole or not at all. */
function formatGroup({ flow, changes, recipes }: ChangeGroup): string[][] {
  const heading = flow === null ? "#### Package" : `#### Flow ${plain(flow)}`;
  const listed = changes.filter((change) => isWhole(change));
  const rows = changes.filter((change) => !listed.includes(change));
  return [
    [heading],
    ...(rows.length === 0 ? [] : [formatRows(rows)]),
    ...listed.map((change) => [
      `${change.kind === "added" ? "New" : "Removed"} ${change.object} ${nameOf(change)}`,
      "",
      ...fenced("diff", listTexts(change)),
    ]),
    ...recipes.map(({ listing, changes: steps }) => [
      `Steps of ${code(listing.path[1] ?? "")}: ${countKinds(steps)}`,
      "",
      ...fenced("diff", listSteps(listing.steps)),
    ]),
  ];
}

/** A whole recipe or dataset has its steps as text, too long for a table. */
function isWhole({ object, before, after }: Change): boolean {
  const isOneSided = before === null || after === null;
  return isOneSided && (object === "recipe" || object === "dataset") && (before ?? after ?? "") !== "";
}

function formatRows(changes: readonly Change[]): string[] {
  return table(
    ["", "Object", "Before", "After"],
    changes.map((change) => [
      change.kind,
      nameObject(change, nameOf(change)),
      codeLines(change.before ?? ""),
      codeLines(change.after ?? ""),
    ]),
  );
}

function nameOf({ path }: Change): string {
  return code(path.at(-1) ?? "");
}
