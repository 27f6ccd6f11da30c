import { contentDigest } from "./digest.js";
import { alignTables } from "./diff/align.js";
import { applyChanges } from "./diff/apply.js";
import type { PackageDiff } from "./diff/changes.js";
import { compareTables } from "./diff/compare.js";
import { toPackage, toTables } from "./diff/tables.js";
import type { FlowPackage } from "./model.js";

export type {
  Change,
  ChangedObject,
  ChangeKind,
  Edit,
  ListedStep,
  PackageDiff,
  RecipeListing,
  StepPosition,
} from "./diff/changes.js";

/**
 * What changes from one package to another, by meaning: ids, uuids, times, checksums and the order of tables never count,
 * and a step that moved is one change. No change exactly when the packages have equal content digests.
 */
export function diffPackages(before: FlowPackage, after: FlowPackage): PackageDiff {
  if (contentDigest(before) === contentDigest(after)) return { changes: [], recipes: [] };
  const tables = toTables(before);
  return compareTables(tables, alignTables(tables, toTables(after)), before);
}

/**
 * The package before with all changes made: its content digest is that of the package after. Throws Error when the diff was
 * not made from this package.
 */
export function applyDiff(diff: PackageDiff, before: FlowPackage): FlowPackage {
  if (diff.changes.length === 0) return before;
  const tables = toTables(before);
  applyChanges(diff.changes, tables);
  return toPackage(tables, before);
}
