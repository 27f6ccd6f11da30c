import type { TableName } from "./tables.js";

/** What happened to an object. */
export type ChangeKind = "added" | "removed" | "changed" | "moved";

/** What a change is about. A side input belongs to the step that loads it; `edge` is any other input of a recipe. */
export type ChangedObject =
  | "flow"
  | "recipe"
  | "step"
  | "dataset"
  | "output"
  | "file output"
  | "table output"
  | "SQL script"
  | "parameter"
  | "override"
  | "reference"
  | "webhook"
  | "edge"
  | "connection"
  | "artifact";

/** One difference between two packages, as a reviewer counts them. */
export interface Change {
  readonly kind: ChangeKind;
  readonly object: ChangedObject;
  /** Names from the outermost object on: flow, then recipe, dataset, output or the like. */
  readonly path: readonly string[];
  /** What it was, as text; null when it was not there. Lines are joined by line ends. Never holds a webhook's secrets. */
  readonly before: string | null;
  readonly after: string | null;
  /** For steps: their numbers among the visible steps, from 1. */
  readonly position?: StepPosition;
  /** What to do to the package before, with the values themselves, secrets included: for `applyDiff`, not for showing. */
  readonly edits: readonly Edit[];
}

/** Where a step stands in the recipe before and in the recipe after. */
export interface StepPosition {
  readonly before?: number;
  readonly after?: number;
}

/** An edit of the package before, taken apart into tables. Ids are those of the package before, or new ones. */
export type Edit = PutEdit | RemoveEdit | SetEdit | SpliceEdit;

/** Adds an object; `owner` is the id of its flow or output. */
export interface PutEdit {
  readonly action: "put";
  readonly table: TableName;
  readonly id: number;
  readonly owner: number;
  readonly value: object;
}

/** Takes an object out. */
export interface RemoveEdit {
  readonly action: "remove";
  readonly table: TableName;
  readonly id: number;
}

/** Changes some members of an object; a member that is null here and `unset` names is taken out. */
export interface SetEdit {
  readonly action: "set";
  readonly table: TableName;
  readonly id: number;
  readonly members: { readonly [name: string]: unknown };
  readonly unset: readonly string[];
}

/**
 * Changes a recipe's steps or an output's scripts: takes out elements by their places before, puts in others by their
 * places after. The splices of one list are applied together.
 */
export interface SpliceEdit {
  readonly action: "splice";
  readonly table: "recipes" | "outputs";
  readonly id: number;
  readonly removed: readonly number[];
  readonly inserted: readonly { readonly index: number; readonly value: object }[];
}

/** One line of a recipe in which steps changed. */
export interface ListedStep {
  readonly mark: "same" | "removed" | "added";
  /** Set for the two lines of a step that moved. */
  readonly isMoved: boolean;
  /** Its number among the visible steps; of the recipe before for removed lines, else of the recipe after. */
  readonly number: number;
  readonly text: string;
}

/** A recipe in which steps changed, whole, as in a listing of differences. */
export interface RecipeListing {
  readonly path: readonly string[];
  readonly steps: readonly ListedStep[];
}

/** The differences between two packages. Empty `changes` mean equal content. */
export interface PackageDiff {
  readonly changes: readonly Change[];
  /** Each recipe of both packages in which steps changed. */
  readonly recipes: readonly RecipeListing[];
}
