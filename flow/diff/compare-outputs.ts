import { canonicalJson } from "../canonical.js";
import type { SqlScript } from "../model.js";
import { describeScript } from "../places.js";
import type { SpliceEdit } from "./changes.js";
import {
  addAdded,
  addChanged,
  addRemoved,
  compareObject,
  compareRows,
  putEdit,
  removeEdit,
  type Comparison,
} from "./comparison.js";
import { alignSequences } from "./sequence.js";
import { byOwner, type OutputHead } from "./tables.js";
import { describeOutput, type DescribedSide } from "./texts.js";

/** Compares the outputs of one flow that both packages have. */
export function compareOutputs(comparison: Comparison, flow: number): void {
  const { before, after } = comparison;
  const idsOf = (side: DescribedSide) =>
    byOwner(side.tables.outputs, flow)
      .map(({ value }) => value.id)
      .sort((a, b) => a - b);
  const kept = new Set(idsOf(after));
  for (const id of idsOf(before)) {
    const output = before.tables.outputs.get(id)?.value;
    if (output === undefined) continue;
    if (kept.has(id)) compareOutput(comparison, output);
    else {
      addRemoved(comparison, {
        object: "output",
        path: pathOf(output, before),
        text: describeOutput(output, before).join("\n"),
        edits: [
          removeEdit("outputs", id),
          ...targetIds(before, "files", id).map((target) => removeEdit("files", target)),
          ...targetIds(before, "tables", id).map((target) => removeEdit("tables", target)),
        ],
      });
    }
  }
  for (const id of kept) {
    const output = after.tables.outputs.get(id)?.value;
    if (output === undefined || before.tables.outputs.has(id)) continue;
    addAdded(comparison, {
      object: "output",
      path: pathOf(output, after),
      text: describeOutput(output, after).join("\n"),
      edits: [
        ...putEdit(after, "outputs", id),
        ...targetIds(after, "files", id).flatMap((target) => putEdit(after, "files", target)),
        ...targetIds(after, "tables", id).flatMap((target) => putEdit(after, "tables", target)),
      ],
    });
  }
}

/** Flow, then the recipe with the kind of output. */
function pathOf(output: OutputHead, side: DescribedSide): string[] {
  const placed = side.graph.nodes.get(output.nodeId);
  const recipe = placed?.name ?? "?";
  const kind = output.isManual ? "manual" : "scheduled";
  return [side.flowNames.get(placed?.flow.id ?? 0) ?? "?", `${recipe} (${kind})`];
}

function targetIds(side: DescribedSide, table: "files" | "tables", output: number): number[] {
  return byOwner<{ readonly id: number }>(side.tables[table], output).map(({ value }) => value.id);
}

function compareOutput(comparison: Comparison, old: OutputHead): void {
  const { before, after } = comparison;
  const output = after.tables.outputs.get(old.id)?.value ?? old;
  const path = pathOf(output, after);
  addChanged(comparison, "output", path, compareObject(comparison, "outputs", old.id));
  for (const [table, object] of [
    ["files", "file output"],
    ["tables", "table output"],
  ] as const) {
    const rows = { before: targetIds(before, table, old.id), after: targetIds(after, table, old.id) };
    compareRows(comparison, table, object, rows, (_, side) => (side === before ? pathOf(old, side) : path));
  }
  compareScripts(comparison, old, output, path);
}

/** Scripts run in their order: a script that moved counts as taken out and put in. */
function compareScripts(
  { before, after, changes }: Comparison,
  old: OutputHead,
  output: OutputHead,
  path: readonly string[],
): void {
  const keyOf = (script: SqlScript) => canonicalJson({ ...script, id: 0 });
  const common = alignSequences(old.sqlScripts.map(keyOf), output.sqlScripts.map(keyOf));
  const textOf = (script: SqlScript | undefined, side: DescribedSide) =>
    script === undefined ? null : describeScript(script, side.connections);
  let lastBefore = 0;
  let lastAfter = 0;
  for (const [b, a] of [...common, [old.sqlScripts.length, output.sqlScripts.length] as const]) {
    while (lastBefore < b || lastAfter < a) {
      const from = lastBefore < b ? old.sqlScripts[lastBefore] : undefined;
      const to = lastAfter < a ? output.sqlScripts[lastAfter] : undefined;
      const edit: SpliceEdit = {
        action: "splice",
        table: "outputs",
        id: old.id,
        removed: from === undefined ? [] : [lastBefore],
        inserted: to === undefined ? [] : [{ index: lastAfter, value: to }],
      };
      changes.push({
        kind: from === undefined ? "added" : to === undefined ? "removed" : "changed",
        object: "SQL script",
        path,
        before: textOf(from, before),
        after: textOf(to, after),
        edits: [edit],
      });
      if (from !== undefined) lastBefore += 1;
      if (to !== undefined) lastAfter += 1;
    }
    lastBefore = b + 1;
    lastAfter = a + 1;
  }
}
